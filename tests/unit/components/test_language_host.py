"""The end of the program in a process of the language host."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pulumi
import pytest

from components.language_host import REASON_WAS_SHOWN, run_quietly

SECONDS = 60.0
PROGRAM = """
import pulumi
from components.language_host import run_quietly

def program():
    print("begins", flush=True)
    {body}

run_quietly(program)
"""
WAIT = "import threading; threading.Event().wait()"


def start(body: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_interrupted_program_ends_without_a_traceback() -> None:
    with start(WAIT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=SECONDS)

    assert errors == ""
    assert process.returncode == REASON_WAS_SHOWN


def test_refusal_is_logged_and_nothing_else_is_printed() -> None:
    with start("raise pulumi.RunError('externalIp: is missing')") as process:
        _, errors = process.communicate(timeout=SECONDS)

    assert errors == "error: externalIp: is missing\n"
    assert process.returncode == REASON_WAS_SHOWN


def test_other_errors_keep_their_traceback() -> None:
    with start("raise KeyError('unexpected')") as process:
        _, errors = process.communicate(timeout=SECONDS)

    assert "Traceback" in errors
    assert "KeyError: 'unexpected'" in errors
    assert process.returncode == 1


def refuse() -> None:
    raise pulumi.RunError("externalIp: is missing")


def test_inline_program_changes_nothing_in_its_process() -> None:
    before = signal.getsignal(signal.SIGINT)
    caught = run_in_thread(lambda: run_quietly(refuse))

    assert [type(error) for error in caught] == [pulumi.RunError]
    assert signal.getsignal(signal.SIGINT) is before


def run_in_thread(program: Callable[[], None]) -> list[BaseException]:
    caught: list[BaseException] = []

    def run() -> None:
        with pytest.raises(BaseException) as raised:  # noqa: PT011 - the caller compares the type
            program()
        caught.append(raised.value)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(SECONDS)
    return caught
