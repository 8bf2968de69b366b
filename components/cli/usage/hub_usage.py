"""The hub's record of a period, read from its API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from components.cli.diagnose.certificates import NoConnection
from components.cli.hub_access import HubAccess
from components.cli.usage.period import Period
from components.escape import escape_control_characters
from components.in_hub.api_names import USAGE_PATH
from components.in_hub.usage_amounts import AMOUNTS

REASONS: Mapping[int, str] = {
    HTTPStatus.FORBIDDEN: "the hub refused the token in the cluster's Secret; run pulumi up, which restarts the hub",
    HTTPStatus.NOT_FOUND: "the hub is older than this program, or does not answer at this address; run pulumi up",
    # Of the hub itself, or of the proxy or the ingress controller in front of a hub that does not answer.
    HTTPStatus.SERVICE_UNAVAILABLE: "the hub does not run, or cannot read its record; python -m components status, and "
    "the hub's log, have the reason",
}

MOST = 1e15
"""Amounts from this one on cannot be recorded by a hub, nor be rounded."""


class UsageUnavailable(Exception):
    """The hub did not return its record. The text gives the reason."""


@dataclass(frozen=True)
class Use:
    """Recorded amounts of a user while it was in a set of groups."""

    user: str
    user_id: str
    """``ipaUniqueID``; empty if the hub did not know it."""
    groups: frozenset[str]
    amounts: Mapping[str, float]


@dataclass(frozen=True)
class Record:
    """The hub's record of a period."""

    uses: tuple[Use, ...]
    observed: Mapping[date, float]
    """Hours of each day in which the hub took samples."""
    begin: date | None
    """First recorded day of all; None if there is no record."""
    now: datetime
    """Time of the hub."""
    problem: str = ""
    """Reason why nothing is recorded at present; empty if it is."""
    note: str = ""
    """What happened to the record before."""


def read_record(hub: HubAccess, period: Period) -> Record:
    """Return the record of a period.

    Raises:
        UsageUnavailable: the hub did not answer, or refused.
    """
    uses: list[Use] = []
    after: int | None = 0
    answer: Mapping[str, Any] = {}
    while after is not None:
        answer = _ask(hub, {"from": period.first, "to": period.last, "after": after})
        try:
            uses += [_use(row) for row in answer.get("rows", ())]
            following = answer.get("next")
            if following is not None and int(following) <= after:
                raise ValueError("the answers would never end")
            after = None if following is None else int(following)
        except (KeyError, TypeError, ValueError):
            raise _not_a_hub() from None
    try:
        return Record(
            uses=tuple(uses),
            observed={date.fromisoformat(day): _amount(hours) for day, hours in answer.get("observed", {}).items()},
            begin=date.fromisoformat(answer["begin"]) if answer.get("begin") else None,
            now=datetime.fromtimestamp(float(answer["now"]), UTC),
            problem=escape_control_characters(str(answer["problem"])),
            note=escape_control_characters(str(answer.get("note", ""))),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        raise _not_a_hub() from None


def _ask(hub: HubAccess, query: Mapping[str, object]) -> Mapping[str, Any]:
    try:
        page = hub.client.get_with_token(f"/hub{USAGE_PATH}?{urlencode(query)}", hub.token)
    except NoConnection as failure:
        raise UsageUnavailable(str(failure)) from None
    if page.status != HTTPStatus.OK:
        raise UsageUnavailable(REASONS.get(page.status, f"the hub answered with HTTP {page.status}"))
    try:
        answer = json.loads(page.body)
    except ValueError:
        raise _not_a_hub() from None
    if not isinstance(answer, dict):
        raise _not_a_hub()
    return answer


def _use(row: Mapping[str, Any]) -> Use:
    return Use(
        user=str(row["user"]),
        user_id=str(row["id"]),
        groups=frozenset(str(group) for group in row["groups"]),
        amounts={name: _amount(row[name]) for name in AMOUNTS},
    )


def _amount(value: Any) -> float:  # noqa: ANN401 - from JSON
    number = float(value)
    if not 0 <= number < MOST:  # also not a number
        raise ValueError(f"{number} is no amount")
    return number


def _not_a_hub() -> UsageUnavailable:
    return UsageUnavailable("the answer is not that of a Pangeo hub; check pangeoDomain and externalIp")
