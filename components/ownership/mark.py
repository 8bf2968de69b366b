"""The mark on everything that a deployment creates: which stack created it, for which cluster. Pure.

Names alone do not tell whose an object is: two checkouts may use the same name for a stack and for a tenancy. So each
deployment has a random id, made at its first ``up`` and kept in the stack's state. A destroy that keeps an object adds
:data:`KEPT` to its mark; the next deployment of the same stack in the same cluster, with a new id, takes it over again.
"""

import re
from dataclasses import dataclass

ANNOTATION = "tenancy.pangeo/owner"
"""Annotation of Kubernetes objects that holds the mark. In a group's description, the mark stands in brackets."""

KEPT = " (kept by pulumi destroy)"
"""End of the mark of an object that ``pulumi destroy`` kept."""

_MARK = re.compile(r"stack (?P<stack>\S+), cluster (?P<cluster>\S+), deployment (?P<deployment>[0-9a-z-]+)")


@dataclass(frozen=True)
class Owner:
    """A deployment of a stack."""

    stack: str
    """The stack's name."""
    cluster: str
    """UID of the cluster's namespace ``kube-system``."""
    deployment: str
    """Random id, made at the deployment's first ``up``."""

    def __str__(self) -> str:
        return f"stack {self.stack}, cluster {self.cluster}, deployment {self.deployment}"


@dataclass(frozen=True)
class Mark:
    """The mark of an object."""

    owner: Owner
    is_kept: bool
    """Whether a destroy of the owner kept the object."""

    def __str__(self) -> str:
        return f"{self.owner}{KEPT if self.is_kept else ''}"

    def belongs_to(self, owner: Owner) -> bool:
        """Return whether the owner may use the object: its own, or one that a destroy of the same stack kept.

        The stack's name is not compared for the owner's own objects, since a stack can be renamed.
        """
        if self.owner.cluster != owner.cluster:
            return False
        if self.owner.deployment == owner.deployment:
            return True
        return self.is_kept and self.owner.stack == owner.stack


def read_mark(text: str) -> Mark | None:
    """Return the mark in an annotation or a description; None if it has none."""
    found = _MARK.search(text)
    if found is None:
        return None
    return Mark(Owner(**found.groupdict()), is_kept=KEPT.strip() in text[found.end() :])
