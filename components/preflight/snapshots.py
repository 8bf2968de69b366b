"""Pre-flight check of the classes of volume snapshots, which the operator or the cloud creates.

A run with a class that cannot work would still read all homes, but only after it has waited for snapshots. A class that
retains volumes or snapshots would leave one of each for each home in use, every night.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.cluster.client import ReadWriteApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import ObjectPath, find_object
from components.config.backup import Backup
from components.config.problems import MISSING, InvalidTenancy, Problem, format_key
from components.config.tenancy import Tenancy
from components.preflight.node_limits import STORAGE_CLASSES, find_class, find_driver

Object = Mapping[str, Any]

GROUP = "/apis/snapshot.storage.k8s.io"

KEY, COPY_KEY = format_key(("backup", "snapshotClass")), format_key(("backup", "snapshotCopyClass"))

RETAIN = "Retain"

_SEE_CLASSES, _SEE_STORAGE = "see: kubectl get volumesnapshotclass", "see: kubectl get storageclass"


def check_snapshots(api: ReadWriteApi, tenancy: Tenancy, *, source: str) -> list[str]:
    """Check the classes with which homes in use are backed up. Return a warning if they cannot be read.

    Args:
        api: the cluster.
        tenancy: the tenancy to deploy.
        source: the stack file in messages.

    Raises:
        InvalidTenancy: a class is missing, belongs to another driver, or retains what is deleted.
    """
    backup = tenancy.backup
    if backup is None or backup.snapshot_class is None:
        return []
    try:
        live = find_object(
            api, ObjectPath("VolumeSnapshotClass", f"{GROUP}/v1/volumesnapshotclasses", backup.snapshot_class)
        )
        is_served = live is not None or find_object(api, ObjectPath("API", GROUP, "v1")) is not None
        classes = list(api.get(STORAGE_CLASSES).get("items") or ())
    except CannotAsk as error:
        return [f"{KEY}: the class {backup.snapshot_class} cannot be checked: {error}"]
    driver = find_driver(tenancy, classes)
    message = find_problem(live, driver) if is_served else _not_served()
    problems = [Problem(KEY, backup.snapshot_class, message)] if message else []
    problems += find_copy_problems(tenancy, backup, classes, driver)
    if problems:
        raise InvalidTenancy(source, problems)
    return [] if driver else [f"{KEY}: the driver of the homes is not known, because there is no default storage class"]


def find_problem(live: Object | None, driver: str) -> str | None:
    """Return why snapshots of homes cannot be made with a class; None if they can. Pure.

    Args:
        live: the VolumeSnapshotClass; None if there is none.
        driver: the driver of the homes; empty if it is not known.
    """
    if live is None:
        return f"does not exist; {_SEE_CLASSES}"
    if driver and live.get("driver") != driver:
        return f"has the driver {live.get('driver')}, but the homes have {driver}; write a class of it, {_SEE_CLASSES}"
    if live.get("deletionPolicy") == RETAIN:
        return "has the deletionPolicy Retain, so that all snapshots would stay on the storage; write one with Delete"
    return None


def find_copy_problems(tenancy: Tenancy, backup: Backup, classes: Sequence[Object], driver: str) -> Iterator[Problem]:
    """Yield why the temporary volumes cannot be made, or would stay. Pure.

    Args:
        tenancy: the tenancy to deploy.
        backup: its section ``backup``.
        classes: the cluster's storage classes.
        driver: the driver of the homes; empty if it is not known.
    """
    name, create = backup.snapshot_copy_class, tenancy.storage.create
    if name is None:
        homes = find_class(tenancy, classes) or {}
        policy = create.reclaim_policy if create is not None else homes.get("reclaimPolicy")
        if policy == RETAIN:
            shown = tenancy.storage_class_name or homes["metadata"]["name"]
            yield Problem(
                COPY_KEY,
                MISSING,
                f"is required, because the class {shown} of the homes has the reclaimPolicy Retain, so that every "
                f"temporary volume would stay on the storage; write a class of the driver {driver} with Delete, "
                f"{_SEE_STORAGE}",
            )
        return
    live = next((each for each in classes if each["metadata"]["name"] == name), None)
    if live is None:
        yield Problem(COPY_KEY, name, f"does not exist; {_SEE_STORAGE}")
    elif driver and live.get("provisioner") != driver:
        found = live.get("provisioner")
        message = f"has the provisioner {found}, but the homes have {driver}; write a class of it, {_SEE_STORAGE}"
        yield Problem(COPY_KEY, name, message)
    elif live.get("reclaimPolicy") == RETAIN:
        message = "has the reclaimPolicy Retain, so that every temporary volume would stay; write one with Delete"
        yield Problem(COPY_KEY, name, message)


def _not_served() -> str:
    return (
        "cannot be used, because the cluster does not serve snapshot.storage.k8s.io/v1; install the CRDs and the "
        "controller of kubernetes-csi/external-snapshotter, or leave the key out"
    )
