"""Memory of failing servers, so that a server that does not answer does not delay every log-in."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from components.freeipa.errors import Unreachable
from components.freeipa.settings import ServerAddress

PAUSE_SECONDS = 60.0
"""Time for which a server that failed is used only after all others. Then one log-in tries it again."""


class ServerHealth:
    """Servers that failed within the last minute. May be used by several threads."""

    def __init__(
        self,
        pause_seconds: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        report: Callable[[str], None] = lambda message: None,
    ) -> None:
        """Begin with no failures.

        Args:
            pause_seconds: how long a failing server is postponed.
            clock: returns a time in seconds.
            report: receives a message when a server begins to fail, and when it answers again.
        """
        self._pause_seconds = pause_seconds
        self._clock = clock
        self._report = report
        self._retry_times: dict[ServerAddress, float] = {}
        self._lock = threading.Lock()

    def candidates(self, servers: Sequence[ServerAddress]) -> Iterator[ServerAddress]:
        """Yield the servers to try: first those in order that did not fail lately, then the others.

        So all are tried if all have failed. After its pause, a failing server has its usual place again, for one
        caller in each pause: the others do not wait for it too.
        """
        postponed = []
        for server in servers:
            if self._is_usable(server):
                yield server
            else:
                postponed.append(server)
        yield from postponed

    def record_failure(self, server: ServerAddress, failure: Unreachable) -> None:
        """Postpone the server from now on."""
        with self._lock:
            is_new = server not in self._retry_times
            self._retry_times[server] = self._clock() + self._pause_seconds
        if is_new:
            self._report(f"{server} is used only if no other server answers, until it answers again: {failure}")

    def record_answer(self, server: ServerAddress) -> None:
        """Use the server in its usual place again."""
        with self._lock:
            had_failed = self._retry_times.pop(server, None) is not None
        if had_failed:
            self._report(f"{server} answers again")

    def _is_usable(self, server: ServerAddress) -> bool:
        with self._lock:
            retry_time, now = self._retry_times.get(server), self._clock()
            if retry_time is None:
                return True
            if now < retry_time:
                return False
            self._retry_times[server] = now + self._pause_seconds
            return True
