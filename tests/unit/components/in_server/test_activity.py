"""The activity of a server, with an application of plain objects."""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from components.in_server.pangeo_server.activity import Activity, check_seconds
from components.in_server.pangeo_server.activity_reports import report_seconds
from components.in_server.pangeo_server.dask_work import has_tasks
from components.in_server.pangeo_server.kernels import end_idle_kernels
from components.in_server.pangeo_server.page_requests import is_use
from components.in_server.pangeo_server.settings import Settings

ALL_WORK = ["kernels", "programs", "dask"]
LONG_AGO = datetime.now(UTC) - timedelta(hours=10)
COUNTS = {
    **dict.fromkeys(("processing", "unrunnable", "waiting"), 0),
    **dict.fromkeys(("tasks", "memory", "released", "erred"), 0),
}


class Manager:
    """A kernel manager with one kernel."""

    def __init__(self, state: str = "idle", last: datetime = LONG_AGO, **configured: object) -> None:
        self.config = {"Manager": configured}
        self.kernel = SimpleNamespace(execution_state=state, last_activity=last, provisioner=SimpleNamespace(pid=1))
        self.untracked_message_types = ["status"]

    def list_kernel_ids(self) -> list[str]:
        return ["one"]

    def get_kernel(self, name: str) -> object:
        assert name == "one"
        return self.kernel


def application(manager: Manager, **settings: object) -> Any:
    web = SimpleNamespace(settings={"log_function": lambda _: None, **settings}, last_activity=lambda: LONG_AGO)
    return SimpleNamespace(
        web_app=web, kernel_manager=manager, connection_url="", log=logging.getLogger("test"), config={}
    )


@pytest.fixture
def new_activity(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Activity]:
    """Return a function that returns the activity of a server that has been idle for long."""
    monkeypatch.delitem(os.environ, "DASK_GATEWAY__ADDRESS", raising=False)

    def create(app: Any, **settings: Any) -> Activity:
        activity = Activity(app, Settings(**{"idle_seconds": 600, "running_work": ALL_WORK, **settings}))
        activity._used = activity._worked = LONG_AGO
        return activity

    return create


def is_active(activity: Activity) -> bool:
    asyncio.run(activity.check())
    return activity.last() > LONG_AGO


def test_an_idle_kernel_is_no_activity(new_activity: Callable[..., Activity]) -> None:
    assert not is_active(new_activity(application(Manager())))


def test_a_busy_kernel_is_activity(new_activity: Callable[..., Activity]) -> None:
    assert is_active(new_activity(application(Manager("busy"))))


def test_a_kernel_that_died_in_a_cell_is_no_activity(new_activity: Callable[..., Activity]) -> None:
    class Restarting(Manager):
        def add_restart_callback(self, name: str, callback: Callable[[], None], event: str) -> None:
            self.callbacks = [*getattr(self, "callbacks", []), (name, callback, event)]

    manager = Restarting("busy")
    activity = new_activity(application(manager))
    assert is_active(activity)
    activity.last()
    [(name, callback, event)] = manager.callbacks
    assert (name, event) == ("one", "restart")
    callback()
    assert manager.kernel.execution_state == "starting"
    activity._used = activity._worked = LONG_AGO
    assert not is_active(activity)


def test_only_the_configured_work_counts(new_activity: Callable[..., Activity]) -> None:
    assert not is_active(new_activity(application(Manager("busy")), running_work=["programs", "dask"]))


def test_work_counts_for_a_limited_time_without_a_person(new_activity: Callable[..., Activity]) -> None:
    manager = Manager("busy")
    activity = new_activity(application(manager), unattended_seconds=3600)
    activity.last()
    activity._used = activity._worked = LONG_AGO
    manager.kernel.last_activity = datetime.now(UTC)  # it prints
    assert not is_active(activity)


def test_a_requests_record_of_the_server_is_no_activity(new_activity: Callable[..., Activity]) -> None:
    now = datetime.now(UTC)
    ignored = application(Manager(), api_last_activity=now, terminal_last_activity=now)
    assert not is_active(new_activity(ignored))
    assert is_active(new_activity(application(Manager(), other_last_activity=now)))
    assert is_active(new_activity(application(Manager(), last_activity_times={"jupyter-server-proxy": now})))


def test_a_kernel_with_work_is_kept_without_counting_as_use(new_activity: Callable[..., Activity]) -> None:
    manager = Manager()
    activity = new_activity(application(manager))
    activity._kernels.keep({"one"}, datetime.now(UTC))
    assert manager.kernel.last_activity > LONG_AGO
    assert not is_active(activity)


def test_times_of_the_future_are_no_activity_and_are_never_reported(new_activity: Callable[..., Activity]) -> None:
    """A clock that was ahead has been corrected. The hub refuses such reports, and would take the server for idle."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    activity = new_activity(application(Manager(last=tomorrow), other_last_activity=tomorrow))
    assert not is_active(activity)
    activity._used = activity._worked = tomorrow
    assert activity.last() <= datetime.now(UTC)


def test_a_server_of_another_kind_keeps_its_own_record(
    new_activity: Callable[..., Activity], caplog: pytest.LogCaptureFixture
) -> None:
    app = application(Manager())
    app.kernel_manager.list_kernel_ids = None
    activity = new_activity(app)
    assert activity.last() == activity.last() == LONG_AGO
    [record] = caplog.records
    assert record.getMessage().startswith("pangeo_server: activity of the kind use cannot be seen: TypeError(")


@pytest.mark.parametrize(
    ("method", "accept", "status", "expected"),
    [
        ("GET", "*/*", 200, False),
        ("GET", "text/html,application/xhtml+xml", 200, True),
        ("GET", "text/html", 302, False),
        ("PUT", "*/*", 200, True),
        ("POST", "*/*", 201, True),
        ("POST", "*/*", 403, False),
    ],
)
def test_requests_that_only_read_are_no_use(method: str, accept: str, status: int, expected: bool) -> None:
    assert is_use(method, accept, status) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"processing": 1}, True),
        ({"unrunnable": 1}, True),
        ({"tasks": 3, "waiting": 1}, True),
        ({"tasks": 3}, True),
        ({"tasks": 3, "memory": 2, "erred": 1}, False),
        ({"tasks": 3, "memory": 6}, False),
        ({"tasks": 3, "released": 3}, False),
    ],
)
def test_results_in_memory_are_no_dask_work(changes: dict[str, int], expected: bool) -> None:
    assert has_tasks(COUNTS | changes) is expected


def test_reports_and_checks_are_several_within_the_limit() -> None:
    def intervals(idle: int, kernel: int) -> tuple[int, float]:
        settings = Settings(idle_seconds=idle, kernel_idle_seconds=kernel)
        return report_seconds(settings), check_seconds(settings)

    assert intervals(3600, 7200) == (300, 60)
    assert intervals(300, 0) == (60, 30)
    assert intervals(0, 0) == (300, 60)


def test_idle_kernels_end_unless_configured_otherwise() -> None:
    manager: Any = Manager()
    end_idle_kernels(manager, 7200)
    found = (manager.cull_idle_timeout, manager.cull_connected, manager.cull_busy, manager.cull_interval)
    assert found == (7200, True, False, 60)
    assert manager.untracked_message_types == ["status", "usage_request", "usage_reply"]
    other: Any = Manager(cull_idle_timeout=5)
    end_idle_kernels(other, 7200)
    assert not hasattr(other, "cull_idle_timeout")
