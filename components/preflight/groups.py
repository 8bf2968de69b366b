"""Pre-flight check of the FreeIPA groups that the stack file names: one that does not exist has no members."""

from collections.abc import Collection

from components.config.named_groups import named_groups
from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.tenancy import Tenancy
from components.freeipa.errors import FreeIpaError


def check_groups(tenancy: Tenancy, password: str | None, *, source: str) -> list[str]:
    """Look the groups up in the directory. Return a warning if that is not possible.

    Args:
        tenancy: the tenancy to deploy.
        password: the bind password; None where a preview has none.
        source: the stack file in messages.

    Raises:
        InvalidTenancy: a group does not exist.
    """
    named = list(named_groups(tenancy))
    if not named:
        return []
    names = ", ".join(sorted({group for _, group in named}))
    if password is None:
        return [f"without the bind password, these FreeIPA groups were not checked: {names}"]
    try:
        missing = _find_missing(tenancy, {group for _, group in named}, password)
    except FreeIpaError as error:
        return [f"these FreeIPA groups were not checked: {names}: {error}"]
    problems = [
        Problem(
            format_key(location),
            group,
            f"is no FreeIPA group of {tenancy.directory_suffix}; correct the name, or create it with: ipa group-add "
            f"{group}",
        )
        for location, group in named
        if group in missing
    ]
    if problems:
        raise InvalidTenancy(source, problems)
    return []


def _find_missing(tenancy: Tenancy, groups: Collection[str], password: str) -> set[str]:
    from components.freeipa.users import open_users  # ldap3's import is slow, and few tenancies need it

    with open_users(tenancy.identity.directory(), tenancy.directory_suffix, password) as directory:
        return {group for group in groups if directory.find_group(group) is None}
