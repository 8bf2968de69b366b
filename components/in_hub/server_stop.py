"""The stop of a user's server by the hub itself, as JupyterHub's own API does it."""

import asyncio
from logging import Logger
from typing import Any

CANCEL_SECONDS = 1.0
"""Time that the start of a server gets to end when it is interrupted, as in JupyterHub's own API."""


async def stop_server(hub: Any, user: Any, name: str, log: Logger, reason: str) -> None:  # noqa: ANN401 - untyped
    """Stop a server, also one that is just starting. Problems are in the log.

    Args:
        hub: the application ``JupyterHub``.
        user: the user.
        name: the server's name.
        log: the hub's log.
        reason: the reason, for the log.
    """
    spawner = user.spawners[name]
    starting = spawner._spawn_future if spawner.pending else None
    spawner._stop_pending = True
    try:
        if starting and not starting.done():
            starting.cancel()
            await asyncio.sleep(CANCEL_SECONDS)
        try:
            await hub.proxy.delete_user(user, name)
        except Exception:
            # The hub's regular check of all routes removes this one once the server has stopped.
            log.exception("the proxy did not remove the route of %s", spawner._log_name)
        await user.stop(name)
        log.info("stopped the server %s, because %s", spawner._log_name, reason)
    except Exception:
        log.exception("the server %s did not stop", spawner._log_name)
    finally:
        spawner._stop_pending = False
