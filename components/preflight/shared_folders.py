"""Pre-flight check of shared folders: their claims and storage classes, which the operator creates."""

from collections.abc import Iterator, Mapping
from typing import Any

from components.cluster.client import ReadWriteApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import (
    claim_path,
    find_object,
    namespace_path,
    read_claims,
    read_events,
    storage_class_path,
    volume_path,
)
from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.shared_folders import SharedFolder
from components.config.tenancy import Tenancy
from components.ownership.mark import ANNOTATION
from components.preflight.file_groups import warn_of_group_change
from components.preflight.folder_objects import (
    find_claim_problem,
    find_difference,
    find_export_difference,
    find_kept_claim_problem,
    find_volume_owner,
    find_volume_problem,
    is_pending,
    warn_of_block_driver,
    warn_of_failed_provisioning,
    warn_of_renamed_folders,
)
from components.resources.shared_folders import volume_name


def check_folders(api: ReadWriteApi, tenancy: Tenancy, *, source: str) -> list[str]:
    """Check the folders' claims and storage classes. Return warnings about what cannot be checked.

    Args:
        api: the cluster.
        tenancy: the tenancy to deploy.
        source: the stack file in messages.

    Raises:
        InvalidTenancy: a claim or a storage class is missing or cannot be used.
        CannotAsk: the cluster gives no answer about the namespace.
    """
    if not tenancy.shared_folders:
        return []
    has_namespace = find_object(api, namespace_path(tenancy.namespace)) is not None
    warnings: list[str] = []
    problems: list[Problem] = []
    new: list[str] = []
    for index, folder in enumerate(tenancy.shared_folders):
        try:
            live = find_object(api, claim_path(tenancy.namespace, folder.claim_name)) if has_namespace else None
            provisioner = _find_provisioner(api, tenancy, folder.create.class_name) if folder.create else None
            problems += _find_problems(
                api, tenancy, folder, index, live, provisioner=provisioner, has_namespace=has_namespace
            )
            warnings += _find_warnings(api, tenancy, folder, index, live, provisioner)
            new += [folder.name] if folder.create is not None and live is None else []
        except CannotAsk as error:
            warnings.append(f"the shared folder {folder.name} cannot be checked: {error}")
        if folder.claim is not None and not has_namespace:
            warnings.append(
                f"the namespace {tenancy.namespace} does not exist yet, so the claim {folder.claim} of the shared "
                f"folder {folder.name} could not be checked; create it when pulumi up has created the namespace"
            )
    if problems:
        raise InvalidTenancy(source, problems)
    if new and (warning := warn_of_renamed_folders(new, _unused_claims(api, tenancy))):
        warnings.append(warning)
    return warnings


def _find_problems(
    api: ReadWriteApi,
    tenancy: Tenancy,
    folder: SharedFolder,
    index: int,
    live: Mapping[str, Any] | None,
    *,
    provisioner: str | None,
    has_namespace: bool,
) -> Iterator[Problem]:
    namespace, create, nfs = tenancy.namespace, folder.create, folder.nfs

    def problem(key: str, value: str, message: str) -> Problem:
        return Problem(format_key(("sharedFolders", index, *key.split("."))), value, message)

    if create is not None and provisioner is None:
        yield problem("create.className", create.class_name, "does not exist; see: kubectl get storageclass")
    if folder.claim is not None and has_namespace:
        message = find_claim_problem(live, namespace, read_only=folder.read_only)
        yield from [problem("claim", folder.claim, message)] if message else []
    if folder.claim is None and live is not None and (message := find_kept_claim_problem(live)):
        yield problem("name", folder.name, message)
    if create is not None and live is not None:
        for key, value, message in find_difference(live, create.class_name, create.size_gb):
            yield problem(f"create.{key}", value, message)
    if nfs is not None:
        name, shown = volume_name(tenancy, folder), f"{nfs.server}:{nfs.path}"
        volume = find_object(api, volume_path(name))
        if message := find_volume_owner(volume, namespace):
            yield problem("name", folder.name, message)
        else:
            message = find_volume_problem(volume, nfs)
            if message is None and live is not None:
                message = find_export_difference(live, name)
            yield from [problem("nfs", shown, message)] if message else []


def _find_warnings(
    api: ReadWriteApi,
    tenancy: Tenancy,
    folder: SharedFolder,
    index: int,
    live: Mapping[str, Any] | None,
    provisioner: str | None,
) -> Iterator[str]:
    if folder.create is not None and provisioner is not None:
        warning = warn_of_block_driver(folder.name, folder.create.class_name, provisioner)
        yield from [warning] if warning else []
    if warning := warn_of_group_change(api, folder, index, live):
        yield warning
    if live is not None and is_pending(live):
        events = read_events(api, tenancy.namespace, live["metadata"]["uid"])
        warning = warn_of_failed_provisioning(folder.name, live, events)
        yield from [warning] if warning else []


def _find_provisioner(api: ReadWriteApi, tenancy: Tenancy, class_name: str) -> str | None:
    """Return the provisioner of a storage class; None if the class does not exist."""
    own = tenancy.storage.create
    if own is not None and class_name == tenancy.storage_class_name:
        return own.provisioner  # the same pulumi up creates it
    live = find_object(api, storage_class_path(class_name))
    return None if live is None else str(live.get("provisioner"))


def _unused_claims(api: ReadWriteApi, tenancy: Tenancy) -> list[str]:
    """Return the claims of the program that no folder uses. Without permission to list claims, there are none."""
    used = {folder.claim_name for folder in tenancy.shared_folders}
    try:
        claims = read_claims(api, tenancy.namespace)
    except CannotAsk:
        return []
    names = [each["metadata"]["name"] for each in claims if (each["metadata"].get("annotations") or {}).get(ANNOTATION)]
    return [name for name in names if name not in used]
