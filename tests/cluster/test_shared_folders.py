"""Shared folders of two FreeIPA groups on the real node: who writes, who reads, who sees nothing, and what is kept.

The volumes are folders of the node, which many pods can mount. The tests depend on each other.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from ldap3.core.exceptions import LDAPEntryAlreadyExistsResult, LDAPNoSuchObjectResult

from components.ownership.mark import ANNOTATION, KEPT
from local import directory
from local.directory.client import connection
from local.directory.endpoint import ADMIN, TENANCY, group_dn
from local.images.definitions import NOTEBOOK
from local.paths import State
from tests.support.kernel import Kernel
from tests.support.node_capacity import stop_admin_server
from tests.support.person import Person
from tests.support.second_tenancy import SecondTenancy

pytestmark = pytest.mark.cluster

NAME = CLASS = "shared"
WRITERS, READERS = "shared_writers", "shared_readers"
OCEAN, ERA5 = "/shared/ocean", "/data/era5"
GID = 5000
"""Group of the files on the node, in which no other process is."""

WORD = uuid4().hex
START_SECONDS = 180
SETTINGS = {
    # Besides the notebooks of the local tenancy, two cores hold only a small one.
    "notebookCpus": 0.2,
    "notebookRamGb": 0.5,
    "notebook": {"image": NOTEBOOK.reference, "prePull": False},
    "dask": {"schedulerRamGb": 0.5, "cpuRequest": 0.02, "workerRamGb": {"min": 0.25, "default": 0.5, "max": 4}},
    "sharedFolders": [
        {
            "name": "ocean",
            "create": {"sizeGb": 1, "className": CLASS},
            "writers": [WRITERS],
            "readers": [READERS],
            "gid": GID,
        },
        {"name": "era5", "claim": "era5-data", "readOnly": True, "readers": [WRITERS], "path": ERA5},
    ],
}

LOOK = f"""\
import os
def look(path):
    try:
        names = sorted(os.listdir(path))
        texts = [open(os.path.join(path, name)).read() for name in names]
    except FileNotFoundError:
        return None
    try:
        open(os.path.join(path, "written-by-" + os.environ["HOSTNAME"]), "w").close()
        mode = "writes"
    except OSError as error:
        mode = os.strerror(error.errno)
    return [texts, mode]
def both():
    return [look({OCEAN!r}), look({ERA5!r})]
"""
READ_ONLY = "Read-only file system"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders on the node: one that a group writes, and one with a data set."""
    found = {name: tmp_path_factory.mktemp(name) for name in ("ocean", "era5")}
    os.chown(found["ocean"], 0, GID)
    found["ocean"].chmod(0o2775)
    found["era5"].chmod(0o755)
    (found["era5"] / "data.txt").write_text(WORD)
    return found


@pytest.fixture(scope="module")
def tenancy(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> Iterator[SecondTenancy]:
    """The deployed tenancy, whose operator created a claim after the first ``up`` had created the namespace."""
    state = State()
    tenancy = SecondTenancy(state, tmp_path_factory.mktemp("second"), NAME, **SETTINGS)
    delete_volumes(tenancy)
    tenancy.wipe()
    stop_admin_server(state)
    for group in (WRITERS, READERS):
        make_group(state, group)
    create(tenancy, storage_class(), volume("ocean", "folder-ocean", folders["ocean"]))
    tenancy.up()
    create(tenancy, volume("era5", "era5-data", folders["era5"]), existing_claim())
    tenancy.wait_for_hub()
    yield tenancy
    delete_volumes(tenancy)
    tenancy.wipe()
    for group in (WRITERS, READERS):
        delete_group(state, group)


def create(tenancy: SecondTenancy, *manifests: dict[str, Any]) -> None:
    for manifest in manifests:
        tenancy.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(manifest))


def storage_class() -> dict[str, Any]:
    provisioner = "kubernetes.io/no-provisioner"
    metadata = {"name": CLASS}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": metadata,
        "provisioner": provisioner,
        "allowVolumeExpansion": True,
    }


def volume(name: str, claim: str, path: Path) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{NAME}-{name}"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "capacity": {"storage": "1Gi"},
            "storageClassName": CLASS,
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"namespace": NAME, "name": claim},
            "hostPath": {"path": str(path), "type": "Directory"},
        },
    }


def existing_claim() -> dict[str, Any]:
    requests = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": ["ReadWriteMany"], "storageClassName": CLASS, "resources": requests}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "era5-data"}, "spec": spec}


def delete_volumes(tenancy: SecondTenancy) -> None:
    """Delete the volumes as soon as nothing uses them; no provisioner does."""
    for name in ("ocean", "era5"):
        tenancy.kubectl("delete", "pv", f"{NAME}-{name}", "--ignore-not-found", "--wait=false")
    tenancy.kubectl("delete", "storageclass", CLASS, "--ignore-not-found")


def make_group(state: State, group: str) -> None:
    attributes = {"cn": group, "description": "for the tests of shared folders", "ipaUniqueID": str(uuid4())}
    classes = ["top", "groupofnames", "nestedgroup", "ipausergroup", "ipaobject"]
    delete_group(state, group)
    with connection(state, TENANCY, ADMIN, "admin") as ipa, suppress(LDAPEntryAlreadyExistsResult):
        ipa.add(group_dn(group), classes, attributes)  # type: ignore[no-untyped-call]


def delete_group(state: State, group: str) -> None:
    with connection(state, TENANCY, ADMIN, "admin") as ipa, suppress(LDAPNoSuchObjectResult):
        ipa.delete(group_dn(group))  # type: ignore[no-untyped-call]


def start(tenancy: SecondTenancy, user: str, *groups: str) -> Person:
    """Return a user of the hub and of the groups, with a new log-in and a new server."""
    tenancy.grant(user)
    for group in groups:
        directory.grant(tenancy.state, user, group)
    person = tenancy.person(user)
    assert person.log_in() == 200
    person.start_server()
    return person


def seen(person: Person) -> Any:
    """Return the texts of the files and the mode of both folders; None for one that is not there."""
    with Kernel(person) as kernel:
        kernel.run(LOOK)
        return kernel.value("both()", START_SECONDS)


@pytest.fixture(scope="module")
def alice(tenancy: SecondTenancy) -> Person:
    return start(tenancy, "alice", WRITERS)


def test_writers_write_and_read_the_data_set(alice: Person, folders: dict[str, Path]) -> None:
    with Kernel(alice) as kernel:
        kernel.run(f"open('{OCEAN}/model.txt', 'w').write('{WORD}')")

    assert (folders["ocean"] / "model.txt").read_text() == WORD
    assert (folders["ocean"] / "model.txt").stat().st_gid == GID, "the group of the folder's files"
    assert seen(alice)[1] == [[WORD], READ_ONLY]


def test_dask_workers_have_the_folders_of_their_user(alice: Person) -> None:
    with Kernel(alice) as kernel:
        kernel.run("from dask_gateway import Gateway\ncluster = Gateway().new_cluster()\ncluster.scale(1)")
        kernel.run("client = cluster.get_client()", START_SECONDS)
        kernel.run(f"client.wait_for_workers(1, timeout={START_SECONDS})", START_SECONDS)
        kernel.run(LOOK)
        (ocean, era5) = kernel.value("client.submit(both, pure=False).result()", START_SECONDS)
        on_scheduler = kernel.value(f"client.run_on_scheduler(__import__('os').path.ismount, {OCEAN!r})")
        kernel.run("cluster.shutdown()", START_SECONDS)

    assert WORD in ocean[0]
    assert ocean[1] == "writes"
    assert era5 == [[WORD], READ_ONLY]
    assert on_scheduler is True


def test_readers_read_only_and_others_see_nothing(tenancy: SecondTenancy, alice: Person) -> None:
    bob = start(tenancy, "bob", READERS)
    [(texts, mode), era5] = seen(bob)
    assert WORD in texts
    assert mode == READ_ONLY
    assert era5 is None
    bob.stop_server()

    carol = start(tenancy, "carol")
    assert seen(carol) == [None, None]
    carol.stop_server()


def test_a_changed_membership_takes_effect_at_the_next_start(tenancy: SecondTenancy, alice: Person) -> None:
    alice.stop_server()
    directory.revoke(tenancy.state, "alice", WRITERS)
    alice = start(tenancy, "alice", READERS)
    [(texts, mode), era5] = seen(alice)
    assert (WORD in texts, mode, era5) == (True, READ_ONLY, None)
    alice.stop_server()


def test_a_missing_folder_stops_the_start_with_its_name(tenancy: SecondTenancy) -> None:
    tenancy.kubectl("delete", "pvc", "era5-data")
    directory.grant(tenancy.state, "alice", WRITERS)
    alice = tenancy.person("alice")
    assert alice.log_in() == 200
    page = alice.session.get(f"{alice.hub.url}/hub/spawn/alice", timeout=START_SECONDS)
    while "/hub/spawn-pending/" in page.url and page.ok:
        page = alice.session.get(f"{alice.hub.url}/hub/spawn-pending/alice", timeout=START_SECONDS)
    assert (
        "The shared folder era5 (/data/era5) is not available: its volume claim era5-data does not exist" in page.text
    )


def test_a_destroy_keeps_the_folder_for_the_next_up(tenancy: SecondTenancy, folders: dict[str, Path]) -> None:
    def claim() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(tenancy.kubectl("get", "pvc", "folder-ocean", "--output=json"))
        return found

    before = claim()["metadata"]["uid"]
    tenancy.destroy()
    kept = claim()
    assert kept["status"]["phase"] == "Bound"
    assert kept["metadata"]["annotations"][ANNOTATION].endswith(KEPT)

    others = [each for each in SETTINGS["sharedFolders"] if each["name"] == "ocean"]  # type: ignore[attr-defined]
    tenancy.write_stack_file(sharedFolders=others)
    tenancy.up()
    again = claim()["metadata"]
    assert again["uid"] == before
    assert not again["annotations"][ANNOTATION].endswith(KEPT)
    assert (folders["ocean"] / "model.txt").read_text() == WORD
