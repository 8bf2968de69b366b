"""Volume claims in a tenancy's namespace: homes, the hub's database, and those of shared folders. Pure."""

from collections.abc import Mapping
from typing import Any

DATABASE_CLAIM = "hub-db-dir"
"""Claim of the hub's database in z2jh."""

HOME_CLAIMS = "claim-"
"""Beginning of the names of the claims of homes (``KubeSpawner.pvc_name_template``)."""

HOME_LABEL = ("component", "singleuser-storage")
"""Label of the claims that the hub creates."""


SEVERAL_NODES = "ReadWriteMany"
"""Access mode of claims that pods on several nodes mount at the same time."""


def is_home(claim: Mapping[str, Any]) -> bool:
    """Return whether a claim is a user's home. A restored one may have only the name."""
    key, value = HOME_LABEL
    metadata = claim["metadata"]
    return bool((metadata.get("labels") or {}).get(key) == value or str(metadata["name"]).startswith(HOME_CLAIMS))


def is_of_hub(claim: Mapping[str, Any]) -> bool:
    """Return whether a claim is a user's home or the hub's database, which a namespace's deletion includes."""
    return is_home(claim) or claim["metadata"]["name"] == DATABASE_CLAIM
