"""The page about the problems of the user's home, with which JupyterLab opens after such a start, and their report."""

from __future__ import annotations

import asyncio
import html
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.base.handlers import JupyterHandler  # type: ignore[import-not-found,unused-ignore]
from tornado.httpclient import HTTPRequest  # type: ignore[import-not-found,unused-ignore]
from tornado.simple_httpclient import SimpleAsyncHTTPClient  # type: ignore[import-not-found,unused-ignore]
from tornado.web import authenticated  # type: ignore[import-not-found,unused-ignore]

from .settings import Settings

RUN_VARIABLE, FILE, READY = "PANGEO_RUN_FOLDER", "problems.json", "ready"
"""As in ``pangeo_start/problem.py``."""

PATH = "/pangeo/start"
TEMPLATE = Path(__file__).with_name("start_page.html")
ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 5.0
"""Pause after the first attempt; each further one is twice as long."""

REQUEST_SECONDS = 30.0


def start(app: Any, settings: Settings) -> None:  # noqa: ANN401 - jupyter_server is not installed here
    """Add the page, and report the problems to the hub as soon as the server runs."""
    folder = os.environ.get(RUN_VARIABLE)
    if not folder:
        return
    problems = json.loads(Path(folder, FILE).read_text(encoding="utf-8"))
    base = app.web_app.settings["base_url"].rstrip("/")
    app.web_app.add_handlers(".*$", [(base + PATH, StartPageHandler, {"problems": problems})])
    app.io_loop.add_callback(Path(folder, READY).touch)
    app.io_loop.add_callback(report, app, settings.problems_path, problems)


class StartPageHandler(JupyterHandler):  # type: ignore[misc,unused-ignore]
    """Shows the problems, and the way to JupyterLab."""

    def initialize(self, problems: list[dict[str, str]]) -> None:
        """Receive the problems."""
        self._problems = problems

    @authenticated  # type: ignore[untyped-decorator,unused-ignore]
    def get(self) -> None:
        """Return the page."""
        base = self.settings["base_url"].rstrip("/")
        self.finish(render(self._problems, base + (os.environ.get("JUPYTERHUB_DEFAULT_URL") or "/lab")))


def render(problems: list[dict[str, str]], next_url: str) -> str:
    """Return the page's text."""
    items = "\n".join(
        f"<li><p><b>{html.escape(each['what'])}</b></p><p>{html.escape(each['fix'])}</p></li>" for each in problems
    )
    text = TEMPLATE.read_text(encoding="utf-8")
    return text.replace("{{problems}}", items).replace("{{next}}", html.escape(next_url, quote=True))


async def report(app: Any, path: str, problems: list[dict[str, str]]) -> None:  # noqa: ANN401 - as above
    """Send the problems, or that there are none, to the hub, which shows them to the operators."""
    hub = urlsplit(os.environ.get("JUPYTERHUB_API_URL", ""))
    token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
    url = hub._replace(path=hub.path[: -len("/api")] + path).geturl()
    listed = [{"kind": each["kind"], "what": each["what"]} for each in problems]
    # As UTF-8: escapes would make texts in other scripts several times as long as the hub accepts.
    body = json.dumps({"problems": listed}, ensure_ascii=False).encode()
    reason: object = ""
    for attempt in range(ATTEMPTS):
        request = HTTPRequest(
            url,
            method="POST",
            body=body,
            headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
            request_timeout=REQUEST_SECONDS,
            validate_cert=True,
        )
        try:
            # This client knows no proxy, which the token must not reach.
            answer = await SimpleAsyncHTTPClient().fetch(request, raise_error=False)
        except Exception as error:  # no answer: the hub restarts
            reason = error
        else:
            reason = answer.code
            if answer.code < 500 and answer.code != 429:
                break
        await asyncio.sleep(2**attempt * FIRST_PAUSE_SECONDS)
    if reason != 200:
        app.log.warning("pangeo_server: the hub does not accept the report of the home's problems: %s", reason)
