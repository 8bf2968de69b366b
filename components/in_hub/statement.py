"""The statement of the admitted users, which the program mounts beside the hub's code. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.in_hub.admission_settings import AUTHENTICATOR

FILE = Path(__file__).with_name("admission.json")
"""The mounted statement."""


@dataclass(frozen=True)
class Statement:
    """The users who may log in, and every setting that the program declares for the hub."""

    suffix: str
    groups: tuple[str, ...]
    """DNs of the groups whose members are admitted."""
    admin_group: str
    """DN of the group whose members are admins; empty if there is none."""
    admin_users: tuple[str, ...]
    """Users who are admitted by name, as admins."""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Declared settings of each kind of object."""
    roles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    references: Sequence[Mapping[str, Any]] = ()
    """References to keys of Kubernetes Secrets that users' servers may have as variables."""

    @property
    def nested_groups(self) -> bool:
        """Whether members through another group are admitted."""
        return bool(self.settings.get(AUTHENTICATOR, {}).get("nested_groups"))

    def admits(self, username: str, groups: Sequence[str]) -> bool:
        """Return whether a user with a correct password, who is in ``groups``, may log in."""
        return username in self.admin_users or not set(self.groups).isdisjoint(groups)

    def to_json(self) -> str:
        """Return the statement as the mounted file has it."""
        return json.dumps(vars(self), indent=1, sort_keys=True) + "\n"


def read_statement(file: Path = FILE) -> Statement:
    """Read the mounted statement.

    Raises:
        OSError: the file cannot be read.
        ValueError: its content is not a statement.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        groups, admin_users = tuple(content.pop("groups")), tuple(content.pop("admin_users"))
        return Statement(groups=groups, admin_users=admin_users, **content)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{file.name} is not a statement of the admitted users: {error}") from None
