"""The check of homes in ``status``: the fullest ones, and those of users without access. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from components.cli.diagnose.result import CheckResult, good, warning
from components.cli.homes.amounts import format_part
from components.cli.homes.home import Home
from components.cli.homes.listing import home_as_json
from components.config.types import format_count

HOMES = "homes"

FULL = 0.9
"""Used part of a home that is reported as a warning."""

SHOWN = 5
"""Number of homes that are named."""


def check_homes(homes: Sequence[Home], stack: str) -> CheckResult:
    """Check how full the homes are. Only the hub's record shows who has no access: no password is needed.

    Args:
        homes: the homes.
        stack: the stack's name, for suggested commands.
    """
    claims = [home for home in homes if home.claim]
    measured = sorted(
        ((home.used_part, home.name, home.user) for home in claims if home.used_part is not None), reverse=True
    )
    full = [each for each in measured if each[0] >= FULL]
    named = ", ".join(f"{user} {format_part(part)}" for part, _, user in (full or measured)[:SHOWN])
    more = f" and {len(full) - SHOWN} more" if len(full) > SHOWN else ""
    users = sorted({home.user for home in claims})
    facts = [f"{format_count(len(users), 'user')} {'has' if len(users) == 1 else 'have'} a home"]
    if measured and not full:
        facts.append(f"the fullest: {named}")
    if unmeasured := len(claims) - len(measured):
        facts.append(f"the use of {unmeasured} is not known")
    if former := [home for home in homes if home.away_since or not home.claim]:
        facts.append(f"{format_count(len(former), 'home')} of users without access")
    if archived := [home for home in claims if home.archived_at]:
        listed = ", ".join(f"{home.user} on {home.archived_at:%Y-%m-%d}" for home in archived[:SHOWN])
        hidden = f" and {len(archived) - SHOWN} more" if len(archived) > SHOWN else ""
        command = f"python -m components members archive-home {stack} {archived[0].user}"
        facts.append(f"archived automatically: {listed}{hidden}; to delete one of these homes: {command}")
    details: dict[str, Any] = {
        "users": users,
        "homes": [home_as_json(home, None) for home in homes],
        "withoutAccess": [{"user": home.user, "home": home.name, "since": _text(home.away_since)} for home in former],
    }
    if not full:
        return good(HOMES, "; ".join(facts), **details)
    message = f"{len(full)} of {len(claims)} at least {format_part(FULL)} full: {named}{more}; {'; '.join(facts)}"
    fix = (
        "let these users delete files, or give them larger homes; all: python -m components members list "
        f"{stack} --sort used"
    )
    return warning(HOMES, message, fix, **details)


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
