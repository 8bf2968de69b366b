"""Groups whose members the hub admits, by the stack file and the directory."""

from components.config.tenancy import Tenancy
from components.freeipa.users import Users


def find_admitted_groups(tenancy: Tenancy, directory: Users) -> list[str]:
    """Return the names of the users' group and, unless the hub ignores it, of the group of admins.

    Raises:
        FreeIpaError: the directory could not be read.
    """
    admins, nested = tenancy.identity.admin_group, tenancy.identity.nested_groups
    if admins is None or (nested and directory.read_admin_group(admins).problem):
        return [tenancy.notebook_users_group]
    return [tenancy.notebook_users_group, admins]
