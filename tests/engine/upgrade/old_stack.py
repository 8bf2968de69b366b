"""The recorded stack of version 0.1, put into a cluster and a directory.

The state in ``tests/fixtures/states/version-0.1.json`` was written by version 0.1 with the real engine, API server and
directory.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from local.paths import PROJECT
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import TenancyStack

RECORDED = PROJECT / "tests" / "fixtures" / "states" / "version-0.1.json"
NAME = "recorded"
GROUP = "recorded_notebook_users"
RELEASE = "kubernetes:helm.sh/v3:Release"
HELM_SECONDS = 60.0
SERVER_FIELDS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
"""Metadata that the API server writes."""


def recorded(api_server: ApiServer, directory: ThrowAwayDirectory) -> dict[str, Any]:
    """Return the recorded stack file and deployment with the addresses of these servers."""
    authority = json.dumps(directory.ca_pem)[1:-1]
    uid = api_server.read("namespace", "kube-system")["metadata"]["uid"]
    text = RECORDED.read_text(encoding="utf-8")
    for placeholder, value in {
        '"@DIRECTORY_PORT_NUMBER@"': str(directory.ldaps_port),
        "@DIRECTORY_PORT@": str(directory.ldaps_port),
        "@CA_CERTIFICATE@": authority,
        "@CA_CERTIFICATE_IN_JSON@": json.dumps(authority)[1:-1],
        "@API_SERVER@": api_server.url,
        "@KUBE_SYSTEM_UID@": uid,
        "@KUBECONFIG@": str(api_server.kubeconfig),
    }.items():
        assert placeholder in text
        text = text.replace(placeholder, value)
    found: dict[str, Any] = json.loads(text)
    return found


class OldStack(TenancyStack):
    """The stack of version 0.1 with everything it had deployed."""

    def take_over(self, deployment: dict[str, Any], api_server: ApiServer, tools: Path) -> None:
        """Import the state and create in the cluster what the state describes."""
        self.import_state(deployment)
        with_secrets = self.state_with_secrets(tools)
        for resource in with_secrets:
            if resource["type"].startswith("kubernetes:") and resource["type"] != RELEASE:
                api_server.kubectl(
                    "create", "--field-manager", "pulumi-kubernetes", "-f", "-", stdin=manifest(resource["outputs"])
                )
                if resource["type"].endswith(":CustomResourceDefinition"):
                    api_server.kubectl("wait", "crd", resource["id"], "--for", "condition=Established")
        (release,) = (each for each in with_secrets if each["type"] == RELEASE)
        subprocess.run(
            [tools / "helm", "install", NAME, "chart", "--namespace", NAME, "--skip-crds", "--values", "-"],
            cwd=self.folder,
            env={**os.environ, **self.variables, "KUBECONFIG": str(self.kubeconfig)},
            input=yaml.safe_dump(release["inputs"]["values"]),
            capture_output=True,
            text=True,
            timeout=HELM_SECONDS,
            check=True,
        )


def manifest(live: dict[str, Any]) -> str:
    """Return an object's manifest without the fields that the API server writes."""
    fields = {key: value for key, value in live.items() if key != "status" and not key.startswith("__")}
    metadata = {key: value for key, value in live["metadata"].items() if key not in SERVER_FIELDS}
    return json.dumps({**fields, "metadata": metadata})
