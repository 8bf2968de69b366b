"""Print the environments of the pods that KubeSpawner makes for users with groups, for the cases on standard input."""

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any

from kubespawner import KubeSpawner  # type: ignore[import-not-found,unused-ignore]
from traitlets.config import Config  # type: ignore[import-not-found,unused-ignore]


async def environment(values: dict[str, Any], groups: list[str], profile: str) -> list[dict[str, Any]]:
    notebook = values["singleuser"]
    settings = {"environment": notebook["extraEnv"], "profile_list": notebook["profileList"], "image": "x:1"}
    spawner = KubeSpawner(
        config=Config({"KubeSpawner": {**settings, **values["hub"]["config"]["KubeSpawner"]}}), _mock=True
    )
    spawner.user.name, spawner.user.groups = "anna", [SimpleNamespace(name=group) for group in groups]
    spawner.user_options = {"profile": profile}
    # In this order, as JupyterHub's User.spawn and KubeSpawner's start.
    await spawner.apply_group_overrides()
    await spawner.load_user_options()
    pod = await spawner.get_pod_manifest()
    found: list[dict[str, Any]] = spawner.api.api_client.sanitize_for_serialization(pod)["spec"]["containers"][0]["env"]
    return found


async def main() -> None:
    given = json.load(sys.stdin)
    print(json.dumps([await environment(given["values"], *case) for case in given["cases"]]))


if __name__ == "__main__":
    asyncio.run(main())
