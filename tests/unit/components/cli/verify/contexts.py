"""Contexts for checks of ``verify`` without a hub."""

import base64
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from components.chart.verification_access import TOKEN_KEY
from components.cli.diagnose.certificates import Endpoint
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.verify.context import Context
from components.cli.verify.web import Answer, Web
from components.cluster.errors import CannotAsk
from tests.support.tenancies import tenancy

LONG_SECONDS = 300.0

Sent = tuple[str, str, dict[str, Any] | None]
"""A request that changes the cluster."""


def context(limit_seconds: float = 30.0) -> Context:
    return Context(tenancy(), "vis", CheckEnvironment({}, datetime.now(UTC)), limit_seconds)


def answer(status: int, body: object = None) -> Answer:
    return Answer(status, {}, b"" if body is None else json.dumps(body).encode())


SECRET = "/api/v1/namespaces/vis-pangeo/secrets/pangeo-secrets"
OBJECTS: dict[str, Any] = {SECRET: {"data": {TOKEN_KEY: base64.b64encode(b"a" * 64).decode()}}}
"""The objects that the begin of a lease needs."""

BEGUN = answer(200, {"token": "t", "choice": {"profile": "small"}})
"""The hub's answer to the begin of a lease."""


class ScriptedWeb(Web):
    """Answers requests in the order of a list, and then as the last time."""

    def __init__(self, answers: Sequence[Answer | Exception]) -> None:
        super().__init__(Endpoint("hub.example.org", "192.0.2.1", 443), lambda: None)  # type: ignore[arg-type,return-value]
        self._answers = list(answers)
        self.requests: list[tuple[str, str]] = []

    def request(self, method: str, path: str, *_: object, **__: object) -> Answer:
        self.requests.append((method, path))
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(found, Exception):
            raise found
        return found


class ScriptedServer:
    """Runs code by returning values, raising errors, or waiting for events, in the order of a list."""

    token = "t"

    def __init__(self, values: Sequence[object]) -> None:
        self.web = ScriptedWeb([answer(500)])
        self._values = list(values)

    def run(self, code: str, timeout_seconds: float = 0) -> object:
        compile(code, "code", "exec")
        found = self._values.pop(0)
        if isinstance(found, Exception):
            raise found
        if isinstance(found, threading.Event):
            found.wait(LONG_SECONDS)
        return found


class ScriptedApi:
    """The objects of a cluster, by path without the query; or the error of each request to a path."""

    server = "https://192.0.2.2"

    def __init__(self, objects: dict[str, Any], sent: list[Sent]) -> None:
        self._objects = objects
        self._sent = sent

    def get(self, path: str, accept: str = "") -> dict[str, Any]:
        found = self._objects.get(path.partition("?")[0], {"items": []})
        if isinstance(found, CannotAsk):
            raise found
        return dict(found)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        if method == "GET":
            return 200, self.get(path)
        if isinstance(self._objects.get(path), CannotAsk):
            raise self._objects[path]
        self._sent.append((method, path, body))
        return 200, {}


class ScriptedContext(Context):
    """A context whose hub, server and cluster are scripted. Waiting takes no time."""

    scripted_web: ScriptedWeb
    scripted_server: ScriptedServer
    objects: dict[str, Any] | None = None
    sent: list[Sent]

    @property
    def web(self) -> ScriptedWeb:
        return self.scripted_web

    @property
    def server(self) -> ScriptedServer:  # type: ignore[override]
        return self.scripted_server

    @contextmanager
    def cluster(self) -> Iterator[ScriptedApi]:
        if self.objects is None:
            raise CannotAsk("no answer")
        yield ScriptedApi(self.objects, self.sent)

    def wait(self, seconds: float) -> None:
        super().wait(0)


def scripted(
    *answers: Answer | Exception,
    code: Sequence[object] = (),
    objects: dict[str, Any] | None = None,
    **changes: Any,
) -> ScriptedContext:
    made = ScriptedContext(tenancy(**changes), "vis", CheckEnvironment({}, datetime.now(UTC)), 30.0)
    made.scripted_web, made.scripted_server = ScriptedWeb(answers or [answer(500)]), ScriptedServer(code)
    made.objects, made.sent = objects, []
    return made
