"""Pre-flight check of the claim of the hub's database: Kubernetes must accept the size in the stack file.

Helm changes the claim when a release is upgraded. Its message about a size that is refused names no key of the stack
file, and comes after other objects were changed.
"""

import math
from collections.abc import Mapping
from typing import Any

from components.cluster.client import ReadWriteApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import claim_path, find_object, storage_class_path
from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.storage import DEFAULT_DATABASE_GB
from components.config.tenancy import Tenancy
from components.in_hub.quantity import size_bytes
from components.ownership.claims import DATABASE_CLAIM as CLAIM

KEY = ("storage", "hubDatabaseGb")

_GIB = 1024**3


def check_database(api: ReadWriteApi, tenancy: Tenancy, *, source: str) -> list[str]:
    """Check that the claim can have the size in the stack file. Return warnings about what is not known or not done.

    Args:
        api: the cluster.
        tenancy: the tenancy to deploy.
        source: the stack file in messages.

    Raises:
        InvalidTenancy: Kubernetes would refuse the size.
    """
    try:
        live = find_object(api, claim_path(tenancy.namespace, CLAIM))
        if live is None:
            return []
        size = tenancy.storage.hub_database_gb
        can_expand = _requested(live) >= size * _GIB or _can_expand(api, tenancy, live)
    except CannotAsk as error:
        if tenancy.storage.hub_database_gb == DEFAULT_DATABASE_GB:
            return []
        return [f"the claim {CLAIM} of the hub's database cannot be checked: {error}"]
    if message := find_problem(live, size, can_expand=can_expand):
        raise InvalidTenancy(source, [Problem(format_key(KEY), str(size), message)])
    return [warning] if (warning := find_delay(live, size)) else []


def find_problem(live: Mapping[str, Any], size_gb: int, *, can_expand: bool) -> str | None:
    """Return why the existing claim cannot have a size; None if it can. Pure.

    Args:
        live: the claim.
        size_gb: the size in the stack file.
        can_expand: whether the claim's storage class lets volumes grow.
    """
    requested = _requested(live)
    if requested > size_gb * _GIB:
        larger = math.ceil(requested / _GIB)
        return f"is less than the size of the existing claim {CLAIM}, which can only grow; write {larger}"
    if requested == size_gb * _GIB:
        return None
    phase = (live.get("status") or {}).get("phase")
    if phase != "Bound":
        present = math.floor(requested / _GIB)
        return (
            f"is more than the claim {CLAIM} has, and it is {phase}: it cannot grow before it is bound; set {present}"
        )
    if not can_expand:
        name = (live.get("spec") or {}).get("storageClassName")
        return (
            f"is more than the claim {CLAIM} has, and its storage class {name or '(none)'} lets no volume grow; set it "
            "back, or, if the driver can expand volumes, run: kubectl patch storageclass "
            f"{name or 'CLASS'} --patch '{{\"allowVolumeExpansion\": true}}'"
        )
    return None


def find_delay(live: Mapping[str, Any], size_gb: int) -> str | None:
    """Return Kubernetes' message about a claim that requests a size and does not have it; None without one. Pure."""
    status = live.get("status") or {}
    present = (status.get("capacity") or {}).get("storage", "0")
    messages = [str(each.get("message")) for each in status.get("conditions") or [] if each.get("message")]
    if not messages or _requested(live) < size_gb * _GIB or size_bytes(present) >= size_gb * _GIB:
        return None
    return (
        f"the volume of the claim {CLAIM} has still {present} instead of {size_gb}Gi: {'; '.join(messages)}; if it "
        "waits for a restart: kubectl rollout restart deployment/hub"
    )


def _can_expand(api: ReadWriteApi, tenancy: Tenancy, live: Mapping[str, Any]) -> bool:
    name = (live.get("spec") or {}).get("storageClassName")
    create = tenancy.storage.create
    if create is not None and name == tenancy.storage_class_name:
        return create.allow_volume_expansion  # the same pulumi up changes the class
    found = find_object(api, storage_class_path(name)) if name else None
    return bool(found and found.get("allowVolumeExpansion"))


def _requested(live: Mapping[str, Any]) -> float:
    requests = ((live.get("spec") or {}).get("resources") or {}).get("requests") or {}
    return float(size_bytes(str(requests.get("storage", "0"))))
