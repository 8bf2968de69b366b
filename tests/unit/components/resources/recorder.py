"""Registrations of resources as the engine receives them, without an engine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from pulumi.runtime import MockCallArgs, MockResourceArgs, mocks

NewResource = Callable[[MockResourceArgs], tuple[str, dict[Any, Any]]]
"""Returns the id and the outputs of a resource."""


class Recorder(mocks.MockMonitor):
    """Records every registration of a custom resource."""

    def __init__(self, answers: pulumi.runtime.Mocks) -> None:
        super().__init__(answers)
        self.requests: list[dict[str, Any]] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.custom:
            self.requests.append(MessageToDict(request))
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


class Answers(pulumi.runtime.Mocks):
    """Answers each registration with the outputs of a function, and refuses calls."""

    def __init__(self, answer: NewResource) -> None:
        self._answer = answer

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return self._answer(args)

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args.token)


@contextmanager
def recorded_registrations(answer: NewResource) -> Iterator[Recorder]:
    """Record the registrations inside the block."""
    answers = Answers(answer)
    recorder = Recorder(answers)
    pulumi.runtime.set_mocks(answers, project="pangeo", stack="vis", monitor=recorder)
    try:
        yield recorder
    finally:
        pulumi.runtime.settings.reset_options()
