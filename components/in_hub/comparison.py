"""Periodic comparison of the hub's users with the directory. A comparison that fails changes nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from logging import Logger

FIRST_SECONDS = 30.0
"""Time from the hub's start to the first comparison, in which the hub checks the servers of its database."""

Compare = Callable[[], Awaitable[Mapping[str, str]]]
"""Returns the users that are not admitted any more, with the reason; raises an exception if it cannot tell."""

EndAccess = Callable[[str, str, float], Awaitable[None]]
"""Ends the access of a user, for a reason, unless the user logged in after a time."""


class Comparison:
    """Runs at intervals; in between, requests run it if it is overdue."""

    def __init__(self, compare: Compare, end_access: EndAccess, interval_seconds: float, log: Logger) -> None:
        self._compare = compare
        self._end_access = end_access
        self._interval_seconds = interval_seconds
        self._log = log
        self._due = time.monotonic() + min(FIRST_SECONDS, interval_seconds)
        self._succeeded = time.time()
        self._running = asyncio.Lock()

    async def run_for_ever(self) -> None:
        """Compare at each interval."""
        while True:
            await asyncio.sleep(max(0.1, self._due - time.monotonic()))
            await self.run_if_due()

    async def run_if_due(self) -> None:
        """Compare if the last attempt is older than the interval. Never raises an exception."""
        if time.monotonic() < self._due or self._running.locked():
            return
        async with self._running:
            self._due = time.monotonic() + self._interval_seconds
            started = time.time()
            try:
                refused = await self._compare()
            except Exception as error:  # also an unforeseen one: users must not lose their access by a mistake
                self._log.error(
                    "users were not compared with the directory, nobody's access was ended: %s; the last comparison "
                    "was %d minutes ago",
                    f"{error}" or type(error).__name__,
                    (started - self._succeeded) / 60,
                )
                return
            self._succeeded = started
            for user, reason in refused.items():
                try:
                    await self._end_access(user, reason, started)
                except Exception:
                    self._log.exception("the access of %s was not ended; the next comparison tries again", user)
