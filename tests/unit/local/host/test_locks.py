"""Commands on one tenancy run one after the other, and one that waits names the one that runs."""

import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from local.host.locks import lock_tenancy
from local.paths import State
from local.progress import Report

WAIT_SECONDS = 15.0
HOLD_LOCK = """
import sys
from pathlib import Path
from local.paths import State
from local.progress import Report
from local.host.locks import lock_tenancy
with lock_tenancy(State(Path(sys.argv[1])), Report(), "up"):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def report(output: io.StringIO) -> Report:
    return Report(Console(file=output, soft_wrap=True))


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def _start_holder(state: State) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, str(state.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


def test_free_lock_prints_nothing(state: State, report: Report, output: io.StringIO) -> None:
    with lock_tenancy(state, report, "up"):
        pass

    with lock_tenancy(state, report, "down"):
        pass

    assert output.getvalue() == ""


def test_second_command_waits_and_names_the_first(state: State, report: Report, output: io.StringIO) -> None:
    first, locked = _start_holder(state), threading.Event()

    def second() -> None:
        with lock_tenancy(state, report, "down"):
            locked.set()

    waiting = threading.Thread(target=second)
    waiting.start()
    deadline = time.monotonic() + WAIT_SECONDS
    while "Waiting" not in output.getvalue():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not locked.wait(0.5)
    first.communicate("")
    assert locked.wait(WAIT_SECONDS)
    waiting.join()

    assert f"Waiting for make up (process {first.pid}), which is changing this tenancy" in output.getvalue()


def test_killed_command_releases_the_lock(state: State, report: Report, output: io.StringIO) -> None:
    first = _start_holder(state)
    first.kill()
    first.communicate()

    with lock_tenancy(state, report, "up"):
        assert (state.root / "command.lock").read_text() == f"make up (process {os.getpid()})"

    assert output.getvalue() == ""
