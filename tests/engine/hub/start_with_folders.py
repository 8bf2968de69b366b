"""Run the hub's check of shared folders for one pod after another, in the hub's environment.

start_with_folders.py NAMESPACE reads one line of JSON for each pod: the ``file`` with the folders, the user's
``groups``, the spawner's ``volumes`` and ``mounts``, and ``provisioning_seconds``. It answers with a line: the pod, or
the refusal's status and message.
"""

import asyncio
import json
import logging
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kubernetes_asyncio.client import CoreV1Api  # type: ignore[import-not-found,unused-ignore]
from kubernetes_asyncio.config import load_kube_config  # type: ignore[import-not-found,unused-ignore]
from kubespawner.objects import make_pod  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import folder_state, shared_folders
from components.in_hub.folders import Folder, read_folders

POD = "jupyter-anna"


async def main(namespace: str) -> None:
    await load_kube_config()
    api = CoreV1Api()
    async with api.api_client:
        for line in sys.stdin:
            print(json.dumps(await check(api, namespace, json.loads(line))), flush=True)


async def check(api: Any, namespace: str, given: dict[str, Any]) -> dict[str, Any]:
    def read(file: Path = Path(given["file"])) -> tuple[Folder, ...]:
        return read_folders(file)

    shared_folders.read_folders = read  # type: ignore[attr-defined]
    folder_state.PROVISIONING_TIME = timedelta(seconds=given["provisioning_seconds"])
    user = SimpleNamespace(name="anna", groups=[SimpleNamespace(name=group) for group in given["groups"]])
    log = logging.getLogger()
    spawner = SimpleNamespace(api=api, log=log, namespace=namespace, user=user, pod_name=POD)
    volumes, mounts = given["volumes"], given["mounts"]
    pod = make_pod(name=POD, cmd=["x"], port=8888, image="x", fs_gid=100, volumes=volumes, volume_mounts=mounts)
    try:
        return {"pod": api.api_client.sanitize_for_serialization(await shared_folders.check_folders(spawner, pod))}
    except HTTPError as refusal:
        return {"status": refusal.status_code, "message": refusal.jupyterhub_message}


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    asyncio.run(main(sys.argv[1]))
