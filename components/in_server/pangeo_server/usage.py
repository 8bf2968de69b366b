"""The use of disk, memory and CPUs against their limits: an API of the server, which the JupyterLab extension asks.

The extension is ``components/in_server/labextensions/pangeo-usage``. Both show GB of 1024³ bytes, as the stack file.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import APIHandler, JupyterHandler  # type: ignore[import-not-found,unused-ignore]
from jupyter_server.utils import url_path_join  # type: ignore[import-not-found,unused-ignore]
from tornado.ioloop import IOLoop  # type: ignore[import-not-found,unused-ignore]
from tornado.web import authenticated  # type: ignore[import-not-found,unused-ignore]

from .cgroup import ControlGroups, CpuMeter
from .home import Home, Use

USAGE_PATH = "pangeo/usage"
HELP_PATH = "pangeo/usage/help"
HELP = Path(__file__).with_name("usage_help.html")


class Usage:
    """Everything that the answer is made from."""

    def __init__(self, home: Home, groups: ControlGroups) -> None:
        self._home, self._groups, self._meter = home, groups, CpuMeter(groups)

    async def read(self) -> dict[str, Any]:
        """Return the use and the limit of each resource; None where they are not known."""
        return {
            "disk": await self._disk(),
            "memory": self._memory(),
            "cpu": self._cpu(),
        }

    async def _disk(self) -> dict[str, int] | None:
        try:
            use = await self._home.use()
        except OSError:
            return None
        return None if use is None else asdict(use)

    def _memory(self) -> dict[str, int] | None:
        used, limit = self._groups.memory_bytes(), _declared("MEM_LIMIT") or self._groups.memory_limit()
        return None if used is None or not limit else asdict(Use(used, int(limit)))

    def _cpu(self) -> dict[str, float | None] | None:
        limit = _declared("CPU_LIMIT") or self._groups.cpu_limit()
        return None if not limit else {"used": self._meter.used(time.monotonic()), "limit": limit}


def _declared(name: str) -> float | None:
    """Return a limit that KubeSpawner declares in the environment."""
    try:
        return float(os.environ[name])
    except (KeyError, ValueError):
        return None


class UsageHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """Answers with the present use."""

    _track_activity = False  # an open window alone does not keep a server running

    def initialize(self, usage: Usage) -> None:
        """Receive the source of the figures."""
        super().initialize()
        self._usage = usage

    @authenticated  # type: ignore[untyped-decorator,unused-ignore]
    async def get(self) -> None:
        """Return the present use."""
        self.finish(await self._usage.read())


class HelpHandler(JupyterHandler):  # type: ignore[misc,unused-ignore]
    """The page that explains the warnings."""

    @authenticated  # type: ignore[untyped-decorator,unused-ignore]
    def get(self) -> None:
        """Return the page."""
        self.finish(HELP.read_text(encoding="utf-8"))


def start(app: Any, settings: Any) -> None:  # noqa: ANN401 - jupyter_server is not installed here
    """Add the API and the page, and begin to report the use of the home to the hub."""
    home = Home(settings.home)
    usage = Usage(home, ControlGroups())
    base = app.web_app.settings["base_url"]
    app.web_app.add_handlers(
        ".*$",
        [
            (url_path_join(base, USAGE_PATH), UsageHandler, {"usage": usage}),
            (url_path_join(base, HELP_PATH), HelpHandler),
        ],
    )
    if "JUPYTERHUB_API_URL" in os.environ:
        IOLoop.current().add_callback(home.report_for_ever, app.log)
