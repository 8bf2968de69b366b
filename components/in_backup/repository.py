"""The names in the repository of restic, and the variables with which restic finds it. Pure.

A tenancy has a repository. Each run adds a snapshot of each home, and one of the hub's database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from components.ownership.backup_secret import ACCESS_KEY, PASSWORD, SECRET_KEY
from components.ownership.claims import HOME_CLAIMS

HOME, DATABASE = "home", "hub-database"
"""Tags of snapshots."""

ARCHIVED = "archived"
"""Further tag of the last snapshot of a home that was archived. No retention deletes it."""

SINCE_ARCHIVE = "since-archive"
"""Further tag of later snapshots of such a home while it waits for its deletion, unused since its archive."""

HOMES = "/homes"
DATABASE_FILE = "/hub/jupyterhub.sqlite"
"""Paths in snapshots. The hub's other SQLite files are in the same folder and snapshot."""


def home_path(user: str, claim: str = "") -> str:
    """Return the path of a home in snapshots, by which restic finds its last backup, and retention counts.

    It depends on nothing else, so that it is the same in every run.

    Args:
        user: the user.
        claim: the claim; by default that of the home of the server without a name.
    """
    return f"{HOMES}/{user}" if claim in ("", f"{HOME_CLAIMS}{user}") else f"{HOMES}/{user}@{claim}"


def home_tags(user: str, user_id: str, claim: str, size_gb: int) -> list[str]:
    """Return the tags of a snapshot of a home; restore needs them to make the home again.

    Args:
        user: the user's name.
        user_id: the ``ipaUniqueID`` that the home is bound to; empty if it is not known.
        claim: the name of the volume claim.
        size_gb: its requested size.
    """
    return [HOME, f"user={user}", f"id={user_id}", f"claim={claim}", f"gb={size_gb}"]


@dataclass(frozen=True)
class HomeTags:
    """The tags of a snapshot of a home."""

    user: str
    user_id: str
    claim: str
    size_gb: int

    @classmethod
    def read(cls, tags: Iterable[str]) -> "HomeTags | None":
        """Return the content of tags; None if they are not those of a home."""
        found = list(tags)
        values = dict(each.split("=", 1) for each in found if "=" in each)
        if HOME not in found or not values.get("user") or not values.get("gb", "").isdigit():
            return None
        return cls(values["user"], values.get("id", ""), values.get("claim", ""), int(values["gb"]))


@dataclass(frozen=True)
class Repository:
    """A tenancy's repository."""

    url: str
    """For ``RESTIC_REPOSITORY``, such as ``s3:https://s3.example.org/bucket/vis``."""
    region: str
    host: str
    """The host in snapshots: the cluster's name."""
    secret: str
    """Name of the Secret."""
    ca_certificate: str | None = None
    """PEM; None for the image's trust store."""

    def variables(self) -> list[dict[str, Any]]:
        """Return the variables of a container that runs restic."""
        return [
            {"name": "RESTIC_REPOSITORY", "value": self.url},
            {"name": "AWS_DEFAULT_REGION", "value": self.region},
            self._from_secret("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            self._from_secret("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            self._from_secret("RESTIC_PASSWORD", PASSWORD),
        ]

    def _from_secret(self, name: str, key: str) -> dict[str, Any]:
        return {"name": name, "valueFrom": {"secretKeyRef": {"name": self.secret, "key": key}}}
