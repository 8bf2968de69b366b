"""End of a user's access: log-in, tokens, sessions, servers and Dask clusters. No file and no user is deleted."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging import Logger
from typing import Any

from jupyterhub import orm  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.dask_clusters import ClustersUnreachable, DaskClusters
from components.in_hub.log_in_time import is_recent
from components.in_hub.server_stop import stop_server
from components.in_hub.user_id import STATE_KEY
from components.in_hub.user_objects import hub_objects

LOGGED_IN = "logged_in"
"""Key of ``auth_state``: time of the log-in, in seconds since 1970; 0 after the end of the access."""

KEEPS_SERVER = "keeps_server"
"""Key of ``auth_state``: whether the running server was to go on after the end of the access."""

DELETION_SECONDS = 10.0
"""Time for the servers of a deleted user to stop; JupyterHub itself waits as long for the default server."""

POLL_SECONDS = 0.2

RECENT_SECONDS = 60.0
"""Age of a log-in that a comparison leaves alone: another replica may not know yet that the user was added."""


@dataclass(frozen=True)
class Remaining:
    """What of a user's access has not ended yet."""

    servers: tuple[str, ...] = ()
    """Names of servers that run, start or stop; the default server's name is empty."""
    clusters: tuple[str, ...] = ()
    """Names of Dask clusters that have not ended."""
    problem: str = ""
    """Reason why the clusters are not known; empty if they are."""
    visited: tuple[str, ...] = ()
    """Other users whose running servers the user had opened; pages that are still open there may go on."""


@dataclass
class Revocation:
    """Ends the access of users of one hub."""

    hub: Any
    """The application ``JupyterHub``."""
    clusters: DaskClusters
    log: Logger
    _ended: dict[str, float] = field(default_factory=dict)
    _stopping: set["asyncio.Task[None]"] = field(default_factory=set)

    def is_ended(self, user: str, logged_in: float) -> bool:
        """Return whether the user's access was ended after the beginning of a log-in, which may not be saved yet."""
        return logged_in <= self._ended.get(user, 0)

    async def list_users_with_access(self) -> dict[str, str | None]:
        """Return the users that have a log-in, a token, a server or a Dask cluster.

        Each has the ``ipaUniqueID`` of the account that it belongs to; None if it is not known.
        """
        found, ids = set(), {}
        for user in self._users():
            name, is_used = user.name, bool(user.active or user.api_tokens)
            state = await user.get_auth_state() or {}
            ids[name] = state.get(STATE_KEY)
            if is_used or state.get(LOGGED_IN):
                found.add(name)
        try:
            found |= set(await self.clusters.running())
        except ClustersUnreachable as failure:
            self.log.error("the Dask clusters were not compared with the directory: %s", failure)
        # The user of a verification is no person, so the directory knows nothing about it.
        return {name: ids.get(name) for name in sorted(found - {VERIFICATION_USER})}

    async def end_access(self, name: str, *, keep_server: bool) -> Remaining:
        """End the access of a user, and return what has not ended yet: servers and clusters take a while to stop.

        Args:
            name: the user's name; the hub need not know the user.
            keep_server: let running servers and Dask clusters go on; the servers' own tokens keep working.
        """
        # First the log-in: without it, no other credential is accepted and no server starts.
        self._ended[name] = time.time()
        user = self.hub.users.get(name)
        if user is None:
            return await self._remaining(name, (), (), keep_server=keep_server)
        state = await user.get_auth_state()
        if state:
            await user.save_auth_state({**state, LOGGED_IN: 0, KEEPS_SERVER: keep_server})
        visited = self._find_visited(user)
        self._delete_credentials(user, keep_server=keep_server)
        if not keep_server:
            for name, spawner in list(user.spawners.items()):
                if spawner.active and spawner.pending != "stop":
                    self._stop_later(user, name)
        servers = tuple(name for name, spawner in user.spawners.items() if spawner.active)
        return await self._remaining(user.name, servers, visited, keep_server=keep_server)

    async def end_account(self, name: str, unique_id: str | None, *, keep_server: bool) -> Remaining:
        """End the access of a user, also of the hub's users that the same account had under other names.

        Args:
            name: the user's present name.
            unique_id: the account's ``ipaUniqueID``; None if it is not known.
            keep_server: let running servers and Dask clusters go on.
        """
        names = {name}
        for user in self._users() if unique_id else ():
            known = user.name
            if (await user.get_auth_state() or {}).get(STATE_KEY) == unique_id:
                names.add(known)
        found = [await self.end_access(each, keep_server=keep_server) for each in sorted(names)]
        for each in sorted(names):
            await self._record_absence(each)
        return Remaining(
            servers=tuple(server for each in found for server in each.servers),
            clusters=tuple(cluster for each in found for cluster in each.clusters),
            problem=next((each.problem for each in found if each.problem), ""),
            visited=tuple(sorted({visited for each in found for visited in each.visited})),
        )

    async def void_late_log_in(self, user: Any) -> bool:  # noqa: ANN401 - untyped
        """Return whether a log-in that is saved began before the end of the access, and end it in the database too."""
        state = await user.get_auth_state() or {}
        if not self.is_ended(user.name, float(state.get(LOGGED_IN, 0))):
            return False
        await user.save_auth_state({**state, LOGGED_IN: 0})
        return True

    async def end_deleted(self, user: Any) -> str:  # noqa: ANN401 - untyped
        """End the access of a user who is going to be deleted; return why the user cannot be deleted yet, or nothing.

        Servers and Dask clusters of a deleted user would go on unseen.
        """
        remaining = await self.end_access(user.name, keep_server=False)
        if remaining.problem:
            return f"The Dask clusters of {user.name} were not ended ({remaining.problem}). Try again in a few minutes."
        end = time.monotonic() + DELETION_SECONDS
        while user.active:
            if time.monotonic() > end:
                return f"The servers of {user.name} are stopping. Delete the user in a minute."
            await asyncio.sleep(POLL_SECONDS)
        return ""

    async def end_removed(self, name: str, reason: str, compared: float) -> None:
        """End the access of a user that a comparison with the directory found to be removed.

        Args:
            name: the user's name.
            reason: the reason, for the log.
            compared: time at which the comparison began.
        """
        user = self.hub.users.get(name)
        state = (await user.get_auth_state() if user else None) or {}
        logged_in = float(state.get(LOGGED_IN, 0))
        if is_recent(logged_in, compared, time.time(), RECENT_SECONDS):
            return
        keeps_server = not logged_in and bool(state.get(KEEPS_SERVER))
        if not keeps_server:
            self.log.warning("the access of %s ends: %s", name, reason)
        remaining = await self.end_access(name, keep_server=keeps_server)
        await self._record_absence(name)
        if remaining.problem:
            self.log.error("the Dask clusters of %s were not ended: %s", name, remaining.problem)
        if remaining.visited:
            visited = ", ".join(remaining.visited)
            self.log.warning("%s had opened the servers of %s; pages that are open there may go on", name, visited)

    def _users(self) -> Iterator[Any]:
        """Yield the hub's users, except those that are deleted before their turn.

        The hub must not be asked for a deleted user's row: it would keep it and, as a database gives the number of a
        deleted user again, take it for a later user.
        """
        for (number,) in self.hub.db.query(orm.User.id).all():
            if (user := self.hub.users.get(number)) is not None:
                yield user

    async def _record_absence(self, name: str) -> None:
        """Record the time on the user's homes, for ``members list`` and ``status``."""
        try:
            if objects := hub_objects(self.hub.config.KubeSpawner):
                await objects.record_absence(name, datetime.now(UTC).isoformat(timespec="seconds"))
        except Exception as error:  # the record is for the operator's commands only
            self.log.warning("the end of the access of %s was not recorded on the home: %s", name, error)

    def _find_visited(self, user: Any) -> tuple[str, ...]:  # noqa: ANN401 - untyped
        found = set()
        for token in user.orm_user.api_tokens:
            spawner = token.oauth_client.spawner if token.oauth_client else None
            if spawner is not None and spawner.server is not None and spawner.user is not user.orm_user:
                found.add(spawner.user.name)
        return tuple(sorted(found))

    def _delete_credentials(self, user: Any, *, keep_server: bool) -> None:  # noqa: ANN401 - untyped
        database = self.hub.db
        kept = self._server_tokens(user) if keep_server else set()
        for token in list(user.orm_user.api_tokens):
            if token.id not in kept:
                database.delete(token)
        database.query(orm.OAuthCode).filter(orm.OAuthCode.user_id == user.orm_user.id).delete()
        database.query(orm.Share).filter(orm.Share.user_id == user.orm_user.id).delete()
        # The hub's cookies contain this identifier.
        user.orm_user.cookie_id = orm.new_token()
        database.commit()

    def _server_tokens(self, user: Any) -> set[int]:  # noqa: ANN401 - untyped
        """Return the database's ids of the tokens of running servers.

        After a restart, the hub does not have the tokens themselves. Tokens with the same note are then kept too;
        that one of them is not a server's is found out when it is used.
        """
        kept = set()
        for spawner in user.spawners.values():
            if spawner.active:
                known = orm.APIToken.find(self.hub.db, spawner.api_token) if spawner.api_token else None
                url = spawner.server.base_url if spawner.server else None
                notes = {f"Server at {url}"} if known is None and url else set()
                kept |= {token.id for token in user.orm_user.api_tokens if token is known or token.note in notes}
        return kept

    def _stop_later(self, user: Any, name: str) -> None:  # noqa: ANN401 - untyped
        stop = stop_server(self.hub, user, name, self.log, "the user's access has ended")
        task = asyncio.get_running_loop().create_task(stop)
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _remaining(
        self, user: str, servers: tuple[str, ...], visited: tuple[str, ...], *, keep_server: bool
    ) -> Remaining:
        if keep_server:
            return Remaining(servers, visited=visited)
        try:
            return Remaining(servers, tuple(await self.clusters.end(user)), visited=visited)
        except ClustersUnreachable as failure:
            return Remaining(servers, problem=str(failure), visited=visited)
