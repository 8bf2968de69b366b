"""The owner's mark in a group's description, and whether a deployment may use a group. Pure.

The directory has no attribute for it that FreeIPA's tools show and its delegated accounts may write, except the
description: ``Notebook users for Pangeo cluster 'k1' [stack k1, cluster <UID>, deployment <id>]``.
"""

import re
from dataclasses import replace

from components.freeipa import names
from components.ownership.mark import Mark, Owner, read_mark

_IN_BRACKETS = re.compile(r" \[stack [^\[\]]*\]$")

NO_MARK = "it has no owner's mark: it was created in FreeIPA, or by a version before 0.3.0"
"""Description of an existing group's owner, if it has none."""

_KEPT_WITHOUT_OWNER = "pulumi destroy of a version before 0.3.0 kept it, without the mark of an owner"


def marked(description: str, mark: str | None) -> str:
    """Return the description with the mark in brackets; without brackets if there is no mark."""
    return f"{description} [{mark}]" if mark else description


def kept(description: str, owner: Owner) -> str:
    """Return the description of a group that a destroy of its owner kept."""
    return marked(description, str(Mark(owner, is_kept=True)))


def without_mark(text: str) -> str:
    """Return a group's description without the mark at its end."""
    return _IN_BRACKETS.sub("", text)


def owner_of(mark: str | None) -> Owner | None:
    """Return the owner that a mark names; None without a mark."""
    found = read_mark(mark or "")
    return found.owner if found else None


def describe_owner(text: str) -> str:
    """Return a sentence about the owner of a group with this description, for a refusal."""
    mark = read_mark(text)
    if mark is not None:
        return f"it belongs to {mark}"
    return _KEPT_WITHOUT_OWNER if text.endswith(names.KEPT) else NO_MARK


def belongs_to(text: str, owner: Owner | None) -> bool:
    """Return whether the group with this description is the owner's, or one that its earlier destroy kept."""
    mark = read_mark(text)
    return mark is not None and owner is not None and mark.belongs_to(owner)


def is_own(text: str, owner: Owner | None) -> bool:
    """Return whether this very deployment marked the group, so that its destroy may delete it."""
    mark = read_mark(text)
    return mark is not None and owner is not None and replace(mark.owner, stack=owner.stack) == owner
