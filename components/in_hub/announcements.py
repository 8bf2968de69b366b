"""Announcements on the hub's pages, which the hub reads again while it runs.

They are in a ConfigMap of the chart, so that an ``up`` with other announcements restarts nothing. Each ends by itself.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from logging import Logger
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from components.in_hub.linked_text import link_addresses

CONFIG_MAP = "announcements"
"""The ConfigMap, in templates/announcements.yaml of the chart; there is none without announcements."""

KEY = "announcements.json"

READ_SECONDS = 10.0
"""Interval in seconds at which the hub reads it."""

PAGES = {"login.html": "logIn", "home.html": "home"}
"""Places of announcements by the page's template; all other pages are ``others``."""

ReadConfigMap = Callable[[str], Awaitable[Mapping[str, str] | None]]
"""Returns the data of a ConfigMap; None if there is none."""


@dataclass(frozen=True)
class Announcement:
    """An announcement as a page shows it."""

    html: Markup
    severity: str
    until: datetime
    where: tuple[str, ...]

    @property
    def end(self) -> str:
        """The end as users read it: ``Saturday 5 December 2026, 18:00 UTC+01:00``."""
        return self.until.strftime(f"%A {self.until.day} %B %Y, %H:%M %Z")


def read_announcements(data: Mapping[str, str] | None) -> tuple[Announcement, ...]:
    """Return the announcements in a ConfigMap's data.

    Raises:
        ValueError: They are not as the program writes them.
    """
    try:
        return tuple(
            Announcement(
                link_addresses(each["text"]),
                each["severity"],
                datetime.fromisoformat(each["until"]),
                tuple(each["where"]),
            )
            for each in json.loads((data or {}).get(KEY, "[]"))
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the ConfigMap {CONFIG_MAP} does not have announcements: {error!r}") from None


class Announcements:
    """The announcements that this hub knows."""

    def __init__(self) -> None:
        self._known: tuple[Announcement, ...] = ()
        self._reading: asyncio.Task[None] | None = None

    def begin(self, read: ReadConfigMap, log: Logger) -> None:
        """Read the ConfigMap now and at each interval, until the hub ends."""
        self._reading = asyncio.get_running_loop().create_task(self._read_for_ever(read, log))

    def shown(self, where: str, now: datetime) -> Iterator[Announcement]:
        """Yield the announcements of a place that have not ended."""
        return (each for each in self._known if where in each.where and now < each.until)

    async def _read_for_ever(self, read: ReadConfigMap, log: Logger) -> None:
        logged = ""
        while True:
            problem = ""
            try:
                self._known = read_announcements(await read(CONFIG_MAP))
            except Exception as error:  # pages go on with the known ones, which end by themselves
                problem = f"{error}" or type(error).__name__
            if problem and problem != logged:
                log.error("announcements were not read: %s", problem)
            logged = problem
            await asyncio.sleep(READ_SECONDS)


ANNOUNCEMENTS = Announcements()
"""Those of this process: JupyterHub's templates and its authenticator are configured apart from each other."""


def template_function(_user: Any) -> Callable[[Context], list[Announcement]]:  # noqa: ANN401 - JupyterHub has no types
    """Return the function with which a template gets its announcements; JupyterHub calls this for each page.

    It is no method: traitlets copies its configuration, and a method's object with it.
    """
    return _announcements_of_page


@pass_context
def _announcements_of_page(context: Context) -> list[Announcement]:
    return list(ANNOUNCEMENTS.shown(PAGES.get(context.name or "", "others"), datetime.now(UTC)))
