"""A short sample of ``make bench`` on the real engine: what it measures is what it says, and stays apart."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi import automation

from bench import group
from bench.process import RunFailed, timed
from local.paths import PROJECT
from local.stand_ins.plugins.choose import prepared
from local.tenancy.engine_variables import engine_variables
from previews import InFlight, WarmProject, warm_project
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import CHART

pytestmark = pytest.mark.engine

STACKS = ("one", "two")
GROUP = "pulumi-python:dynamic/freeipa:Group"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with two stacks that were never deployed."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("Pulumi.yaml", "__main__.py", "components"):
        (folder / name).symlink_to(PROJECT / name)
    for name, text in CHART.items():
        (folder / "chart" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "chart" / name).write_text(text)
    (folder / "stacks").mkdir()
    (folder / "backend").mkdir()
    document = yaml.safe_load((PROJECT / "stacks" / "Pulumi.local.yaml").read_text())
    document["config"]["pangeo:dask"] = {"enabled": False}
    for number, stack in enumerate(STACKS):
        own = {"pangeo:clusterName": stack, "pangeo:externalIp": f"192.0.2.{number + 1}"}
        file = folder / "stacks" / f"Pulumi.{stack}.yaml"
        file.write_text(yaml.safe_dump({"config": {**document["config"], **own}}))
    return folder


@pytest.fixture(scope="module")
def variables(project: Path, tools: Path) -> dict[str, str]:
    launchers = prepared(project / "launchers", project / "home", Path(sys.executable), os.environ["PATH"])
    return {
        **engine_variables(project / "home", launchers, tools),
        "PULUMI_BACKEND_URL": (project / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        "PANGEO_CLUSTER_CHECK": "warn",
        "KUBECONFIG": str(project / "none"),
    }


@pytest.fixture(scope="module")
def warm(project: Path, variables: dict[str, str], tools: Path) -> Iterator[WarmProject]:
    for stack in STACKS:
        timed(["pulumi", "stack", "init", stack, "--non-interactive"], cwd=project, variables=variables)
    with warm_project(project, variables, automation.PulumiCommand(root=str(tools.parent))) as ready:
        yield ready


def groups_declared(stack: automation.Stack) -> list[Any]:
    """The names of the groups that a preview would make."""
    found = []

    def hear(event: automation.EngineEvent) -> None:
        metadata = event.resource_pre_event.metadata if event.resource_pre_event else None
        if metadata and metadata.type == GROUP and metadata.new:
            found.append((metadata.new.inputs or {})["name"])

    stack.preview(color="never", on_event=hear)
    return found


def test_previews_at_the_same_time_in_one_process_see_each_its_own_tenancy(warm: WarmProject) -> None:
    found = dict(warm.each(STACKS, groups_declared, InFlight(2)))

    assert found == {stack: [f"{stack}_notebook_users"] for stack in STACKS}


def test_previews_from_one_process_leave_no_log_of_the_engine(warm: WarmProject, project: Path) -> None:
    logs = project / "home" / "logs"
    before = sorted(logs.iterdir())  # of the stacks' creation, by engines as they are

    dict(warm.each(STACKS[:1], groups_declared, InFlight(1)))

    assert before
    assert sorted(logs.iterdir()) == before


def test_a_measured_preview_that_finds_something_to_change_is_no_figure(
    project: Path, variables: dict[str, str], warm: WarmProject
) -> None:
    command = [sys.executable, "-m", "bench.engine_run", "preview", "empty", STACKS[0]]

    with pytest.raises(RunFailed, match="to create") as changed:
        timed(command, cwd=project, variables=variables)

    assert changed.value.code == 3


def test_the_group_is_made_in_at_most_three_round_trips(directory: ThrowAwayDirectory) -> None:
    trips = group.round_trips(directory)

    assert 0 < trips.values["create"] <= 3
    assert trips.verdict == "met"


def test_looking_at_a_group_does_not_depend_on_its_members(directory: ThrowAwayDirectory) -> None:
    grown = group.by_members(directory, repetitions=3, sizes=(1, 2000))

    assert min(grown.points[2000]) < 2 * max(grown.points[1])
