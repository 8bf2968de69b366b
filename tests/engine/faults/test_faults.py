"""A sample of the faults; ``make faults`` injects all of them several times."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from local.tenancy.engine import refresh_interrupted
from local.tenancy.engine_environment import uses_stand_in
from tests.engine.faults.faults import FAULTS, HELM_INSIDE_PLUGIN, kill_engine_after_uninstall
from tests.engine.faults.group_faults import GROUP_FAULTS
from tests.engine.faults.targets import FaultTarget, GroupFaultTarget, group_target, tenancy_target
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory

pytestmark = pytest.mark.engine

SEED = 7


@pytest.fixture(scope="module")
def tenancy(
    tmp_path_factory: pytest.TempPathFactory, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer
) -> FaultTarget:
    return tenancy_target(tmp_path_factory.mktemp("faults"), tools, directory, api_server, Random(SEED))


@pytest.fixture(scope="module")
def group(
    tmp_path_factory: pytest.TempPathFactory, tools: Path, directory: ThrowAwayDirectory
) -> Iterator[GroupFaultTarget]:
    with group_target(tmp_path_factory.mktemp("faults"), tools, directory, Random(SEED)) as target:
        yield target


@pytest.mark.parametrize(
    "fault", ["engine killed after the directory's change, before its answer", "state file truncated"]
)
def test_a_fault_loses_no_data_and_the_next_up_is_clean(tenancy: FaultTarget, fault: str) -> None:
    FAULTS[fault](tenancy)


def test_make_up_refreshes_the_state_of_a_killed_destroy(tenancy: FaultTarget) -> None:
    if not uses_stand_in(tenancy.stack.folder):
        pytest.skip(HELM_INSIDE_PLUGIN)
    kill_engine_after_uninstall(tenancy)
    tenancy.cancel()

    with tenancy.stack.environment_set():
        (refreshed,) = refresh_interrupted(tenancy.stack._stack)
        again = refresh_interrupted(tenancy.stack._stack)
    tenancy.stack.up()

    assert "$kubernetes:helm.sh/v3:Release::" in refreshed
    assert again == []
    assert tenancy.release_status() == "deployed"


@pytest.mark.parametrize("fault", ["directory closes the connection in mid-answer", "directory's certificate expired"])
def test_a_faulty_directory_is_reported_and_loses_no_member(group: GroupFaultTarget, fault: str) -> None:
    GROUP_FAULTS[fault](group)
