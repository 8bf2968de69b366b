"""The server's process: its log, its signals, and whether it ended before it could answer."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

KEPT_BYTES = 8192
"""Size of the end of the log that is kept to explain a failure."""

LONG_SECONDS = 120
"""Age from which a server has started, also if the extension does not work in it. The hub waits no longer."""

ADDRESS = "JUPYTERHUB_SERVICE_URL"
"""Variable with the address at which the server answers."""

CONNECT_SECONDS = 2.0


@dataclass(frozen=True)
class Ending:
    """The end of a server's process."""

    exit_code: int
    was_ready: bool
    was_asked: bool
    """Whether a signal from outside ended it."""
    log: str

    @property
    def is_failed_start(self) -> bool:
        """Return whether the server ended by itself before it could answer."""
        return not self.was_ready and not self.was_asked


class Supervisor:
    """Runs servers, one after the other, and passes signals to them."""

    SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)

    def __init__(self) -> None:
        self._child = 0
        self._asked = False
        for number in self.SIGNALS:
            signal.signal(number, self._forward)

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        self._asked = self._asked or number not in (signal.SIGUSR1, signal.SIGUSR2)
        if self._child:
            _send(self._child, number)

    def run(self, command: list[str], environment: Mapping[str, str], ready: Path, limit: int = 0) -> Ending:
        """Run a server until it ends; end it if it is not ready after ``limit`` seconds (0: no limit)."""
        ready.unlink(missing_ok=True)
        began = time.monotonic()
        reading, writing = os.pipe()
        end = bytearray()
        self._child = os.posix_spawn(
            command[0],
            command,
            dict(environment),
            file_actions=[(os.POSIX_SPAWN_DUP2, writing, 2), (os.POSIX_SPAWN_CLOSE, writing)],
            setsigdef=self.SIGNALS,
        )
        os.close(writing)
        if self._asked:
            _send(self._child, signal.SIGTERM)
        relay = threading.Thread(target=_relay, args=(reading, end, ready), daemon=True)
        relay.start()

        def give_up(_number: int, _frame: FrameType | None) -> None:
            if not ready.exists() and not listens(environment.get(ADDRESS, "")):
                _send(self._child, signal.SIGKILL)

        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(limit)
        while True:
            ended, status = os.wait()  # also of orphans, if this is the container's first process
            if ended == self._child:
                break
        signal.alarm(0)
        self._child = 0
        relay.join(1)
        code = os.waitstatus_to_exitcode(status)
        was_ready = ready.exists() or time.monotonic() - began >= LONG_SECONDS
        return Ending(code, was_ready, self._asked, bytes(end).decode("utf-8", "replace"))


def listens(url: str) -> bool:
    """Return whether a server without the extension accepts connections. It does not before it has started."""
    try:
        port = urlsplit(url).port
        with socket.create_connection(("127.0.0.1", port or 0), CONNECT_SECONDS):
            return True
    except (OSError, ValueError):
        return False


def _send(process: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)


def _relay(reading: int, end: bytearray, ready: Path) -> None:
    """Copy the server's log to this process's own, and keep its end until the server is ready."""
    is_ready = False
    while True:
        try:
            block = os.read(reading, 65536)
        except OSError:
            return
        if not block:
            return
        if not is_ready:
            end += block
            del end[:-KEPT_BYTES]
            is_ready = ready.exists()
        try:
            sys.stderr.buffer.write(block)
            sys.stderr.buffer.flush()
        except OSError:
            pass


def explain(log: str) -> str:
    """Return the line of a log that most likely names the cause: the last line of the last traceback, or the last."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.split(":")[0].rsplit(".", 1)[-1].endswith(("Error", "Exception", "Exit"))]
    return (errors or lines or [""])[-1]
