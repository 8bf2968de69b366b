"""A stack deployed by version 0.1 is previewed, refreshed, updated and destroyed by this version.

The state in ``tests/fixtures/states/version-0.1.json`` was written by version 0.1 with the real engine, API server and
directory. The test puts the recorded objects into a cluster and a directory, imports the state, and runs this version.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.automation import OpType

from components.ownership.mark import ANNOTATION
from local.paths import PROJECT
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory
from tests.support.gateway_archives import DASK, crd, put_gateway
from tests.support.tenancy_stack import CONTRACT, TenancyStack

pytestmark = pytest.mark.engine

RECORDED = PROJECT / "tests" / "fixtures" / "states" / "version-0.1.json"
NAME = "recorded"
GROUP = "recorded_notebook_users"
RELEASE = "kubernetes:helm.sh/v3:Release"
MIDDLEWARE = "middlewares.traefik.io"
HELM_SECONDS = 60.0
SERVER_FIELDS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
"""Metadata that the API server writes."""

HUB_READY = "pulumi-python:dynamic/tenancy:HubReady"
OLD_RANDOM = "random:index/randomBytes:RandomBytes"
IN_PLACE = {
    "pangeo:caas:PangeoCluster": OpType.UPDATE,
    RELEASE: OpType.UPDATE,
    HUB_READY: OpType.CREATE,
    CONTRACT: OpType.UPDATE,
    "kubernetes:core/v1:Namespace": OpType.UPDATE,
    "kubernetes:networking.k8s.io/v1:Ingress": OpType.UPDATE,
    "kubernetes:storage.k8s.io/v1:StorageClass": OpType.UPDATE,
    "pulumi:providers:kubernetes": OpType.UPDATE,
    "pulumi-python:dynamic/tenancy:DestroyCheck": OpType.CREATE,
    "kubernetes:traefik.io/v1alpha1:Middleware": OpType.UPDATE,
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": OpType.UPDATE,
    "random:index/randomPassword:RandomPassword": OpType.CREATE,
    "kubernetes:core/v1:Secret": OpType.CREATE,
    OLD_RANDOM: OpType.DELETE,
}
"""The paths of the files mounted into the hub changed, so Helm upgrades the release; the contract's entry in the state
names its new module; and the objects of the stack get their owner's mark. The provider gets the cluster's UID in place
of a kubeconfig's path. CRDs get a digest of their content and a fixed field manager. The check of a destroy is new.
The hub gets new secrets, because the ids of the old ones were their values, in plain text. The wait for the hub is a
resource of its own. The component's entry in the state contains new keys. All other resources stay as they are."""


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


def random_values(state: list[dict[str, Any]]) -> list[str]:
    """Return the hub's secrets in a state of version 0.1, in each of their forms."""
    found = [each for each in state if each["type"] == OLD_RANDOM]
    return [text for each in found for text in (each["id"], base64.b64decode(each["id"]).hex())]


def manifest(live: dict[str, Any]) -> str:
    """Return an object's manifest without the fields that the API server writes."""
    fields = {key: value for key, value in live.items() if key != "status" and not key.startswith("__")}
    metadata = {key: value for key, value in live["metadata"].items() if key not in SERVER_FIELDS}
    return json.dumps({**fields, "metadata": metadata})


@pytest.fixture
def api_server(tools: Path) -> Iterator[ApiServer]:
    """A cluster of each test's own: the recorded CRDs belong to the whole cluster, and a namespace is kept."""
    with throw_away_api_server(tools) as server:
        yield server


@pytest.fixture
def stack(tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer) -> Iterator[OldStack]:
    found = recorded(api_server, directory)
    stack = OldStack(tmp_path, tools, directory, api_server.kubeconfig)
    middleware = crd(MIDDLEWARE, {"redirectScheme": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}})
    put_gateway(tmp_path / "chart", "2026.3.0", [crd(DASK), middleware])
    settings = {key.removeprefix("pangeo:"): value for key, value in found["stackFile"]["config"].items()}
    stack.write(**settings)
    stack.take_over(found["deployment"], api_server, tools)
    with Administrator.at(directory) as administrator:
        (group,) = (each for each in found["deployment"]["resources"] if each["type"].endswith("freeipa:Group"))
        administrator.make(GROUP, group["outputs"]["description"], [directory.user_dn("alice")])
        yield stack
        administrator.delete_groups()


def test_a_stack_of_version_0_1_lives_on(
    stack: OldStack, api_server: ApiServer, directory: ThrowAwayDirectory, tools: Path
) -> None:
    uid = api_server.read("namespace", NAME)["metadata"]["uid"]
    old_secrets = random_values(stack.state())
    assert len(old_secrets) == 8

    assert stack.preview() == IN_PLACE
    stack.refresh()
    assert stack.preview() == IN_PLACE
    stack.up()
    assert stack.preview() == {}

    state = json.dumps(stack.state_with_secrets(tools))
    assert not any(secret in state for secret in old_secrets), "the state still has a secret of version 0.1"
    namespace = api_server.read("namespace", NAME)["metadata"]
    assert namespace["uid"] == uid
    assert namespace["annotations"][ANNOTATION].endswith(f"deployment {stack.contract()['owner']['deployment']}")
    with Administrator.at(directory) as administrator:
        assert administrator.members(GROUP) == [directory.user_dn("alice")]

    stack.destroy()
    assert stack.state() == []
    assert api_server.exists("namespace", NAME), "the namespace holds the home volumes and is protected"
    assert not api_server.exists("ingress", "pangeo", "--namespace", NAME)


def test_version_0_1_can_be_destroyed_without_an_update(stack: OldStack, api_server: ApiServer) -> None:
    stack.destroy()
    assert stack.state() == []
    assert api_server.exists("namespace", NAME)
