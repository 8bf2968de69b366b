import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components import programs
from components.programs import (
    Completed,
    InvalidPatience,
    Patience,
    call_program,
    patience_for_log_in,
    without_a_person,
)
from tests.support.waiting import wait_until

UNATTENDED, LONG = 15.0, 300.0


def limits(environment: dict[str, str], *, has_terminal: bool = False) -> tuple[float, float]:
    """Return the limit of a program that has printed nothing, and of one that has."""
    patience = patience_for_log_in(UNATTENDED, environment, has_terminal=has_terminal)
    return patience.limit_seconds(has_printed=False), patience.limit_seconds(has_printed=True)


@pytest.mark.parametrize(
    ("environment", "has_terminal", "expected"),
    [
        ({}, False, (UNATTENDED, LONG)),
        ({}, True, (LONG, LONG)),
        ({"CI": "true"}, False, (UNATTENDED, UNATTENDED)),
        ({"CI": "true"}, True, (UNATTENDED, UNATTENDED)),
        ({"CI": "false"}, False, (UNATTENDED, LONG)),
        ({"CI": ""}, True, (LONG, LONG)),
        ({"PANGEO_LOGIN_SECONDS": "60"}, False, (UNATTENDED, 60)),
        ({"PANGEO_LOGIN_SECONDS": "60", "CI": "true"}, False, (UNATTENDED, 60)),
        ({"PANGEO_LOGIN_SECONDS": "1"}, True, (UNATTENDED, UNATTENDED)),
    ],
)
def test_time_limit_leaves_room_for_a_person(
    environment: dict[str, str], has_terminal: bool, expected: tuple[float, float]
) -> None:
    assert limits(environment, has_terminal=has_terminal) == expected


@pytest.mark.parametrize("value", ["5 minutes", "0", "-1", "inf", "nan"])
def test_invalid_time_for_a_log_in_is_refused(value: str) -> None:
    with pytest.raises(InvalidPatience, match="is not a number of seconds"):
        limits({"PANGEO_LOGIN_SECONDS": value})


def call(script: str, *, patience: Patience | None = None, lines: list[str] | None = None) -> Completed:
    """Run a Python script as the program; its messages are appended to ``lines``."""
    return call_program(
        [sys.executable, "-c", script],
        environment={},
        patience=patience or without_a_person(60),
        waiting="waiting for the script",
        report=([] if lines is None else lines).append,
    )


def test_message_is_passed_on_while_the_program_runs(tmp_path: Path) -> None:
    answered = tmp_path / "answered"
    lines: list[str] = []

    def read(line: str) -> None:
        lines.append(line)
        if "ABCD" in line:
            answered.touch()

    done = call_program(
        [
            sys.executable,
            "-c",
            "import sys, time, pathlib\n"
            "print('open https://login.example and enter ABCD: ', end='', file=sys.stderr, flush=True)\n"
            f"while not pathlib.Path({str(answered)!r}).exists(): time.sleep(0.01)\n"
            "print('thanks', file=sys.stderr); print('token')\n",
        ],
        environment={},
        patience=without_a_person(60),
        waiting="waiting for the script",
        report=read,
    )

    assert (done.exit_code, done.stdout) == (0, b"token\n")
    assert "open https://login.example and enter ABCD:" in lines, "a prompt has no end of line"
    assert lines[-1] == "thanks"


def test_all_messages_are_kept_and_control_characters_escaped() -> None:
    done = call("import sys; sys.stderr.write('one\\x1b[2J\\r\\ntwo\\n'); sys.exit(3)")

    assert done.exit_code == 3
    assert done.messages == "one\\x1b[2J\ntwo"


def test_silent_program_is_stopped_at_the_short_limit() -> None:
    done = call("import time; time.sleep(600)", patience=Patience(0.2, 600, has_terminal=False))

    assert done.exit_code is None
    assert done.limit_seconds == 0.2


def test_program_that_asks_for_a_person_gets_the_long_limit() -> None:
    script = "import sys, time; print('log in', file=sys.stderr, flush=True); time.sleep(600)"
    done = call(script, patience=Patience(60, 0.1, has_terminal=False))

    assert done.exit_code is None, "the limit is the long one, which is the shorter one in this test"
    assert done.messages == "log in"


def test_progress_names_what_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PROGRESS_AFTER_SECONDS", 0.0)
    lines: list[str] = []
    call("import time; time.sleep(600)", patience=without_a_person(5), lines=lines)

    assert lines == ["waiting for the script; at most 5 s, Ctrl-C ends it"]


def test_program_that_leaves_another_one_behind_is_not_waited_for() -> None:
    script = (
        "import subprocess, sys\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(120)']).pid, flush=True)\n"
    )
    began = time.monotonic()
    done = call(script)
    seconds = time.monotonic() - began
    os.kill(int(done.stdout), signal.SIGKILL)

    assert done.exit_code == 0
    assert seconds < 60


def test_large_input_and_output_do_not_block() -> None:
    done = call_program(
        [sys.executable, "-c", "import sys; text = sys.stdin.read(); sys.stderr.write(text); print(text)"],
        environment={},
        patience=without_a_person(60),
        waiting="",
        report=None,
        stdin=b"x" * 1_000_000,
    )

    assert done.stdout == b"x" * 1_000_000 + b"\n"
    assert len(done.messages) == programs.LARGEST_MESSAGE_BYTES


ABANDONED = """
import sys, threading
from components.programs import call_program, without_a_person

def call():
    words = ["bash", "-c", "sleep 600 & echo $! > pid; wait"]
    call_program(words, environment={"PATH": sys.argv[1]}, patience=without_a_person(600), waiting="", report=None)

threading.Thread(target=call, daemon=True).start()
while not open("pid", "a+").tell():
    threading.Event().wait(0.01)
"""


def test_program_of_a_thread_that_was_given_up_ends_with_this_process(tmp_path: Path) -> None:
    variables = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    words = [sys.executable, "-c", ABANDONED, os.environ["PATH"]]
    subprocess.run(words, cwd=tmp_path, env=variables, timeout=60, check=True)

    status = Path("/proc", (tmp_path / "pid").read_text().strip(), "status")
    wait_until(lambda: not status.exists() or "zombie" in status.read_text(), "the program still runs")
