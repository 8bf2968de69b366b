import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from local.host import orphans

MARK = "TENANCY_TEST_MARK"

Starter = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Starter]:
    started = []

    def start(program: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", program], env={MARK: "here"}, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
IGNORES_SIGTERM = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def test_process_is_found_by_variable_and_value(start: Starter) -> None:
    process = start(SLEEPS)
    assert process.pid in orphans.with_variable(MARK)
    assert process.pid in orphans.with_variable(MARK, "here")
    assert orphans.with_variable(MARK, "her") == []
    assert orphans.with_variable("TENANCY_TEST") == []


def test_process_that_terminates_is_not_killed(start: Starter) -> None:
    process = start(SLEEPS)
    assert orphans.end([process.pid], timeout_seconds=5) == []
    assert process.wait(1) == -15


def test_process_that_ignores_termination_is_killed(start: Starter) -> None:
    process = start(IGNORES_SIGTERM)
    assert orphans.end([process.pid], timeout_seconds=0.3) == []
    assert process.wait(1) == -9


def test_zombie_is_not_alive(start: Starter) -> None:
    process = start(SLEEPS)
    orphans.end([process.pid], timeout_seconds=5)
    os.kill(process.pid, 0)
    assert not orphans.is_alive(process.pid)


def test_unknown_process_is_not_alive() -> None:
    assert not orphans.is_alive(2**22 + 1)
