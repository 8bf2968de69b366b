"""The section ``announcements``: sentences on the hub's pages, each until a point in time."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.config.plain_text import check_line
from components.config.problems import format_key
from components.config.section import Section

MAX_ANNOUNCEMENTS = 10
MAX_LENGTH = 500
"""Most characters of one announcement: more than this is a page to link to."""

EXAMPLE = "2026-12-05T18:00+00:00"

Where = Literal["logIn", "home", "others"]


def _point_in_time(value: str) -> str:
    """Return a time with its distance from UTC, as the operator wrote it, in one spelling."""
    write = f'write the date, the time and the distance from UTC in quotes, for example "{EXAMPLE}"'
    try:
        time = datetime.fromisoformat(value.replace(" +", "+"))
    except ValueError:
        raise ValueError(f"is not a point in time; {write}") from None
    if "T" not in value.upper() and ":" not in value:
        raise ValueError(f"has no time of day; {write}")
    if time.utcoffset() is None:
        raise ValueError(f"has no time zone; {write}")
    return time.isoformat(timespec="minutes")


def _check_count(value: tuple["Announcement", ...]) -> tuple["Announcement", ...]:
    if len(value) > MAX_ANNOUNCEMENTS:
        raise ValueError(f"has {len(value)} announcements; write at most {MAX_ANNOUNCEMENTS}")
    return value


def _check_places(value: tuple[Where, ...]) -> tuple[Where, ...]:
    if not value:
        raise ValueError("is an empty list; leave it out for all pages, or write logIn, home or others")
    return tuple(dict.fromkeys(value))


class Announcement(Section):
    """One sentence that users read on the hub's pages."""

    text: Annotated[str, Field(max_length=MAX_LENGTH), AfterValidator(check_line)] = Field(
        description="Text, which is never read as HTML. Addresses that begin with `https://` become links",
        examples=["Maintenance on Saturday: servers are stopped at 9:00. https://status.example.org"],
    )
    until: Annotated[str, AfterValidator(_point_in_time)] = Field(
        description="End, after which the hub's pages do not show it any more: date, time and distance from UTC",
        examples=[EXAMPLE],
    )
    severity: Literal["info", "warning", "urgent"] = Field(
        "info", description="Colour and symbol: `info`, `warning` or `urgent`"
    )
    where: Annotated[tuple[Where, ...], AfterValidator(_check_places)] = Field(
        ("logIn", "home", "others"),
        description="Pages that show it: `logIn`, `home`, and `others`, such as the page on which a server starts. By "
        "default all",
        examples=[["logIn", "home"]],
    )


Announcements = Annotated[tuple[Announcement, ...], AfterValidator(_check_count)]


def past_announcements(announcements: Iterable[Announcement], now: datetime) -> Iterator[str]:
    """Yield a warning for each announcement that the hub does not show any more.

    It is no error: a deployment for another reason must not fail because time has passed.
    """
    for number, each in enumerate(announcements):
        if datetime.fromisoformat(each.until) <= now:
            key = format_key(("announcements", number, "until"))
            yield f"{key} {each.until} is in the past, so it is not shown; correct it, or remove the entry"
