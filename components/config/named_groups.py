"""The FreeIPA groups that the stack file names. Pure."""

from collections.abc import Iterator

from components.config.schema import Location
from components.config.tenancy import Tenancy
from components.folder_names import EVERYONE


def named_groups(tenancy: Tenancy) -> Iterator[tuple[Location, str]]:
    """Yield each group with the key that names it."""
    if tenancy.identity.admin_group is not None:
        yield ("identity", "adminGroup"), tenancy.identity.admin_group
    yield from groups_of_servers(tenancy)


def groups_of_servers(tenancy: Tenancy) -> Iterator[tuple[Location, str]]:
    """Yield each group that decides what users have: profiles, sizes, GPUs, variables, folders and access keys."""
    for index, profile in enumerate(tenancy.notebook.profiles):
        for number, group in enumerate(profile.groups):
            yield ("notebook", "profiles", index, "groups", number), group
    for number, group in enumerate(tenancy.dask.worker_gpus.groups if tenancy.dask.worker_gpus else ()):
        yield ("dask", "workerGpus", "groups", number), group
    for group in tenancy.sizes.groups:
        yield ("sizes", "groups", group), group
    for group in tenancy.notebook.group_environment:
        yield ("notebook", "groupEnvironment", group), group
    for index, folder in enumerate(tenancy.shared_folders):
        for key, groups in (("writers", folder.writers), ("readers", folder.readers)):
            for number, group in enumerate(groups):
                if group != EVERYONE:
                    yield ("sharedFolders", index, key, number), group
    for index, credentials in enumerate(tenancy.object_store.group_credentials if tenancy.object_store else ()):
        yield ("objectStore", "groupCredentials", index, "group"), credentials.group
