"""The page of a pending start while the hub, after its own restart, still looks whether the user's server runs.

JupyterHub (5.5.0) shows the page of a start that is pending (``SpawnPendingHandler``), but refuses the page's request
for its progress, because no server starts (``SpawnProgressAPIHandler``): the browser would wait for ever. Here the
request waits for the end of the check, and the page then leads to the server, or starts it.
"""

import asyncio
from typing import Any

from jupyterhub.apihandlers.users import SpawnProgressAPIHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.handlers.pages import SpawnPendingHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.scopes import needs_scope  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.utils import url_escape_path, url_path_join  # type: ignore[import-not-found,unused-ignore]
from tornado.httputil import url_concat  # type: ignore[import-not-found,unused-ignore]
from tornado.web import authenticated  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.further_server_rules import explain_wait

CHECK = "check"
"""JupyterHub's name of the pending check (``Spawner.pending``)."""

STOP = "stop"
"""Pending after a check that found no running server, while the hub forgets it."""

POLL_SECONDS = 0.3

_shown: set[tuple[str, str]] = set()
"""Servers, by user and name, whose page was shown during a check."""


class StartPageHandler(SpawnPendingHandler):  # type: ignore[misc,unused-ignore]
    """Page of a pending start; after a check that found no running server, it starts one."""

    @authenticated  # type: ignore[untyped-decorator,unused-ignore]
    @needs_scope("servers")  # type: ignore[untyped-decorator,unused-ignore]
    async def get(self, user_name: str, server_name: str = "") -> None:
        """Return the page, or lead to the start of the server."""
        spawner, key = _find_spawner(self, user_name, server_name), (user_name, server_name)
        if spawner is not None and spawner.pending == CHECK:
            _shown.add(key)
        elif key in _shown and (spawner is None or not spawner.pending):
            _shown.discard(key)
            user = self.find_user(user_name)
            # The hub forgets servers that do not run.
            if user is not None and (spawner is None or not spawner.active):
                start = url_path_join(self.hub.base_url, "spawn", user.escaped_name, url_escape_path(server_name))
                following = self.get_argument("next", "")
                self.redirect(url_concat(start, {"next": following} if following else {}))
                return
        await super().get(user_name, server_name)


class ProgressHandler(SpawnProgressAPIHandler):  # type: ignore[misc,unused-ignore]
    """Progress of a start; of a check, too, whose end makes the page load again."""

    async def send_event(self, event: dict[str, Any]) -> None:
        """Send an event, with an explanation if the server waits for the node of the user's other servers."""
        await super().send_event(explain_wait(event))

    @needs_scope("read:servers")  # type: ignore[untyped-decorator,unused-ignore]
    async def get(self, user_name: str, server_name: str = "") -> None:
        """Send the events."""
        spawner = _find_spawner(self, user_name, server_name or "")
        if spawner is not None and spawner.pending not in (CHECK, STOP, None):
            _shown.discard((user_name, server_name or ""))  # a start, of which a failure must be shown
        is_shown = (user_name, server_name or "") in _shown
        if spawner is None or not is_shown or spawner.pending not in (CHECK, STOP, None):
            await super().get(user_name, server_name)
            return
        self.set_header("Cache-Control", "no-cache")
        asyncio.ensure_future(self.keepalive())  # noqa: RUF006 - it ends with the request
        message = "The hub was restarted and looks for running servers"
        await self.send_event({"progress": 5, "message": message})
        while spawner.pending in (CHECK, STOP):
            await asyncio.sleep(POLL_SECONDS)
        await self.send_event({"progress": 100, "ready": True, "message": "The hub has found all servers"})


def _find_spawner(handler: Any, user_name: str, server_name: str) -> Any | None:  # noqa: ANN401 - no types
    user = handler.find_user(user_name)
    return user.spawners[server_name] if user is not None and server_name in user.spawners else None
