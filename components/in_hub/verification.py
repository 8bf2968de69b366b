"""The lease of the operator's command ``verify``: its user exists only while the command renews the lease.

The user is no person: it has no account in the directory, nobody can log in with its name, and it has no group. When
the lease ends, or is not renewed, the hub removes the user with its server, Dask clusters and home. A lease does not
outlast a restart of the hub, which then removes what is left.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from logging import Logger
from typing import TypeVar

from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.revocation import Revocation
from components.in_hub.user_objects import UserObjects

LEASE_SECONDS = 60.0
"""Time after which a lease that was not renewed has ended."""

LOOK_SECONDS = 10.0
"""Interval at which the hub looks for a lease that has ended."""

TOKEN_SECONDS = 3600
"""Validity of the user's token; the end of the lease ends it before."""

SCOPES = ("read:servers!user", "servers!user", "access:servers!user")
"""Permissions of the token: to start, stop and open the server of its own user."""

T = TypeVar("T")


@dataclass(frozen=True)
class Lease:
    """A lease of one run of the command."""

    id: str
    renewed: float
    """Time of its last renewal, by the clock of :class:`Verification`."""


class Busy(Exception):
    """Another run has the lease, or something of it is still there."""

    def __init__(self, *, renewed_seconds: float | None = None, remains: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.renewed_seconds = renewed_seconds
        """Seconds since the other run renewed its lease; None if there is no lease."""
        self.remains = remains
        """Server, home and Dask clusters that are being removed."""


class Verification:
    """The lease, and the user that depends on it."""

    def __init__(
        self,
        revocation: Revocation,
        objects: Callable[[], UserObjects | None],
        log: Logger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin without a lease.

        Args:
            revocation: ends servers, tokens and Dask clusters of users.
            objects: returns the access to the hub's namespace; None where the hub does not run in Kubernetes.
            log: the hub's log.
            clock: gives the time in seconds.
        """
        self._hub = revocation.hub
        self._revocation = revocation
        self._objects = objects
        self._log = log
        self._clock = clock
        self._lease: Lease | None = None
        # Nothing of a verification is left. After a restart of the hub, this is not known.
        self._is_clean = False
        # The last problem of a removal, which is logged once.
        self._problem = ""
        self._changing = asyncio.Lock()

    def is_current(self) -> bool:
        """Return whether there is a lease that has not ended."""
        return self._lease is not None and self._clock() - self._lease.renewed < LEASE_SECONDS

    async def begin(self, lease: str, prepare: Callable[[str], T]) -> T:
        """Begin a lease, and return what was prepared for it. If that fails, there is no lease.

        Args:
            lease: the id that the command has chosen.
            prepare: creates a user of the hub without a log-in, given its name.

        Raises:
            Busy: another run has the lease, or something of one is still there; it is being removed.
        """
        async with self._changing:
            if self._lease is not None and self.is_current():
                raise Busy(renewed_seconds=self._clock() - self._lease.renewed)
            if remains := await self._remove():
                raise Busy(remains=remains)
            self._is_clean = False
            prepared = prepare(VERIFICATION_USER)
            self._lease = Lease(lease, self._clock())
            return prepared

    def renew(self, lease: str) -> bool:
        """Renew the lease; return False if it has ended or is another run's."""
        if self._lease is None or self._lease.id != lease or not self.is_current():
            return False
        self._lease = Lease(lease, self._clock())
        return True

    async def end(self, lease: str) -> tuple[str, ...]:
        """End the lease and return what is still there. Repeat it until that is nothing.

        Raises:
            Busy: the lease is another run's.
        """
        async with self._changing:
            if self._lease is not None and self._lease.id != lease and self.is_current():
                raise Busy(renewed_seconds=self._clock() - self._lease.renewed)
            return await self._remove()

    async def run_for_ever(self) -> None:
        """Remove what is left of a lease that has ended."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.remove_leftovers()

    async def remove_leftovers(self) -> None:
        """Remove what is left, unless there is a lease. Never raises an exception."""
        async with self._changing:
            if self._is_clean or self.is_current():
                return
            try:
                remains, problem = await self._remove(), ""
            except Exception as error:  # the next look tries again
                remains, problem = (), f"{error}" or type(error).__name__
            if problem and problem != self._problem:
                self._log.error("what is left of a verification was not removed: %s", problem)
            if remains:
                self._log.info("removing what is left of a verification: %s", ", ".join(remains))
            self._problem = problem

    async def _remove(self) -> tuple[str, ...]:
        """Remove the user and all that it has; return what is still there, because it takes a while to end."""
        self._lease = None
        remaining = await self._revocation.end_access(VERIFICATION_USER, keep_server=False)
        if remaining.problem:
            raise ConnectionError(f"Kubernetes does not end its Dask clusters: {remaining.problem}")
        found = [*("server" for _ in remaining.servers), *(f"Dask cluster {each}" for each in remaining.clusters)]
        objects = self._objects()
        if objects is not None and not remaining.servers:
            found += await objects.delete_server_and_home(VERIFICATION_USER)
        user = self._hub.users.get(VERIFICATION_USER)
        if user is not None and not found:
            await user.delete_spawners()
            self._hub.users.delete(user)
        self._is_clean = not found
        return tuple(found)
