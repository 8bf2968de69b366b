"""Report of the size of a user's servers and home, if the stack file has sizes of users and groups."""

from collections.abc import Collection, Iterator

from components.cli.diagnose.result import CheckResult, good
from components.config.sizes import Sizes
from components.config.tenancy import Tenancy
from components.config.types import format_number
from components.freeipa.names import group_dn
from components.freeipa.users import Account, Users
from components.in_hub.user_sizes import CPUS, RAM_GB, STORAGE_GB, find_size

SIZE = "size"


def check_size(tenancy: Tenancy, directory: Users, account: Account) -> Iterator[CheckResult]:
    """Report the size that the user's next server will have, unless it is that of all users.

    Raises:
        FreeIpaError: the directory could not be read.
    """
    if tenancy.sizes == Sizes():
        return
    nested, suffix = tenancy.identity.nested_groups, tenancy.directory_suffix
    groups = [
        group
        for group in tenancy.sizes.groups
        if group_dn(suffix, group).lower() in account.groups
        and (nested or directory.is_direct_member(group, account.uid))
    ]
    yield good(SIZE, describe_size(tenancy, account.uid, groups))


def describe_size(tenancy: Tenancy, uid: str, groups: Collection[str]) -> str:
    """Return the sizes of a user who is in ``groups``, and the entries that they come from. Pure."""
    size = find_size(tenancy.sizes.model_dump(by_alias=True, exclude_none=True), uid, groups)
    cpus, ram_gb = size.get(CPUS, tenancy.notebook_cpus), size.get(RAM_GB, tenancy.notebook_ram_gb)
    storage_gb = size.get(STORAGE_GB, tenancy.notebook_storage_gb)
    own = [f"sizes.users.{uid}"] if uid in tenancy.sizes.users else []
    sources = [*own, *(f"sizes.groups.{group}" for group in sorted(groups) if group in tenancy.sizes.groups)]
    return (
        f"{uid} has servers with {format_number(cpus)} CPUs and {format_number(ram_gb)} GB unless the profile sets "
        f"them, and a home of {format_number(storage_gb)} GB or more, by "
        f"{' and '.join(sources) or 'the keys of all users'}"
    )
