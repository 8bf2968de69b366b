"""Two commands on one tenancy take turns, and who waits is told for whom."""

import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from local.host.locks import turn
from local.paths import State
from local.progress import Report

WAIT_SECONDS = 15.0
HOLDS = """
import sys
from pathlib import Path
from local.paths import State
from local.progress import Report
from local.host.locks import turn
with turn(State(Path(sys.argv[1])), Report(), "up"):
    print("mine", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def heard() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def report(heard: io.StringIO) -> Report:
    return Report(Console(file=heard, soft_wrap=True))


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def _at_work(state: State) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(state.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    return process


def test_alone_nothing_is_said(state: State, report: Report, heard: io.StringIO) -> None:
    with turn(state, report, "up"):
        pass

    with turn(state, report, "down"):
        pass

    assert heard.getvalue() == ""


def test_the_second_waits_for_the_first_and_says_which_it_is(state: State, report: Report, heard: io.StringIO) -> None:
    first, got_it = _at_work(state), threading.Event()

    def second() -> None:
        with turn(state, report, "down"):
            got_it.set()

    waiting = threading.Thread(target=second)
    waiting.start()
    deadline = time.monotonic() + WAIT_SECONDS
    while "Waiting" not in heard.getvalue():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not got_it.wait(0.5)
    first.communicate("")
    assert got_it.wait(WAIT_SECONDS)
    waiting.join()

    assert f"Waiting for make up (process {first.pid}), which is at work on this tenancy" in heard.getvalue()


def test_a_killed_command_holds_nobody_off(state: State, report: Report, heard: io.StringIO) -> None:
    first = _at_work(state)
    first.kill()
    first.communicate()

    with turn(state, report, "up"):
        assert (state.root / "turn").read_text() == f"make up (process {os.getpid()})"

    assert heard.getvalue() == ""
