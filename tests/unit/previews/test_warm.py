"""Stacks of a warm project: each with variables of its own, and what stops one said of that one."""

import logging
import threading
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from pulumi import automation
from pulumi.automation import CommandResult

from previews import InFlight, WarmProject
from previews.warm import COLLECTED_LATE, collected_late, without_tracebacks_of_the_gone

WAIT_SECONDS = 15.0


class Command(automation.PulumiCommand):
    """Takes note of what the engine would be told."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], dict[str, str]]] = []

    def run(self, args: list[str], cwd: str, additional_env: Any, on_output: Any = None, on_error: Any = None) -> Any:
        self.asked.append((args, dict(additional_env)))
        return CommandResult(stdout="", stderr="", code=0)


@pytest.fixture
def command() -> Command:
    return Command()


@pytest.fixture
def project(command: Command, tmp_path: Path) -> WarmProject:
    return WarmProject(tmp_path, {"PATH": "/launchers", "SHARED": "yes"}, command, lambda: None)


def test_a_stacks_own_variables_are_no_others(project: WarmProject) -> None:
    one, other = project.stack("one", {"PULUMI_BACKEND_URL": "file:///one"}), project.stack("other")

    assert one.workspace.env_vars == {"PATH": "/launchers", "SHARED": "yes", "PULUMI_BACKEND_URL": "file:///one"}
    assert other.workspace.env_vars == {"PATH": "/launchers", "SHARED": "yes"}


def test_an_existing_stack_costs_no_engine_and_a_new_one_is_made_without_being_selected(
    project: WarmProject, command: Command
) -> None:
    project.stack("old")
    assert command.asked == []

    project.new_stack("new", {"PULUMI_BACKEND_URL": "file:///new"})
    [(words, variables)] = command.asked
    assert words == ["stack", "init", "new", "--no-select"]
    assert variables["PULUMI_BACKEND_URL"] == "file:///new"


class Gone(grpc.RpcError):  # type: ignore[misc]
    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code


def test_of_an_engine_that_is_gone_no_traceback_is_printed_and_of_all_else_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(error: Exception) -> None:
        try:
            raise error
        except Exception:
            logging.getLogger("grpc._server").exception("Exception calling application")

    with without_tracebacks_of_the_gone():
        fail(Gone(grpc.StatusCode.UNAVAILABLE))
        assert caplog.records == []
        fail(Gone(grpc.StatusCode.INTERNAL))
        fail(KeyError("a defect"))
        assert len(caplog.records) == 2
    fail(Gone(grpc.StatusCode.UNAVAILABLE))
    assert len(caplog.records) == 3


def test_all_are_looked_at_with_no_more_in_flight_than_allowed(project: WarmProject) -> None:
    under_way, most, one = [0], [0], threading.Lock()
    allowed = threading.Barrier(3)

    def look(name: str) -> str:
        with one:
            under_way[0] += 1
            most.append(under_way[0])
        allowed.wait(WAIT_SECONDS)
        with one:
            under_way[0] -= 1
        return name.upper()

    names = [f"s{number}" for number in range(9)]

    assert dict(project.by_name(names, look, InFlight(3))) == {name: name.upper() for name in names}
    assert max(most) == 3


def test_each_is_handed_the_stack(project: WarmProject) -> None:
    assert dict(project.each(["a", "b"], lambda stack: stack.name, InFlight(2))) == {"a": "a", "b": "b"}


def test_engines_collect_no_garbage_before_a_limit_unless_somebody_chose_another_way() -> None:
    assert collected_late({"PATH": "/bin"}) == COLLECTED_LATE
    assert collected_late({"GOGC": "200"}) == {}
    assert collected_late({"GOMEMLIMIT": "1GiB"}) == {}
