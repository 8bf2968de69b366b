"""The FreeIPA groups that decide what a user's server has. Pure."""

from collections.abc import Iterator

from components.config.schema import Location
from components.config.tenancy import Tenancy
from components.folder_names import EVERYONE


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
