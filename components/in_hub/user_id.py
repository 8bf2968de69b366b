"""The ``ipaUniqueID`` to which a user's rights and homes are bound, and the decisions about a reused name. Pure.

FreeIPA gives each account an ``ipaUniqueID`` that no other account ever gets. A user name can be given to another
person after its account was deleted.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

STATE_KEY = "ipa_unique_id"
"""Key of ``auth_state``: the ``ipaUniqueID`` of the account that the hub's user belongs to."""

ID_ANNOTATION = "tenancy.pangeo/user-id"
"""Annotation of a volume claim: the ``ipaUniqueID`` of the account whose home it is."""

NAME_ANNOTATION = "hub.jupyter.org/username"
"""KubeSpawner's annotation of claims and pods: the user's name."""

DECISIONS = "accepted-identities"
"""ConfigMap of the operator's decisions, by user name. ``members accept`` writes it; the hub only reads it."""

REFUSALS = "refused-identities"
"""ConfigMap of the log-ins that the hub refused until a decision, by user name. The chart creates it, empty."""

KEY_PREFIX = "user."
"""Prefix of the users' keys in these ConfigMaps. Kubernetes allows no key that begins with two dots."""


@dataclass(frozen=True)
class Decision:
    """Decision of the operator to let the account ``user_id`` use a name that another account had."""

    user_id: str
    same_person: bool
    """Whether the person is the same, so that rights and homes pass to the new account."""

    def as_text(self) -> str:
        """Return the value in the ConfigMap."""
        return json.dumps({"id": self.user_id, "samePerson": self.same_person})


class Verdict(Enum):
    """Effect of a log-in on the user that the hub knows under this name."""

    ADMIT = auto()
    """The hub's user, if there is one, belongs to the account, or is bound to it now."""
    ADMIT_AS_NEW = auto()
    """The hub's user is deleted, with its rights and tokens, and the account gets a new one."""
    REFUSE = auto()
    """An operator must decide."""


def read_decision(data: Mapping[str, Any] | None, user: str) -> Decision | None:
    """Return the decision about a user in the ConfigMap's data; None if there is none, or its text is not valid."""
    try:
        found = json.loads((data or {})[KEY_PREFIX + user])
        return Decision(str(found["id"]), found["samePerson"] is True)
    except (KeyError, TypeError, ValueError):
        return None


def refusal_text(user_id: str, bound_to: Collection[str], time: str) -> str:
    """Return the value in the ConfigMap for a refused log-in of the account ``user_id``."""
    return json.dumps({"id": user_id, "boundTo": sorted(bound_to), "time": time})


def read_refusal(data: Mapping[str, Any] | None, user: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the refused account's id and the ids that the name is bound to; None if there was no refusal."""
    try:
        found = json.loads((data or {})[KEY_PREFIX + user])
        return str(found["id"]), tuple(str(each) for each in found["boundTo"])
    except (KeyError, TypeError, ValueError):
        return None


def judge_log_in(
    user_id: str, hub_id: str | None, homes: Collection[str], decision: Decision | None, *, is_unreadable: bool
) -> Verdict:
    """Return what a log-in may do.

    Args:
        user_id: the ``ipaUniqueID`` of the account that logs in.
        hub_id: the id that the hub's user is bound to; None if there is no such user, or it is not bound.
        homes: the ids that the user's homes are bound to.
        decision: the operator's decision about the name.
        is_unreadable: whether the hub's user is bound to an id that cannot be decrypted.
    """
    if hub_id == user_id:
        return Verdict.ADMIT
    if decision is not None and decision.user_id == user_id:
        return Verdict.ADMIT if decision.same_person else Verdict.ADMIT_AS_NEW
    if hub_id is not None or any(home != user_id for home in homes) or decision is not None:
        return Verdict.REFUSE
    # A home proves whose the hub's user is. Without one, nothing does, and its rights must not pass to this account.
    return Verdict.ADMIT_AS_NEW if is_unreadable and user_id not in homes else Verdict.ADMIT
