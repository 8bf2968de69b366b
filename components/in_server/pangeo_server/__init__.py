"""Extension of the notebook server: the parts of this project that run inside of a user's server.

It is mounted into every server and must work with the packages of each operator's image: Python 3.9, jupyter_server,
tornado and traitlets. A part that fails never stops the server.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import Any

from .activity_reports import set_report_interval
from .settings import read_settings

PARTS: tuple[str, ...] = ("start_page", "activity", "usage")
"""Modules of this package; each has a function ``start(app, settings)``."""


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Return the extension. jupyter_server asks before it loads any, also before JupyterHub's reports activity."""
    with contextlib.suppress(Exception):  # the server must start; it logs the reason when it loads the extension
        set_report_interval(read_settings())
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:  # noqa: ANN401 - jupyter_server is not installed here
    """Start every part of the extension."""
    try:
        settings = read_settings()
    except Exception:  # the server must start
        app.log.exception("pangeo_server: the settings cannot be read; the extension is off")
        return
    for name in PARTS:
        try:
            importlib.import_module(f".{name}", __name__).start(app, settings)
        except Exception:  # the server must start
            app.log.exception("pangeo_server: the part %s does not work", name)
