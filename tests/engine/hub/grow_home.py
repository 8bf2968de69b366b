"""Runs the hub's own code for one claim, in the hub's environment: grow_home.py NAMESPACE CLAIM SIZE MEDDLINGS.

After each of the first MEDDLINGS readings somebody else changes the claim, as happens in a busy cluster.
"""

import asyncio
import logging
import sys
from types import SimpleNamespace
from typing import Any

from kubernetes_asyncio.client import CoreV1Api  # type: ignore[import-not-found,unused-ignore]
from kubernetes_asyncio.config import load_kube_config  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.volume_growth import grow_home


class MeddledWith(CoreV1Api):  # type: ignore[misc,unused-ignore]
    """The API of a cluster where somebody else is quicker."""

    meddlings = 0

    async def read_namespaced_persistent_volume_claim(self, name: str, namespace: str, **options: Any) -> Any:
        claim = await super().read_namespaced_persistent_volume_claim(name, namespace, **options)
        if self.meddlings:
            self.meddlings -= 1
            change = {"metadata": {"annotations": {"tests/meddling": str(self.meddlings)}}}
            await self.patch_namespaced_persistent_volume_claim(name, namespace, change)
        return claim


async def main(namespace: str, claim: str, size: str, meddlings: str) -> None:
    await load_kube_config()
    api = MeddledWith()
    api.meddlings = int(meddlings)
    log = logging.getLogger()
    async with api.api_client:
        await grow_home(SimpleNamespace(api=api, log=log, namespace=namespace, pvc_name=claim, storage_capacity=size))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    asyncio.run(main(*sys.argv[1:]))
