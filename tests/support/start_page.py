"""The events that the page of a starting server shows, as the page reads them."""

import json
from collections.abc import Callable
from typing import Any

from tests.support.person import CALL_TIMEOUT_SECONDS, Person

_DATA = b"data:"


def read_start_page(person: Person, is_last: Callable[[str], bool]) -> list[str]:
    """Return the messages on the page of the person's starting server, up to one that fulfils the condition.

    Raises:
        AssertionError: the server started or failed before that.
    """
    shown: list[str] = []
    url = f"{person.hub.url}/hub/api/users/{person.user}/server/progress"
    headers = {"Authorization": f"token {person.token}", "Accept": "text/event-stream"}
    with (
        person.hub.session() as session,
        session.get(url, headers=headers, stream=True, timeout=CALL_TIMEOUT_SECONDS) as answer,
    ):
        assert answer.ok, answer.text
        for line in answer.iter_lines():
            if not line.startswith(_DATA):
                continue
            event: dict[str, Any] = json.loads(line.removeprefix(_DATA))
            shown.append(str(event.get("message", "")))
            if is_last(shown[-1]):
                return shown
    raise AssertionError(f"the page has ended with: {shown}")
