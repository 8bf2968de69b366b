"""The hub's check of a pod's shared folders: the hub's code on a real API server."""

import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.in_hub import messages
from components.in_hub.folders import Folder, folders_text
from local.paths import PROJECT
from tests.engine.hub.hub_namespace import EXPANDABLE, HubNamespace, create_hub_namespace
from tests.support.api_server import ApiServer
from tests.support.waiting import LIMIT_SECONDS

pytestmark = pytest.mark.engine

OCEAN = Folder(
    name="ocean",
    path="/shared/ocean",
    claim="claim-ocean",
    writers=("writers",),
    readers=("readers",),
    read_only=False,
    required=True,
)
OPTIONAL = replace(OCEAN, required=False)
HOME = {"name": "home", "persistentVolumeClaim": {"claimName": "claim-anna"}}

Start = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def namespace(api_server: ApiServer) -> HubNamespace:
    found = create_hub_namespace(api_server, "hub-tests-folders")
    found.create_claim("ocean", "10Gi", EXPANDABLE)
    found.create_claim("waiting", "10Gi", EXPANDABLE, bound=False)
    found.create_claim("lost", "10Gi", EXPANDABLE)
    lost = json.dumps({"status": {"phase": "Lost"}})
    found.kubectl("patch", "pvc", "claim-lost", "--subresource=status", "--type=merge", "-p", lost)
    return found


@pytest.fixture(scope="module")
def checks(hub_python: Path, api_server: ApiServer, namespace: HubNamespace) -> Iterator["subprocess.Popen[str]"]:
    """The hub's code, which waits for pods to check."""
    with subprocess.Popen(
        [hub_python, Path(__file__).with_name("start_with_folders.py"), namespace.name],
        env={"KUBECONFIG": str(api_server.kubeconfig), "PYTHONPATH": str(PROJECT), "PATH": os.defpath},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.communicate(timeout=LIMIT_SECONDS)


@pytest.fixture
def start(checks: "subprocess.Popen[str]", tmp_path: Path) -> Start:
    """Return a function that returns the pod of a user with the folder, or the refusal."""

    def run(folder: Folder, groups: tuple[str, ...] = ("writers",), **given: Any) -> dict[str, Any]:
        file = tmp_path / "folders.json"
        file.write_text(folders_text([folder]))
        own = {
            "file": str(file),
            "groups": groups,
            "volumes": [HOME, volume(folder)],
            "mounts": [{"name": "home", "mountPath": "/home/jovyan"}, mount(folder)],
            "provisioning_seconds": 300,
        }
        assert checks.stdin
        assert checks.stdout
        checks.stdin.write(json.dumps(own | given) + "\n")
        checks.stdin.flush()
        found: dict[str, Any] = json.loads(checks.stdout.readline())
        return found

    return run


def volume(folder: Folder, **changes: Any) -> dict[str, Any]:
    return {"name": folder.volume, "persistentVolumeClaim": {"claimName": folder.claim, **changes}}


def mount(folder: Folder, **changes: Any) -> dict[str, Any]:
    return {"name": folder.volume, "mountPath": folder.path, "readOnly": False, **changes}


def refused(folder: Folder, problem: str) -> dict[str, Any]:
    return {"status": 503, "message": messages.folder_not_available(folder.name, folder.path, problem)}


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nothing listens, and which nobody else gets meanwhile."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]


def test_an_available_folder_is_mounted_with_its_group(start: Start) -> None:
    spec = start(replace(OCEAN, gid=5000))["pod"]["spec"]
    assert [each["name"] for each in spec["volumes"]] == ["home", "folder-ocean"]
    assert spec["securityContext"] == {"fsGroup": 100, "supplementalGroups": [5000]}


def test_a_new_claim_gets_its_volume_while_the_pod_waits(start: Start) -> None:
    assert "pod" in start(replace(OCEAN, claim="claim-waiting"))


@pytest.mark.parametrize(
    ("claim", "problem"),
    [
        ("none", "its volume claim none does not exist"),
        ("claim-lost", "its volume claim claim-lost has lost its volume"),
    ],
)
def test_a_required_folder_without_a_volume_stops_the_start(start: Start, claim: str, problem: str) -> None:
    folder = replace(OCEAN, claim=claim)
    assert start(folder) == refused(folder, problem)


def test_a_claim_that_gets_no_volume_stops_the_start(start: Start, namespace: HubNamespace) -> None:
    folder = replace(OCEAN, claim="claim-waiting")
    found = start(folder, provisioning_seconds=0)
    assert found["status"] == 503
    assert "its volume claim claim-waiting has had no volume since" in found["message"]

    uid = namespace.read_claim("waiting")["metadata"]["uid"]
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "first-pod"},
        "involvedObject": {
            "kind": "PersistentVolumeClaim",
            "namespace": namespace.name,
            "name": "claim-waiting",
            "uid": uid,
        },
        "type": "Normal",
        "reason": "WaitForFirstConsumer",
        "message": "waiting for first consumer to be created before binding",
    }
    namespace.kubectl("create", "--filename=-", stdin=json.dumps(event))
    assert "pod" in start(folder, provisioning_seconds=0), "its volume is created for the first pod"


def test_a_silent_nfs_server_stops_the_start(start: Start, closed_port: int) -> None:
    folder = replace(OCEAN, server="127.0.0.1", port=closed_port)
    assert start(folder) == refused(folder, f"the NFS server 127.0.0.1 does not answer at port {closed_port}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert "pod" in start(replace(folder, port=server.getsockname()[1]))


def test_an_optional_folder_is_replaced_by_a_file_that_says_so(start: Start, namespace: HubNamespace) -> None:
    pod = start(replace(OPTIONAL, claim="none", gid=5000))["pod"]
    message = messages.folder_not_available("ocean", "/shared/ocean", "its volume claim none does not exist")

    annotation = "tenancy.pangeo/missing-ocean"
    assert pod["metadata"]["annotations"][annotation].startswith(f"{message}\nThis server was started without it at ")
    note = {"path": "NOT-AVAILABLE.txt", "fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"}}
    assert pod["spec"]["volumes"] == [HOME, {"name": "missing-ocean", "downwardAPI": {"items": [note]}}]
    (container,) = pod["spec"]["containers"]
    assert container["volumeMounts"][-1] == {"name": "missing-ocean", "mountPath": "/shared/ocean", "readOnly": True}
    assert "supplementalGroups" not in pod["spec"]["securityContext"]
    fields = "--field-selector=involvedObject.kind=Pod,involvedObject.name=jupyter-anna,type=Warning"
    assert message in namespace.kubectl("get", "events", fields, "--output=jsonpath={.items[*].message}")


def test_a_user_in_no_group_has_no_folder(start: Start) -> None:
    spec = start(OCEAN, groups=("others",), volumes=[HOME], mounts=[])["pod"]["spec"]
    assert spec["volumes"] == [HOME]


READERS = ("readers",)
DATA_SET = replace(OCEAN, writers=(), read_only=True)


@pytest.mark.parametrize(
    ("folder", "groups", "given"),
    [
        (OCEAN, ("others",), {}),
        (OCEAN, (), {}),
        (OCEAN, READERS, {}),
        (OCEAN, READERS, {"mounts": [{"name": "folder-ocean", "mountPath": "/shared/ocean"}]}),
        (OCEAN, ("writers",), {"mounts": [mount(OCEAN, mountPath="/etc")]}),
        (OCEAN, ("writers",), {"mounts": [mount(OCEAN, subPath="private")]}),
        (OCEAN, ("writers",), {"volumes": [volume(OCEAN, claimName="claim-boss")]}),
        (OCEAN, ("writers",), {"volumes": [{"name": "folder-ocean", "hostPath": {"path": "/"}}]}),
        (OCEAN, ("others",), {"volumes": [{**volume(OCEAN), "name": "x"}], "mounts": []}),
        (OCEAN, ("writers",), {"volumes": [{**volume(OCEAN), "name": "folder-other"}], "mounts": []}),
        (DATA_SET, READERS, {"mounts": [mount(DATA_SET, readOnly=True)]}),
    ],
)
def test_a_volume_that_the_groups_do_not_permit_stops_the_start(
    start: Start, folder: Folder, groups: tuple[str, ...], given: dict[str, Any]
) -> None:
    assert start(folder, groups, **given) == {"status": 403, "message": messages.folder_not_permitted()}


def test_readers_and_data_sets_are_permitted_read_only(start: Start) -> None:
    assert "pod" in start(OCEAN, READERS, mounts=[mount(OCEAN, readOnly=True)])
    read_only = {"volumes": [volume(DATA_SET, readOnly=True)], "mounts": [mount(DATA_SET, readOnly=True)]}
    assert "pod" in start(DATA_SET, READERS, **read_only)
    everybody = replace(OCEAN, writers=("all",))
    assert "pod" in start(everybody, ())
