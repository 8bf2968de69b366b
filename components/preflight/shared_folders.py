"""Pre-flight check of shared folders: their claims and storage classes, which the operator creates."""

from collections.abc import Iterator, Mapping
from typing import Any

from components.cluster.client import ReadWriteApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import claim_path, find_object, namespace_path, storage_class_path, volume_path
from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.shared_folders import NfsExport, SharedFolder
from components.config.tenancy import Tenancy
from components.in_hub.quantity import size_bytes
from components.preflight.file_groups import warn_of_group_changes
from components.resources.shared_folders import volume_name

_GIB = 1024**3


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
    for index, folder in enumerate(tenancy.shared_folders):
        try:
            problems += _find_problems(api, tenancy, folder, index, has_namespace=has_namespace)
        except CannotAsk as error:
            warnings.append(f"the shared folder {folder.name} cannot be checked: {error}")
        if folder.claim is not None and not has_namespace:
            warnings.append(
                f"the namespace {tenancy.namespace} does not exist yet, so the claim {folder.claim} of the shared "
                f"folder {folder.name} could not be checked; create it when pulumi up has created the namespace"
            )
    if problems:
        raise InvalidTenancy(source, problems)
    return [*warnings, *warn_of_group_changes(api, tenancy)]


def _find_problems(
    api: ReadWriteApi, tenancy: Tenancy, folder: SharedFolder, index: int, *, has_namespace: bool
) -> Iterator[Problem]:
    namespace = tenancy.namespace

    def problem(key: str, value: str, message: str) -> Problem:
        return Problem(format_key(("sharedFolders", index, *key.split("."))), value, message)

    create = folder.create
    # The stack's own class is created by the same pulumi up.
    is_own = (
        create is not None and tenancy.storage.create is not None and create.class_name == tenancy.storage_class_name
    )
    if create is not None and not is_own and find_object(api, storage_class_path(create.class_name)) is None:
        yield problem("create.className", create.class_name, "does not exist; see: kubectl get storageclass")
    live = find_object(api, claim_path(namespace, folder.claim_name)) if has_namespace else None
    if folder.claim is not None and has_namespace:
        message = find_claim_problem(live, namespace, read_only=folder.read_only)
        yield from [problem("claim", folder.claim, message)] if message else []
    if create is not None and live is not None:
        for key, value, message in find_difference(live, create.class_name, create.size_gb):
            yield problem(f"create.{key}", value, message)
    if folder.nfs is not None:
        volume = find_object(api, volume_path(volume_name(tenancy, folder)))
        if message := find_volume_owner(volume, namespace):
            yield problem("name", folder.name, message)
        elif message := find_volume_problem(volume, folder.nfs):
            yield problem("nfs", f"{folder.nfs.server}:{folder.nfs.path}", message)


def find_claim_problem(live: Mapping[str, Any] | None, namespace: str, *, read_only: bool) -> str | None:
    """Return why many pods cannot mount an existing claim; None if they can.

    Args:
        live: the claim in the cluster; None if there is none.
        namespace: the tenancy's namespace.
        read_only: whether nobody writes to it.
    """
    if live is None:
        return f"does not exist in the namespace {namespace}; see: kubectl get pvc --namespace {namespace}"
    if live["metadata"].get("deletionTimestamp"):
        return f"is being deleted since {live['metadata']['deletionTimestamp']}; write another claim"
    if (live.get("status") or {}).get("phase") == "Lost":
        return "has lost its volume; write another claim"
    modes = (live.get("spec") or {}).get("accessModes") or []
    if "ReadWriteMany" in modes or (read_only and "ReadOnlyMany" in modes):
        return None
    needed = "ReadWriteMany or ReadOnlyMany" if read_only else "ReadWriteMany"
    return f"has the access mode {', '.join(modes)}, so many pods cannot mount it; write a claim with {needed}"


def find_volume_owner(live: Mapping[str, Any] | None, namespace: str) -> str | None:
    """Return why the volume with the name of an export's volume is not the tenancy's; None if it is, or is missing.

    A tenancy that adopts what is in its namespace must not adopt the volume of another one.
    """
    claim = ((live or {}).get("spec") or {}).get("claimRef") or {}
    if live is None or claim.get("namespace") in (None, namespace):
        return None
    return (
        f"gives the volume {live['metadata']['name']}, which belongs to the claim {claim.get('name')} in the namespace "
        f"{claim['namespace']}; write another name"
    )


def find_volume_problem(live: Mapping[str, Any] | None, export: NfsExport) -> str | None:
    """Return why the volume of an export that an earlier deployment has kept cannot be used; None if it can."""
    if live is None:
        return None
    name, nfs = live["metadata"]["name"], (live.get("spec") or {}).get("nfs") or {}
    if (nfs.get("server"), nfs.get("path")) != (export.server, export.path):
        return (
            f"is not that of the existing volume {name}, {nfs.get('server')}:{nfs.get('path')}; write that, or name "
            f"the folder otherwise, or delete the volume with: kubectl delete pv {name}"
        )
    if (live.get("status") or {}).get("phase") == "Released":
        return f"has the volume {name}, whose claim was deleted; delete the volume with: kubectl delete pv {name}"
    return None


def find_difference(live: Mapping[str, Any], class_name: str, size_gb: int) -> Iterator[tuple[str, str, str]]:
    """Yield a key, its value and a message for each difference from a claim that an earlier deployment has kept."""
    spec, name = live.get("spec") or {}, live["metadata"]["name"]
    if spec.get("storageClassName") != class_name:
        yield (
            "className",
            class_name,
            f"is not that of the existing claim {name}; write {spec.get('storageClassName')}, or name the folder "
            "otherwise",
        )
    present = size_bytes(((spec.get("resources") or {}).get("requests") or {}).get("storage", "0")) / _GIB
    if present > size_gb:
        yield "sizeGb", str(size_gb), f"is less than the {present:g} GB of the existing claim {name}; it can only grow"
