"""The account that may only read, which compares the hub's users with the directory and reads their groups."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from components.freeipa.server_health import ServerHealth
from components.freeipa.session import open_session
from components.freeipa.settings import Directory
from components.in_hub.current_groups import read_groups
from components.in_hub.removed_users import find_refused
from components.in_hub.statement import Statement

Users = Mapping[str, str | None]
"""Users' names to the ``ipaUniqueID`` of the account that the hub knows, or None."""


@dataclass(frozen=True)
class DirectoryReader:
    """Log-in with that account; each method is one session with the directory, for a thread of its own."""

    directory: Directory
    password_file: Path
    """File with the account's password. Kubernetes may renew it at any time."""
    statement: Statement
    named_groups: Collection[str]
    """Names of groups that the configuration uses."""
    health: ServerHealth
    report: Callable[[str], None]
    """Receives problems that do not prevent the comparison."""

    def find_refused(self, users: Users) -> dict[str, str]:
        """Return the users that are not admitted any more, with the reason.

        Raises:
            CannotCompare: the account does not see enough.
            FreeIpaError: the directory could not be read.
            OSError: the password could not be read.
        """
        return find_refused(
            self.directory, self._password(), self.statement, users, datetime.now(UTC), report=self.report
        )

    def read_groups(self, users: Users) -> dict[str, frozenset[str]]:
        """Return the present groups of the users; a user whose groups are not known is missing.

        Raises:
            MembershipsHidden: the account does not see enough.
            FreeIpaError: the directory could not be read.
            OSError: the password could not be read.
        """
        with open_session(self.directory, self._password(), self.health) as session:
            return read_groups(
                session,
                self.statement.suffix,
                users,
                datetime.now(UTC),
                nested=self.statement.nested_groups,
                named=self.named_groups,
                report=self.report,
            )

    def _password(self) -> str:
        return self.password_file.read_text(encoding="utf-8")
