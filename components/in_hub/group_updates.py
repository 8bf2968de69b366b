"""The hub's groups of its users, which follow the directory. JupyterHub itself sets them at a log-in.

Without an answer of the directory, users keep the groups that were read last.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from logging import Logger
from typing import Any

from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.directory_reader import Users
from components.in_hub.group_names import hub_groups
from components.in_hub.user_id import STATE_KEY

FORMER_GROUPS = "groups"
"""Key of ``auth_state`` of a version before 0.5: names of those of the user's groups that its configuration used."""

START_SECONDS = 10.0
"""Time that the start of a server waits for the directory."""

Read = Callable[[Users], Awaitable[Mapping[str, Collection[str]]]]
"""Returns the present groups of users; raises an exception if it cannot tell."""

HasLogIn = Callable[[str, Mapping[str, Any]], bool]


class GroupUpdates:
    """Changes of the groups of one hub's users."""

    def __init__(self, hub: Any, read: Read | None, log: Logger) -> None:  # noqa: ANN401 - JupyterHub has no types
        """Begin without changes.

        Args:
            hub: the application ``JupyterHub``.
            read: reads the groups; None if the hub has no account for that.
            log: the hub's log.
        """
        self._hub = hub
        self._read = read
        self._log = log
        self._read_times: dict[str, float] = {}
        self._adoption: asyncio.Task[None] | None = None
        self._update: asyncio.Task[None] | None = None

    def begin(self, users: Collection[str], has_log_in: HasLogIn) -> None:
        """Adopt the groups of log-ins with a version before 0.5, when the hub starts. Needs a running event loop.

        Args:
            users: names of all users.
            has_log_in: returns whether a user's ``auth_state`` is that of a valid log-in.
        """
        self._adoption = asyncio.get_running_loop().create_task(self._adopt_former_groups(users, has_log_in))

    def note_log_in(self, user: str, began: float) -> None:
        """Note that a log-in has read the user's groups: a comparison that began before must not replace them."""
        self._read_times[user] = max(began, self._read_times.get(user, 0))

    async def update_for_start(self, user: Any) -> None:  # noqa: ANN401 - JupyterHub has no types
        """Read the groups of a user whose server is going to start. If that fails, the user keeps the known ones."""
        if self._adoption is not None:
            await asyncio.wait([self._adoption])
        if self._read is None or user.name == VERIFICATION_USER:
            return
        began = time.time()
        state = await user.get_auth_state() or {}
        try:
            found = await asyncio.wait_for(self._read({user.name: state.get(STATE_KEY)}), START_SECONDS)
        except Exception as error:  # also an unforeseen one: the start goes on
            reason = f"{error}" or type(error).__name__
            self._log.error("a server of %s starts with the known groups, which were not read: %s", user.name, reason)
            return
        if user.name in found:
            self._apply(user, found[user.name], began)

    def update_later(self, users: Users) -> None:
        """Read the groups of all these users in the background, unless an earlier such reading has not ended yet."""
        if self._read is not None and users and (self._update is None or self._update.done()):
            self._update = asyncio.get_running_loop().create_task(self._update_all(self._read, users))

    async def _update_all(self, read: Read, users: Users) -> None:
        began = time.time()
        try:
            found = await read(users)
        except Exception as error:  # also an unforeseen one: users must not lose groups by a mistake
            self._log.error("the groups of users were not read: %s", f"{error}" or type(error).__name__)
            return
        for name, groups in found.items():
            if (user := self._hub.users.get(name)) is not None:
                self._apply(user, groups, began)

    def _apply(self, user: Any, groups: Collection[str], began: float) -> None:  # noqa: ANN401 - untyped
        if began >= self._read_times.get(user.name, 0):
            self._read_times[user.name] = began
            user.sync_groups(groups)

    async def _adopt_former_groups(self, users: Collection[str], has_log_in: HasLogIn) -> None:
        for name in users:
            try:
                user = self._hub.users.get(name)
                state = (await user.get_auth_state() if user else None) or {}
                names = state.get(FORMER_GROUPS)
                if isinstance(names, list) and has_log_in(name, state) and name not in self._read_times:
                    user.sync_groups(hub_groups(names, named=names))
            except Exception:
                self._log.exception("the groups of %s at the last log-in were not found", name)
