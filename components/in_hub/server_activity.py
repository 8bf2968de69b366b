"""The activity of users' servers, from their own reports only.

The proxy notes every request as activity, also those that an open JupyterLab page sends by itself, and JupyterHub takes
the later one of both (``JupyterHub.update_last_activity``, 5.5.0). It takes none from a proxy that reports none.
"""

import asyncio
from typing import Any

from jupyterhub import orm  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.proxy import ConfigurableHTTPProxy  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.utils import utcnow  # type: ignore[import-not-found,unused-ignore]
from traitlets.config import Config  # type: ignore[import-not-found,unused-ignore]
from traitlets.utils.importstring import import_item  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.clock_jumps import watch_clock


class ServersActivity:
    """A proxy whose routes have no activity: the first base class of a class of JupyterHub's proxies."""

    db: Any
    log: Any
    _has_started = False

    async def get_all_routes(self) -> dict[str, Any]:
        """Return the routes. The hub asks for them before it starts its services, of which one stops idle servers."""
        if not self._has_started:
            self._has_started = True
            count_absence(self.db)
            self._watch = asyncio.ensure_future(watch_clock(self._count_jump))
        routes: dict[str, Any] = await super().get_all_routes()  # type: ignore[misc]
        for route in routes.values():
            route["data"].pop("last_activity", None)
        return routes

    def _count_jump(self) -> None:
        """Count a jump of the clock as an absence, before the next check for idle servers."""
        self.log.warning("the clock has jumped; all running servers count as active now")
        try:
            count_absence(self.db)
        except Exception:  # the database does not answer; the watch must go on
            self.log.exception("the servers' activity was not changed")
            self.db.rollback()


def count_absence(db: Any) -> None:  # noqa: ANN401 - SQLAlchemy is not installed here
    """Count the time in which the hub did not run as activity of all running servers, which could not report theirs.

    So it is after a jump of the clock, for example when the cluster's machines were suspended. A hub that was away for
    longer than the limit would otherwise stop all of them, and their computations, at once.
    """
    now = utcnow(with_tz=False)
    for server in db.query(orm.Spawner).filter(orm.Spawner.server_id.is_not(None)):
        server.last_activity = now
    db.commit()


def install(c: Config) -> None:
    """Let the hub take the activity of servers from their reports only."""
    base = c.JupyterHub.get("proxy_class") or ConfigurableHTTPProxy
    base = import_item(base) if isinstance(base, str) else base
    c.JupyterHub.proxy_class = type("ServersActivityProxy", (ServersActivity, base), {})
