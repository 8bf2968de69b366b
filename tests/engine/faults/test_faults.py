"""A sample of the faults, each once; ``make faults`` tries all of them many times over."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from local.tenancy.engine import refresh_interrupted
from tests.engine.faults.faults import FAULTS, GROUP_FAULTS, kill_after_the_uninstall
from tests.engine.faults.places import GroupPlace, Place, place_with_a_group, place_with_a_tenancy
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory

pytestmark = pytest.mark.engine

SEED = 7


@pytest.fixture(scope="module")
def tenancy(
    tmp_path_factory: pytest.TempPathFactory, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer
) -> Place:
    return place_with_a_tenancy(tmp_path_factory.mktemp("faults"), tools, directory, api_server, Random(SEED))


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory, tools: Path, directory: ThrowAwayDirectory) -> Iterator[GroupPlace]:
    with place_with_a_group(tmp_path_factory.mktemp("faults"), tools, directory, Random(SEED)) as place:
        yield place


@pytest.mark.parametrize(
    "fault", ["engine killed between the directory's change and its answer", "state file truncated"]
)
def test_nothing_of_a_tenancy_is_lost_and_the_next_up_is_clean(tenancy: Place, fault: str) -> None:
    FAULTS[fault](tenancy)


def test_make_up_refreshes_what_a_killed_destroy_may_have_removed(tenancy: Place) -> None:
    kill_after_the_uninstall(tenancy)
    tenancy.cancel()

    with tenancy.stack._surroundings():
        (refreshed,) = refresh_interrupted(tenancy.stack._stack)
        again = refresh_interrupted(tenancy.stack._stack)
    tenancy.stack.up()

    assert "$kubernetes:helm.sh/v3:Release::" in refreshed
    assert again == []
    assert tenancy.release() == "deployed"


@pytest.mark.parametrize("fault", ["directory closes in mid-answer", "directory's certificate expired"])
def test_a_bad_directory_is_told_and_loses_no_member(group: GroupPlace, fault: str) -> None:
    GROUP_FAULTS[fault](group)
