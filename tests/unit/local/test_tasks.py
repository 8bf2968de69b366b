"""Tasks run in the order of their dependencies, independent ones at the same time."""

import io
import signal
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from local.failure import Failure
from local.host import commands
from local.progress import Report
from local.tasks import Task, run_tasks

WAIT_SECONDS = 15.0


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def report(output: io.StringIO) -> Report:
    return Report(Console(file=output, soft_wrap=True))


def fail() -> None:
    raise Failure("no such package", fix="correct its name")


def test_task_starts_after_those_it_depends_on(report: Report) -> None:
    order: list[str] = []

    def install_tools() -> None:
        time.sleep(0.05)
        order.append("tools")

    tasks = {
        "node": Task(lambda: order.append("node"), after=("tools", "images")),
        "tools": Task(install_tools),
        "images": Task(lambda: order.append("images")),
    }
    run_tasks(report, tasks)
    assert order == ["images", "tools", "node"]


def test_independent_tasks_run_at_the_same_time(report: Report) -> None:
    both = threading.Barrier(2, timeout=WAIT_SECONDS)
    run_tasks(report, {"tools": Task(both.wait), "images": Task(both.wait)})


def test_no_task_starts_after_a_failure(report: Report) -> None:
    started: list[str] = []
    tasks = {"packages": Task(fail), "images": Task(lambda: started.append("images"), after=("packages",))}
    with pytest.raises(Failure, match="no such package"):
        run_tasks(report, tasks)
    assert started == []


def test_task_under_way_finishes_its_step_but_starts_no_other(report: Report, output: io.StringIO) -> None:
    under_way = threading.Event()

    def build_two_images() -> None:
        with report.step("hub"):
            under_way.set()
            while "still under way: images" not in output.getvalue():
                time.sleep(0.01)
        with report.step("proxy"):
            pass

    def fail_later() -> None:
        under_way.wait(WAIT_SECONDS)
        fail()

    with pytest.raises(Failure, match="no such package"):
        run_tasks(report, {"images": Task(build_two_images), "packages": Task(fail_later)})
    assert "✓ hub" in output.getvalue()
    assert "proxy" not in output.getvalue()


def test_failure_interrupts_interruptible_programs(report: Report, output: io.StringIO, tmp_path: Path) -> None:
    log = tmp_path / "build.log"

    def build() -> None:
        with report.step("Building etcd"):
            commands.run(["sleep", "60"], log=log, timeout_seconds=WAIT_SECONDS * 2, interruptible=True)

    def fail_later() -> None:
        while not log.exists():
            time.sleep(0.01)
        fail()

    started = time.monotonic()
    with pytest.raises(Failure, match="no such package"):
        run_tasks(report, {"tools": Task(build), "packages": Task(fail_later)})
    assert time.monotonic() - started < WAIT_SECONDS
    assert "– Building etcd  stopped" in output.getvalue()


def test_interrupt_ends_the_command(report: Report) -> None:
    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)
        time.sleep(0.05)

    never_started: list[str] = []
    tasks = {"tools": Task(interrupt), "node": Task(lambda: never_started.append("node"), after=("tools",))}
    with pytest.raises(KeyboardInterrupt):
        run_tasks(report, tasks)
    assert never_started == []


def test_each_step_is_one_line_in_a_log(report: Report, output: io.StringIO) -> None:
    def image(name: str) -> None:
        with report.step(f"Building image {name}"):
            time.sleep(0.01)

    names = [f"image{number}" for number in range(8)]
    run_tasks(report, {name: Task(lambda name=name: image(name)) for name in names})  # type: ignore[misc]
    lines = output.getvalue().splitlines()
    assert sorted(line.split()[0] for line in lines) == ["…"] * 8 + ["✓"] * 8
    assert all(sum(line.split()[3] == name for line in lines) == 2 for name in names)
