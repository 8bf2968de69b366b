"""Other programs: their messages are passed on while they run, and their time limit leaves room for a person.

A program such as kubectl may call a log-in program that prints an address and a code, or opens a browser, and waits.
"""

import atexit
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from components.escape import escape_lines

LOG_IN_VARIABLE = "PANGEO_LOGIN_SECONDS"
"""Environment variable: time in seconds that a person has for a log-in."""

LOG_IN_SECONDS = 300.0
"""Default of that variable."""

CI_VARIABLE = "CI"
"""Environment variable that CI systems set: nobody can log in there."""

PROGRESS_AFTER_SECONDS = 3.0
"""Time after which it is reported what is waited for."""

INCOMPLETE_LINE_SECONDS = 0.3
"""Time after which a line without an end, such as a prompt, is passed on."""

GRACE_SECONDS = 5.0
"""Time that a program has to end after it was asked to, before it is killed."""

LARGEST_MESSAGE_BYTES = 64 * 1024
"""Limit of the messages that are kept for an error; the last ones are kept."""

_sessions: "set[subprocess.Popen[bytes]]" = set()
"""Programs that run in a session of their own, so that they end with this process: see :func:`_end_sessions`."""

_POLL_SECONDS = 0.1
_CHUNK_BYTES = 64 * 1024


class InvalidPatience(Exception):
    """``PANGEO_LOGIN_SECONDS`` is not a number of seconds."""


@dataclass(frozen=True)
class Patience:
    """Time limits of a program, in seconds."""

    unattended_seconds: float
    """Limit if there is no sign of a person."""
    attended_seconds: float
    """Limit if there is a terminal, or if the program has printed a message that a person may be reading."""
    has_terminal: bool

    def limit_seconds(self, *, has_printed: bool) -> float:
        """Return the time that the program may run."""
        return self.attended_seconds if self.has_terminal or has_printed else self.unattended_seconds


def without_a_person(seconds: float) -> Patience:
    """Return the limit of a program that waits for nobody."""
    return Patience(seconds, seconds, has_terminal=False)


def patience_for_log_in(unattended_seconds: float, environment: Mapping[str, str], *, has_terminal: bool) -> Patience:
    """Return the time limits of a program that may have to log a person in.

    Args:
        unattended_seconds: the limit where nobody can log in, as in a CI system.
        environment: variables, of which ``PANGEO_LOGIN_SECONDS`` and ``CI`` are read.
        has_terminal: whether a person sees the program's messages.

    Raises:
        InvalidPatience: ``PANGEO_LOGIN_SECONDS`` is not a number of seconds.
    """
    given = environment.get(LOG_IN_VARIABLE, "")
    if given:
        return Patience(unattended_seconds, max(unattended_seconds, _seconds(given)), has_terminal)
    if environment.get(CI_VARIABLE, "").lower() not in ("", "0", "false"):
        return without_a_person(unattended_seconds)
    return Patience(unattended_seconds, max(unattended_seconds, LOG_IN_SECONDS), has_terminal)


@dataclass(frozen=True)
class Completed:
    """A program that has ended."""

    exit_code: int | None
    """None if it was stopped at its time limit."""
    stdout: bytes
    messages: str
    """Its standard error without the blank space around it; control characters are escaped, line breaks are kept."""
    limit_seconds: float
    """The time limit at its end."""


def call_program(
    words: Sequence[str],
    *,
    environment: Mapping[str, str],
    patience: Patience,
    waiting: str,
    report: Callable[[str], None] | None,
    passes_messages: bool = True,
    terminal: bool = False,
    stdin: bytes | None = None,
    running: "set[subprocess.Popen[bytes]] | None" = None,
    grace_seconds: float = GRACE_SECONDS,
) -> Completed:
    """Run a program to its end.

    Args:
        words: the program and its arguments.
        environment: all its environment variables.
        patience: its time limits.
        waiting: what is waited for, to be reported once after ``PROGRESS_AFTER_SECONDS``.
        report: receives each line of the program's standard error as soon as it is complete, and the progress; None
            receives nothing.
        passes_messages: whether ``report`` receives the program's lines too, and not only the progress.
        terminal: whether the program gets this process's standard input, and Ctrl-C together with this process.
        stdin: is written to its standard input.
        running: contains the process while it runs, so that another thread can end it.
        grace_seconds: time that it has to end after it was asked to, before it is killed.

    Raises:
        OSError: the program cannot be started.
    """
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE if stdin is not None else None if terminal else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        # With a session of its own, the programs that it has started can be ended too.
        start_new_session=not terminal,
    )
    running = set() if running is None else running
    running.add(process)
    if not terminal:
        _sessions.add(process)
    try:
        if stdin is not None:
            threading.Thread(target=_write, args=(process, stdin), daemon=True).start()
        progress = report or _ignore
        return _attend(process, patience, waiting, progress if passes_messages else _ignore, progress)
    finally:
        running.discard(process)
        _end(process, grace_seconds, whole_session=not terminal)
        _sessions.discard(process)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def report_on_stderr(line: str) -> None:
    """Print a line on standard error at once."""
    print(line, file=sys.stderr, flush=True)


def is_attended() -> bool:
    """Return whether a person sees this process's messages and can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


class _Lines:
    """Passes text on in lines; an incomplete line is passed on after a pause."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._rest = b""
        self._since = 0.0

    def add(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self._since = time.monotonic()
        for line in lines:
            self._pass_on(line)

    def flush(self, after_seconds: float = 0) -> None:
        if self._rest and time.monotonic() - self._since >= after_seconds:
            self._pass_on(self._rest)
            self._rest = b""

    def _pass_on(self, line: bytes) -> None:
        if text := escape_lines(line.decode(errors="replace").strip()):
            self._report(text)


def _attend(
    process: "subprocess.Popen[bytes]",
    patience: Patience,
    waiting: str,
    report_message: Callable[[str], None],
    report: Callable[[str], None],
) -> Completed:
    stdout, messages, lines = bytearray(), bytearray(), _Lines(report_message)
    began, is_reported, exit_code = time.monotonic(), False, None
    with selectors.DefaultSelector() as selector:
        for stream, target in ((process.stdout, stdout), (process.stderr, messages)):
            if stream:
                selector.register(stream, selectors.EVENT_READ, target)
        while selector.get_map():
            ready = selector.select(_POLL_SECONDS)
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK_BYTES)
                if not chunk:
                    selector.unregister(key.fileobj)
                key.data.extend(chunk)
                if key.data is messages:
                    lines.add(chunk)
                    del messages[:-LARGEST_MESSAGE_BYTES]
            if not ready and process.poll() is not None:
                break  # a program that it has started still holds its output
            lines.flush(INCOMPLETE_LINE_SECONDS)
            elapsed, limit = time.monotonic() - began, patience.limit_seconds(has_printed=bool(messages))
            if elapsed > limit:
                break
            if elapsed > PROGRESS_AFTER_SECONDS and not is_reported:
                report(f"{waiting}; at most {limit:g} s, Ctrl-C ends it")
                is_reported = True
    limit = patience.limit_seconds(has_printed=bool(messages))
    with suppress(subprocess.TimeoutExpired):
        exit_code = process.wait(max(0.0, limit - (time.monotonic() - began)))
    lines.flush()
    return Completed(exit_code, bytes(stdout), escape_lines(messages.decode(errors="replace").strip()), limit)


def _write(process: "subprocess.Popen[bytes]", text: bytes) -> None:
    with suppress(OSError, ValueError):  # the program ended early; its exit code and message give the reason
        if process.stdin:
            process.stdin.write(text)
            process.stdin.close()


def _end(process: "subprocess.Popen[bytes]", grace_seconds: float, *, whole_session: bool) -> None:
    """Ask a program that still runs to end, and kill it if it does not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number) if whole_session else process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)


@atexit.register
def _end_sessions() -> None:
    """Kill the programs of threads that were given up: a log-in program would wait for a person forever."""
    for process in tuple(_sessions):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 < seconds < float("inf"):
        raise InvalidPatience(f"{LOG_IN_VARIABLE} {escape_lines(text)} is not a number of seconds; write e.g. 300")
    return seconds


def _ignore(_line: str) -> None:
    pass
