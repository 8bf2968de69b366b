"""End of all further servers when the operator permits no more of them; the homes stay, as they are those of the users.

JupyterHub itself would let them run, but neither show them nor stop them on the pages and through its API.
"""

import asyncio
import functools
from typing import Any

from jupyterhub import orm  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.app import JupyterHub  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.server_stop import stop_server

REASON = "the hub permits no further servers (pangeo:notebook.furtherServers)"

_ending: set["asyncio.Task[None]"] = set()


def install() -> None:
    """Let every JupyterHub of this process end further servers when it starts, unless they are permitted."""
    original = JupyterHub.init_spawners
    if getattr(original, "ends_further_servers", False):
        return

    @functools.wraps(original)
    async def init_spawners(app: Any) -> Any:  # noqa: ANN401 - JupyterHub has no types
        # The check, which servers run, ends first.
        checked = await original(app)
        if not app.allow_named_servers:
            task = asyncio.get_running_loop().create_task(end_further_servers(app))
            _ending.add(task)
            task.add_done_callback(_ending.discard)
        return checked

    init_spawners.ends_further_servers = True  # type: ignore[attr-defined]
    JupyterHub.init_spawners = init_spawners


async def end_further_servers(app: Any) -> None:  # noqa: ANN401 - JupyterHub has no types
    """Stop all further servers and remove them from the hub's database; one that goes on is left to the next start."""
    found = app.db.query(orm.Spawner.user_id, orm.Spawner.name).filter(orm.Spawner.name != "").all()
    await asyncio.gather(*(_end(app, user, name) for user, name in found))


async def _end(app: Any, number: int, name: str) -> None:  # noqa: ANN401 - JupyterHub has no types
    user = app.users.get(number)
    if user is None or name not in user.orm_spawners:
        return
    spawner = user.spawners[name]
    if spawner.active:
        await stop_server(app, user, name, app.log, REASON)
    if spawner.active:
        return
    # As JupyterHub's own API removes a server (``UserServerAPIHandler.delete``).
    app.db.delete(spawner.orm_spawner)
    user.spawners.pop(name, None)
    app.db.commit()
    app.log.info("removed the server %s, because %s", spawner._log_name, REASON)
