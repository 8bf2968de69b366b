"""Pre-flight check of the FreeIPA groups that the stack file names: one that does not exist has no members."""

from collections.abc import Collection, Iterator

from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.schema import Location
from components.config.shared_folders import EVERYONE
from components.config.tenancy import Tenancy
from components.freeipa.errors import FreeIpaError


def named_groups(tenancy: Tenancy) -> Iterator[tuple[Location, str]]:
    """Yield each group of a shared folder, of variables or of access keys, with the key that names it."""
    for index, folder in enumerate(tenancy.shared_folders):
        for key, groups in (("writers", folder.writers), ("readers", folder.readers)):
            for number, group in enumerate(groups):
                if group != EVERYONE:
                    yield ("sharedFolders", index, key, number), group
    for group in tenancy.notebook.group_environment:
        yield ("notebook", "groupEnvironment", group), group
    for index, credentials in enumerate(tenancy.object_store.group_credentials if tenancy.object_store else ()):
        yield ("objectStore", "groupCredentials", index, "group"), credentials.group


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
