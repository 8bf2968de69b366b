"""The tenancy's own pages and page parts: announcements, name, logo and links, and terms of use."""

from pathlib import Path
from typing import Any

from tornado.web import RequestHandler  # type: ignore[import-not-found,unused-ignore]
from traitlets.config import Config  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.announcements import ANNOUNCEMENTS, template_function
from components.in_hub.logo_file import read_logo
from components.in_hub.replaced_pages import EXTENSIONS
from components.in_hub.terms import read_terms
from components.in_hub.terms_pages import terms_pages
from components.in_hub.user_objects import hub_objects

TEMPLATES = Path(__file__).parent
"""Folder of the templates; ``page.html`` is the frame of all pages."""


def install(c: Config) -> None:
    """Let JupyterHub find the templates and their variables, and the pages as soon as its event loop runs."""
    EXTENSIONS.append(add_own_pages)
    c.JupyterHub.template_paths = [*(c.JupyterHub.get("template_paths") or []), str(TEMPLATES)]
    c.JupyterHub.template_vars = {
        **(c.JupyterHub.get("template_vars") or {}),
        "current_announcements": template_function,
        "has_terms": read_terms() is not None,
    }


class OwnLogoHandler(RequestHandler):  # type: ignore[misc,unused-ignore]
    """The community's logo. The browser runs nothing in it, even if it is opened as a page."""

    def initialize(self, media_type: str, content: bytes) -> None:
        """Receive the image."""
        self._media_type, self._content = media_type, content

    def get(self) -> None:
        """Return the image."""
        self.set_header("Content-Type", self._media_type)
        self.set_header(
            "Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
        )
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-cache")
        self.finish(self._content)

    head = get


def add_own_pages(app: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - JupyterHub has no types
    """Read announcements from now on, where the hub runs in Kubernetes; return the handlers of logo and terms."""
    if objects := hub_objects(app.config.KubeSpawner):
        ANNOUNCEMENTS.begin(objects.read_config_map, app.log)
    handlers: list[tuple[Any, ...]] = []
    if logo := read_logo():
        handlers.append(("/logo", OwnLogoHandler, dict(zip(("media_type", "content"), logo, strict=True))))
    if terms := read_terms():
        handlers += terms_pages(app, terms)
    return handlers
