"""Warning about homes that cannot grow to the size in the stack file, because of their storage class.

The hub grows a home at a server's start. A home that cannot grow stops no start, so nobody else would report it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from components.cluster.client import ReadWriteApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import read_claims
from components.config.tenancy import Tenancy
from components.config.types import format_count
from components.in_hub.quantity import size_bytes
from components.in_hub.user_id import NAME_ANNOTATION
from components.ownership.claims import is_home
from components.preflight.node_limits import STORAGE_CLASSES

SHOWN = 5
"""Number of homes that are named."""

_GB = 1024**3

Object = Mapping[str, Any]


def home_growth_warnings(api: ReadWriteApi, tenancy: Tenancy) -> list[str]:
    """Return a warning about homes that cannot grow; none if the account may not read claims or storage classes."""
    try:
        claims = read_claims(api, tenancy.namespace)
        small = [
            claim for claim in claims if is_home(claim) and _requested(claim) < least_size_gb(tenancy, claim) * _GB
        ]
        classes = list(api.get(STORAGE_CLASSES).get("items") or ()) if small else []
    except CannotAsk:
        return []
    return find_fixed_homes(tenancy, small, classes)


def find_fixed_homes(tenancy: Tenancy, small: Sequence[Object], classes: Sequence[Object]) -> list[str]:
    """Return a warning about those of the homes that are too small whose class lets no volume grow. Pure.

    Args:
        tenancy: the tenancy to deploy.
        small: the claims of homes that are smaller than the stack file says.
        classes: the cluster's storage classes.
    """
    growing = {each["metadata"]["name"] for each in classes if each.get("allowVolumeExpansion")}
    if tenancy.storage.create is not None and tenancy.storage_class_name:  # the same pulumi up changes the class
        growing -= {tenancy.storage_class_name}
        growing |= {tenancy.storage_class_name} if tenancy.storage.create.allow_volume_expansion else set()
    fixed = [claim for claim in small if _class(claim) not in growing]
    if not fixed:
        return []
    names = sorted(str(claim["metadata"]["name"]) for claim in fixed)
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    of = " and ".join(sorted({_class(claim) or "(none)" for claim in fixed}))
    keeps = "keeps its size" if len(fixed) == 1 else "keep their sizes"
    return [
        f"{format_count(len(fixed), 'home')} {keeps}, although the stack file has a larger one: {shown}; the storage "
        f"class {of} lets no volume grow. Their servers start nevertheless. If the driver can expand volumes, run: "
        "kubectl patch storageclass CLASS --patch '{\"allowVolumeExpansion\": true}'"
    ]


def least_size_gb(tenancy: Tenancy, claim: Object) -> int:
    """Return the least size of a home by the stack file: only the directory knows its user's groups. Pure."""
    user = ((claim.get("metadata") or {}).get("annotations") or {}).get(NAME_ANNOTATION)
    own = tenancy.sizes.users.get(str(user))
    if own is not None and own.storage_gb is not None:
        return own.storage_gb
    of_groups = [size.storage_gb for size in tenancy.sizes.groups.values() if size.storage_gb is not None]
    return min([tenancy.notebook_storage_gb, *of_groups])


def _class(claim: Object) -> str:
    return str((claim.get("spec") or {}).get("storageClassName") or "")


def _requested(claim: Object) -> float:
    requests = ((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}
    return float(size_bytes(str(requests.get("storage", "0"))))
