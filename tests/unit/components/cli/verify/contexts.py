"""Contexts for checks of ``verify`` without a hub."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from components.cli.diagnose.certificates import Endpoint
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.verify.context import Context
from components.cli.verify.web import Answer, Web
from components.cluster.errors import CannotAsk
from tests.support.tenancies import tenancy

LONG_SECONDS = 300.0


def context(limit_seconds: float = 30.0) -> Context:
    return Context(tenancy(), "vis", CheckEnvironment({}, datetime.now(UTC)), limit_seconds)


def answer(status: int, body: object = None) -> Answer:
    return Answer(status, {}, b"" if body is None else json.dumps(body).encode())


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

    def __init__(self, values: Sequence[object]) -> None:
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
    """The objects of a cluster, by path without the query."""

    server = "https://192.0.2.2"

    def __init__(self, objects: dict[str, Any]) -> None:
        self._objects = objects

    def get(self, path: str, accept: str = "") -> dict[str, Any]:
        found = self._objects.get(path.partition("?")[0], {"items": []})
        return dict(found)


class ScriptedContext(Context):
    """A context whose hub, server and cluster are scripted. Waiting takes no time."""

    scripted_web: ScriptedWeb
    scripted_server: ScriptedServer
    objects: dict[str, Any] | None = None

    @property
    def web(self) -> ScriptedWeb:
        return self.scripted_web

    @property
    def server(self) -> ScriptedServer:  # type: ignore[override]
        return self.scripted_server

    @contextmanager
    def cluster(self) -> Iterator[ScriptedApi]:  # type: ignore[override]
        if self.objects is None:
            raise CannotAsk("no answer")
        yield ScriptedApi(self.objects)

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
    made.objects = objects
    return made
