"""The clocks of a run's node, of the API server and of the store, which must agree.

With a wrong clock, backups get wrong times, by which retention deletes them; the store refuses requests, or the run
leaves volumes out that have been backed up in the future.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from components.tls import verifying_context

TOLERANCE = timedelta(minutes=5)
"""Largest difference. Stores refuse requests from 15 minutes on."""

REQUEST_SECONDS = 10.0
"""Time limit of a request."""

CLUSTER, STORE = "the API server", "the store"


def find_wrong_clock(differences: Mapping[str, timedelta], node: str) -> str:
    """Return which clock is wrong, and by how much; empty if all agree.

    Args:
        differences: the clocks of others minus the own one, by their names. Those that are not known are missing.
        node: the node with the own clock.
    """
    wrong = {name: each for name, each in differences.items() if abs(each) > TOLERANCE}
    if not wrong:
        return ""
    agree = max(wrong.values()) - min(wrong.values()) <= TOLERANCE
    if len(wrong) == len(differences) > 1 and agree:
        first = next(iter(wrong.values()))
        return f"the clock of the node {node} is {_describe(-first)}; set it by NTP"
    found = [f"the clock of {name} is {_describe(each)}" for name, each in wrong.items()]
    return f"{', and '.join(found)}, compared with that of the node {node}; set them by NTP"


def _describe(difference: timedelta) -> str:
    minutes = round(abs(difference).total_seconds() / 60)
    amount = f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
    return f"{amount} {'fast' if difference > timedelta() else 'slow'}"


def clock_difference(url: str, authority: str | None) -> timedelta | None:
    """Return the clock of a server minus the own one; None if it does not answer, which later steps report.

    Args:
        url: an address of the server. Any answer has the time, also a refusal.
        authority: the certificate of the server's authority, as PEM.
    """
    parts = urlsplit(url)
    request = Request(f"{parts.scheme}://{parts.netloc}/", method="HEAD")  # noqa: S310 - from the settings
    try:
        handlers = [HTTPSHandler(context=verifying_context(authority))] if parts.scheme == "https" else []
        opener = build_opener(ProxyHandler({}), *handlers)
        with opener.open(request, timeout=REQUEST_SECONDS) as answer:
            return _difference(answer.headers)
    except HTTPError as error:
        return _difference(error.headers)
    except (OSError, HTTPException, ValueError):
        return None


def _difference(headers: Message) -> timedelta | None:
    try:
        time = parsedate_to_datetime(str(headers["Date"]))
    except (TypeError, ValueError):
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)) - datetime.now(UTC)
