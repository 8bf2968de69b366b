"""Run the hub's code for one claim, in the hub's environment: grow_home.py NAMESPACE CLAIM SIZE CHANGES.

The claim is changed after each of the first CHANGES readings, as other clients do in a busy cluster.
"""

import asyncio
import logging
import sys
from types import SimpleNamespace
from typing import Any

from kubernetes_asyncio.client import CoreV1Api  # type: ignore[import-not-found,unused-ignore]
from kubernetes_asyncio.config import load_kube_config  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.volume_growth import grow_home


class BusyApi(CoreV1Api):  # type: ignore[misc,unused-ignore]
    """An API where another client changes the claim after it was read."""

    changes = 0
    """Number of readings that are followed by a change."""

    async def read_namespaced_persistent_volume_claim(self, name: str, namespace: str, **options: Any) -> Any:
        claim = await super().read_namespaced_persistent_volume_claim(name, namespace, **options)
        if self.changes:
            self.changes -= 1
            patch = {"metadata": {"annotations": {"tests/change": str(self.changes)}}}
            await self.patch_namespaced_persistent_volume_claim(name, namespace, patch)
        return claim


async def main(namespace: str, claim: str, size: str, changes: str) -> None:
    await load_kube_config()
    api = BusyApi()
    api.changes = int(changes)
    log = logging.getLogger()
    async with api.api_client:
        await grow_home(SimpleNamespace(api=api, log=log, namespace=namespace, pvc_name=claim, storage_capacity=size))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    asyncio.run(main(*sys.argv[1:]))
