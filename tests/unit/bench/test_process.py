"""A measured command is seen with all below it, and leaves nothing behind however it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.process import RunFailed, timed
from local.paths import PROJECT

HOLDS_MIB = 60
PARENT = f"""
import subprocess, sys
held = b"x" * ({HOLDS_MIB} << 20)
subprocess.run([sys.executable, "-c", 'held = b"x" * ({HOLDS_MIB} << 20); import time; time.sleep(2)', "child"])
"""
SLEEPS = "import subprocess, sys; print(1, flush=True); subprocess.run(['sleep', '{marker}'])"
MEASURES = """
import sys
from pathlib import Path
from bench.process import timed
timed([sys.executable, "-c", sys.argv[1]], cwd=Path.cwd(), variables={})
"""


@pytest.fixture
def marker() -> str:
    """Seconds to sleep that no other process on the machine sleeps, another run of this test among them."""
    return f"70.{os.getpid()}"


def running(marker: str) -> bool:
    return f"sleep\0{marker}\0".encode() in command_lines()


def command_lines() -> Iterator[bytes]:
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        # It may end between the two.
        with contextlib.suppress(OSError):
            yield file.read_bytes()


def ended(marker: str) -> bool:
    deadline = time.monotonic() + 10
    while running(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not running(marker)


def test_memory_is_told_for_each_process_and_for_all_at_one_time(tmp_path: Path) -> None:
    run = timed([sys.executable, "-c", PARENT], cwd=tmp_path, variables={}, memory=True)

    largest = max(run.peak_mib.values())
    assert HOLDS_MIB < largest < 2 * HOLDS_MIB
    assert run.together_mib > 2 * HOLDS_MIB


def test_a_command_that_fails_is_told_with_the_end_of_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="no room") as failed:
        timed([sys.executable, "-c", "print('no room'); raise SystemExit(4)"], cwd=tmp_path, variables={})

    assert failed.value.code == 4


def test_a_command_that_takes_too_long_ends_with_all_that_it_started(tmp_path: Path, marker: str) -> None:
    with pytest.raises(RunFailed, match=r"did not end within 0\.5 s"):
        timed([sys.executable, "-c", SLEEPS.format(marker=marker)], cwd=tmp_path, variables={}, timeout_seconds=0.5)

    assert ended(marker)


def test_an_interrupted_measurement_ends_what_it_measures_first(marker: str) -> None:
    words = [sys.executable, "-c", MEASURES, SLEEPS.format(marker=marker)]
    with subprocess.Popen(words, cwd=PROJECT, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as measuring:
        deadline = time.monotonic() + 20
        while not running(marker):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        measuring.send_signal(signal.SIGINT)
        measuring.communicate(timeout=20)

    assert ended(marker)
