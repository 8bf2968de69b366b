"""Claims and volumes of shared folders: kept by an ``up`` without them and by a protected destroy, else deleted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import OpType

from components.ownership.mark import ANNOTATION, KEPT
from tests.support.administrator import Administrator
from tests.support.api_server import CONTROLLERS, ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import TenancyStack

pytestmark = pytest.mark.engine

NAMESPACE, CLASS = "folders", "folders-class"
CLAIM, VOLUME = "kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:core/v1:PersistentVolume"
OCEAN = {"name": "ocean", "create": {"sizeGb": 5, "className": CLASS}, "writers": "all"}
ERA5 = {"name": "era5", "nfs": {"server": "192.0.2.9", "path": "/era5"}, "readOnly": True, "readers": "all"}
PLACES = (
    ("pvc", "folder-ocean", "--namespace", NAMESPACE),
    ("pvc", "folder-era5", "--namespace", NAMESPACE),
    ("pv", f"{NAMESPACE}-folder-era5"),
)


@pytest.fixture(scope="module")
def api_server(tools: Path) -> Iterator[ApiServer]:
    """A cluster of this module's own, in which volumes are created and deleted."""
    with throw_away_api_server(tools, f"{CONTROLLERS},persistentvolume-protection-controller") as server:
        storage_class = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": CLASS},
            "provisioner": "tests.invalid/nothing",
            "allowVolumeExpansion": True,
        }
        server.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(storage_class))
        yield server


@pytest.fixture
def stack(tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer) -> Iterator[TenancyStack]:
    yield TenancyStack(
        tmp_path, tools, directory, api_server.kubeconfig, clusterName=NAMESPACE, sharedFolders=[OCEAN, ERA5]
    )
    with Administrator.at(directory) as administrator:
        administrator.entry(f"{NAMESPACE}_notebook_users")
        administrator.delete_groups()


def test_folders_are_kept_until_an_unprotected_destroy(stack: TenancyStack, api_server: ApiServer) -> None:
    def metadata() -> list[dict[str, Any]]:
        return [dict(api_server.read(*place)["metadata"]) for place in PLACES]

    def marks_of_kept() -> set[bool]:
        return {each["annotations"][ANNOTATION].endswith(KEPT) for each in metadata()}

    stack.up()
    before = [each["uid"] for each in metadata()]
    assert marks_of_kept() == {False}
    assert stack.preview() == {}, "nothing changes without a reason"

    bound = json.dumps({"status": {"phase": "Bound", "capacity": {"storage": "5Gi"}}})
    claim = ("pvc", "folder-ocean", "--namespace", NAMESPACE, "--subresource=status", "--type=merge", "-p", bound)
    api_server.kubectl("patch", *claim)  # only a claim with a volume can grow

    stack.write(sharedFolders=[])
    stack.up()
    assert [each["uid"] for each in metadata()] == before, "a removed folder keeps its files"
    stack.write(sharedFolders=[{**ERA5, "name": "ocean"}])
    assert "would show other files than the existing claim folder-ocean" in stack.refused("up"), "and stored nothing"
    larger = {**OCEAN, "create": {"sizeGb": 6, "className": CLASS}}
    stack.write(sharedFolders=[larger, ERA5])
    assert {stack.preview()[CLAIM], stack.preview()[VOLUME]} == {OpType.CREATE}, "it is found again"
    stack.up()
    other = {**ERA5, "nfs": {"server": "192.0.2.9", "path": "/other"}}
    stack.write(sharedFolders=[larger, other])
    assert f"is not that of the existing volume {NAMESPACE}-folder-era5, 192.0.2.9:/era5" in stack.refused("preview")

    stack.write(sharedFolders=[larger, ERA5])
    stack.destroy()
    assert [each["uid"] for each in metadata()] == before
    assert marks_of_kept() == {True}

    stack.write(protect=False, sharedFolders=[larger, ERA5])
    stack.up()
    assert [each["uid"] for each in metadata()] == before
    assert marks_of_kept() == {False}
    archive = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "archive-data"}}
    spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    api_server.kubectl("create", "-n", NAMESPACE, "--filename=-", stdin=json.dumps({**archive, "spec": spec}))
    assert "that this deployment did not create: archive-data; copy" in stack.refused("destroy")
    assert [each["uid"] for each in metadata()] == before
    api_server.kubectl("delete", "pvc", "archive-data", "--namespace", NAMESPACE)
    stack.destroy()
    for kind, name, *options in PLACES:
        assert not api_server.kubectl("get", kind, name, *options, "--ignore-not-found").strip()
