"""The identities of a tenancy's objects, which no change of the way to the cluster may delete or create anew."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.support.api_server import ApiServer

HELM_SECONDS = 60.0


def kept_objects(api_server: ApiServer, tools: Path, name: str) -> dict[str, Any]:
    """Return the identities of the namespace, alice's home, the ingress, and the release with its revisions."""
    inside = ("--namespace", name)
    claim = api_server.read("persistentvolumeclaim", "claim-alice", *inside)["metadata"]
    ingress = api_server.read("ingress", "pangeo", *inside)["metadata"]
    return {
        "namespace": api_server.read("namespace", name)["metadata"]["uid"],
        "home": (claim["uid"], claim["annotations"], claim.get("deletionTimestamp")),
        "ingress": (ingress["uid"], ingress["creationTimestamp"]),
        "release": _revisions(api_server, tools, name),
    }


def _revisions(api_server: ApiServer, tools: Path, name: str) -> list[tuple[Any, ...]]:
    done = subprocess.run(
        [tools / "helm", "history", name, "--namespace", name, "--output", "json"],
        env={**os.environ, "KUBECONFIG": str(api_server.kubeconfig)},
        capture_output=True,
        timeout=HELM_SECONDS,
        check=True,
    )
    return [(each["revision"], each["status"], each["updated"]) for each in json.loads(done.stdout)]
