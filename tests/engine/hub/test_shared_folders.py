"""Shared folders of a real hub: in users' pods, or a reason why the server does not start, or starts without one."""

from collections.abc import Iterator
from typing import Any

import pytest

from components.in_hub import messages
from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesFor
from tests.engine.hub.deployments import Deployment
from tests.engine.hub.hub_namespace import EXPANDABLE
from tests.support.hub_process import page_of_refused_start
from tests.support.hub_users import PASSWORD

pytestmark = pytest.mark.engine

FOLDERS: list[dict[str, Any]] = [
    {"name": "ocean", "claim": "ocean-data", "writers": "all"},
    {"name": "era5", "claim": "era5-data", "readOnly": True, "readers": "all", "path": "/data/era5"},
    {"name": "scratch", "claim": "none", "readers": "all", "required": False},
]


@pytest.fixture(scope="module")
def deployment(start_hub: StartHub, values_for: ValuesFor, create_namespace: CreateNamespace) -> Iterator[Deployment]:
    """A tenancy with two shared folders, and an optional one that does not exist."""
    namespace, environment = create_namespace("hub-tests-shared")
    for claim in ("ocean-data", "era5-data"):
        namespace.create_folder_claim(claim)
    values = values_for(storage={"className": EXPANDABLE}, sharedFolders=FOLDERS)
    with start_hub(values, environment) as hub:
        yield Deployment(hub, namespace)


def mounts(pod: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Return the path of each mounted volume, and whether it is read-only."""
    found = pod["spec"]["containers"][0]["volumeMounts"]
    return {each["name"]: (each["mountPath"], each.get("readOnly", False)) for each in found}


def test_folders_are_in_the_pod_and_a_missing_one_says_so(deployment: Deployment) -> None:
    deployment.start_server("anna")

    pod = deployment.namespace.pod("anna")
    found = {name: mount for name, mount in mounts(pod).items() if not name.startswith("volume-")}
    assert found == {
        "folder-ocean": ("/shared/ocean", False),
        "folder-era5": ("/data/era5", True),
        "missing-scratch": ("/shared/scratch", True),
    }
    (data_set,) = [each for each in pod["spec"]["volumes"] if each["name"] == "folder-era5"]
    assert data_set["persistentVolumeClaim"] == {"claimName": "era5-data", "readOnly": True}
    assert pod["spec"]["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    deployment.wait_for_log("the server of anna starts without a shared folder. The shared folder scratch")
    fields = "--field-selector=involvedObject.kind=Pod,involvedObject.name=jupyter-anna"
    events = deployment.namespace.kubectl("get", "events", fields, "--output=jsonpath={.items[*].message}")
    assert (
        "The shared folder scratch (/shared/scratch) is not available: its volume claim none does not exist" in events
    )


def test_a_required_folder_that_is_missing_is_named_on_the_page(deployment: Deployment) -> None:
    deployment.namespace.kubectl("delete", "pvc", "ocean-data", "--wait=false")
    visitor = deployment.hub.log_in("mona", PASSWORD)

    page = page_of_refused_start(visitor, "mona")

    gone = ("its volume claim ocean-data does not exist", "its volume claim ocean-data is being deleted")
    assert any(messages.folder_not_available("ocean", "/shared/ocean", problem) in page for problem in gone)
    assert not deployment.namespace.has_pod("mona")
