"""Check of the FreeIPA groups, and of the users with sizes of their own, that the stack file names.

It only warns: a missing group gives nobody access, and one that was deleted in FreeIPA must not prevent an ``up``.
"""

from typing import TYPE_CHECKING, NamedTuple

from components.config.named_groups import named_groups
from components.config.problems import format_key
from components.config.tenancy import Tenancy
from components.freeipa.errors import FreeIpaError

if TYPE_CHECKING:  # ldap3's import is slow, and not every tenancy names groups
    from components.freeipa.users import Users


class MissingName(NamedTuple):
    """A group, or a user, in the stack file that the directory does not have."""

    key: str
    """The key that names it."""
    name: str
    message: str
    fix: str


def check_groups(tenancy: Tenancy, password: str | None) -> list[str]:
    """Return a warning for each group and user that the directory does not have, or that it could not be asked.

    Args:
        tenancy: the tenancy to deploy.
        password: the bind password; None where a preview has none.
    """
    users = sorted(tenancy.sizes.users)
    names = ", ".join([*sorted({group for _, group in named_groups(tenancy)}), *users])
    if not names:
        return []
    kinds = "groups and users" if users else "groups"
    if password is None:
        return [f"without the bind password, these FreeIPA {kinds} were not checked: {names}"]
    from components.freeipa.users import open_users

    try:
        with open_users(tenancy.identity.directory(), tenancy.directory_suffix, password) as directory:
            missing = [*find_missing_groups(tenancy, directory), *find_missing_users(tenancy, directory)]
    except FreeIpaError as error:
        return [f"these FreeIPA {kinds} were not checked: {names}: {error}"]
    return [f"{each.key} {each.name} {each.message}; {each.fix}" for each in missing]


def find_missing_groups(tenancy: Tenancy, directory: "Users") -> list[MissingName]:
    """Return the groups in the stack file that the directory does not have, once for each key that names them.

    Raises:
        FreeIpaError: the directory could not be read.
    """
    named = list(named_groups(tenancy))
    missing = {group for group in {group for _, group in named} if directory.find_group(group) is None}
    return [
        MissingName(
            format_key(location),
            group,
            f"is no FreeIPA group of {tenancy.directory_suffix}, so it has no members",
            f"correct the name, or create it with: ipa group-add {group}",
        )
        for location, group in named
        if group in missing
    ]


def find_missing_users(tenancy: Tenancy, directory: "Users") -> list[MissingName]:
    """Return the users with sizes of their own that the directory does not have.

    Raises:
        FreeIpaError: the directory could not be read.
    """
    return [
        MissingName(
            format_key(("sizes", "users", name)),
            name,
            f"is no FreeIPA user of {tenancy.directory_suffix}, so the size has no effect",
            "correct the name, or remove the entry",
        )
        for name in tenancy.sizes.users
        if directory.find_user(name) is None
    ]
