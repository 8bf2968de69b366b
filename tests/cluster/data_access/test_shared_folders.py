"""Shared folders of two FreeIPA groups on the real node: who writes, who reads, who sees nothing, and what is kept.

The volumes are folders of the node, which many pods can mount.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from components.ownership.mark import ANNOTATION, KEPT
from local import directory
from tests.cluster.data_access.node_folders import NodeFolders, lost_claim
from tests.cluster.data_access.settings import (
    AIR,
    ERA5_PATH,
    GID,
    LOST,
    LOST_CLAIM,
    LOST_PATH,
    OCEAN,
    OCEAN_CLAIM,
    OCEAN_PATH,
    USUAL_PROFILE,
)
from tests.support.kernel import Kernel
from tests.support.notebook_user import START_SECONDS, NotebookUser
from tests.support.person import Person
from tests.support.second_tenancy import SecondTenancy

pytestmark = pytest.mark.cluster

WORD = uuid4().hex
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
    return [look({OCEAN_PATH!r}), look({ERA5_PATH!r})]
"""
READ_ONLY = "Read-only file system"


def seen(person: Person) -> Any:
    """Return the texts of the files and the mode of both folders; None for one that is not there."""
    with Kernel(person) as kernel:
        kernel.run(LOOK)
        return kernel.value("both()", START_SECONDS)


@pytest.fixture(scope="module")
def model(alice: NotebookUser, folders: NodeFolders) -> str:
    """The content of a file that alice has written into the folder ``ocean``."""
    with Kernel(alice.person) as kernel:
        kernel.run(f"open('{OCEAN_PATH}/model.txt', 'w').write('{WORD}')")
    return (folders.ocean / "model.txt").read_text()


@pytest.fixture
def carol(tenancy: SecondTenancy) -> Iterator[Person]:
    """A user in none of the groups, without a server before and after the test."""
    carol = tenancy.log_in("carol")
    yield carol
    carol.stop_server()
    for group in (OCEAN, AIR):
        directory.revoke(tenancy.state, "carol", group)


def start_as_member(tenancy: SecondTenancy, user: Person, group: str) -> None:
    """Start the user's server after the user has joined the group."""
    directory.grant(tenancy.state, user.user, group)
    assert user.log_in() == 200
    user.start_server()


def test_writers_write_and_read_the_data_set(alice: NotebookUser, model: str, folders: NodeFolders) -> None:
    assert model == WORD
    assert (folders.ocean / "model.txt").stat().st_gid == GID, "the group of the folder's files"
    assert seen(alice.person)[1] == [[folders.word], READ_ONLY]


def test_dask_workers_have_the_folders_of_their_user(alice: NotebookUser, model: str, folders: NodeFolders) -> None:
    kernel = alice.at_cluster
    kernel.run(LOOK)
    (ocean, era5) = kernel.value("client.submit(both, pure=False).result()", START_SECONDS)
    on_scheduler = kernel.value(f"client.run_on_scheduler(__import__('os').path.ismount, {OCEAN_PATH!r})")

    assert model in ocean[0]
    assert ocean[1] == "writes"
    assert era5 == [[folders.word], READ_ONLY]
    assert on_scheduler is True


def test_readers_read_only(bob: NotebookUser, model: str) -> None:
    [(texts, mode), era5] = seen(bob.person)

    assert model in texts
    assert mode == READ_ONLY
    assert era5 is None


def test_others_see_nothing(carol: Person) -> None:
    carol.start_server()

    assert seen(carol) == [None, None]


def test_a_changed_membership_takes_effect_at_the_next_start(tenancy: SecondTenancy, carol: Person, model: str) -> None:
    start_as_member(tenancy, carol, OCEAN)
    assert [mode for _, mode in seen(carol)] == ["writes", READ_ONLY]

    carol.stop_server()
    directory.revoke(tenancy.state, "carol", OCEAN)
    start_as_member(tenancy, carol, AIR)
    [(texts, mode), era5] = seen(carol)
    assert (model in texts, mode, era5) == (True, READ_ONLY, None)


@contextmanager
def missing_folder(tenancy: SecondTenancy, user: str) -> Iterator[None]:
    """Delete the claim of a folder, and let the user be in its group, inside the block."""
    tenancy.kubectl("delete", "pvc", LOST_CLAIM)
    directory.grant(tenancy.state, user, LOST)
    try:
        yield
    finally:
        directory.revoke(tenancy.state, user, LOST)
        tenancy.apply(lost_claim())


def test_a_missing_folder_stops_the_start_with_its_name(tenancy: SecondTenancy, carol: Person) -> None:
    with missing_folder(tenancy, "carol"):
        assert carol.log_in() == 200
        page = carol.page_of_refused_start(USUAL_PROFILE)
    assert (
        f"The shared folder lost ({LOST_PATH}) is not available: its volume claim {LOST_CLAIM} does not exist" in page
    )


def test_a_destroy_keeps_the_folder(
    tenancy: SecondTenancy, alice: NotebookUser, bob: NotebookUser, model: str, folders: NodeFolders
) -> None:
    """tests/engine/components/contract/test_shared_folders_in_engine.py shows that the next ``up`` uses it again."""

    def claim() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(tenancy.kubectl("get", "pvc", OCEAN_CLAIM, "--output=json"))
        return found

    before = claim()["metadata"]["uid"]
    for user in (alice, bob):
        user.end_work()
    tenancy.destroy()

    kept = claim()
    assert kept["metadata"]["uid"] == before
    assert kept["status"]["phase"] == "Bound"
    assert kept["metadata"]["annotations"][ANNOTATION].endswith(KEPT)
    assert (folders.ocean / "model.txt").read_text() == model
