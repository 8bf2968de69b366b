"""Access to a cluster's API through the ``kubectl`` program, for every way to log in that it supports."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Literal

from components.cluster.answers import CONFLICT, NOT_FOUND, OK, json_object, refusal
from components.cluster.errors import CannotAsk, Refused
from components.cluster.kubeconfig import LOG_IN_PROGRAMS, Access, Kubeconfig
from components.cluster.private_file import private_file
from components.programs import (
    LOG_IN_VARIABLE,
    InvalidPatience,
    Patience,
    call_program,
    is_attended,
    patience_for_log_in,
    without_a_person,
)

KUBECTL_GRACE_SECONDS = 10.0
"""Time added to the timeout of kubectl for a log-in program that waits for nobody."""

Method = Literal["GET", "POST", "PUT", "DELETE"]
"""HTTP methods that :meth:`KubectlApi.send` supports."""

_COMMANDS = {"GET": "get", "POST": "create", "PUT": "replace", "DELETE": "delete"}
_STATUSES = {"NotFound": NOT_FOUND, "Conflict": CONFLICT, "AlreadyExists": CONFLICT}
"""Reasons that kubectl prints for a refused request, e.g. ``Error from server (NotFound): …``."""

_FORBIDDEN = "Error from server (Forbidden)"
"""Start of the message about a request for which the account lacks the right."""


class KubectlApi:
    """API access through ``kubectl --raw``."""

    def __init__(
        self,
        program: str,
        server: str,
        kubeconfig: Kubeconfig,
        environment: Mapping[str, str],
        patience: Patience,
        timeout_seconds: float,
        report: Callable[[str], None],
    ) -> None:
        self.server = server
        self._name = kubeconfig.name
        self._program = program
        # The time of a log-in program counts as time of the request.
        request_seconds = timeout_seconds + patience.attended_seconds - patience.unattended_seconds
        self._options = [f"--request-timeout={request_seconds:g}s"]
        self._options += ["--context", kubeconfig.context] if kubeconfig.context else []
        self._environment = environment
        self._patience = patience
        self._may_log_in = patience.attended_seconds > patience.unattended_seconds
        self._report = report

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        """Return the JSON object at ``path``. The media type is always JSON."""
        status, found = self.send("GET", path)
        if status != OK:
            raise self._failure(refusal(status, path))
        return found

    def send(self, method: Method, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Mapping[str, Any]]:
        """Send one request, as described in :class:`components.cluster.client.ReadWriteApi`."""
        words = [self._program, _COMMANDS[method], *self._options, "--raw", path]
        with ExitStack() as stack:
            if body is not None:  # not on standard input, which a log-in program may need
                words += ["--filename", str(stack.enter_context(private_file(json.dumps(body))))]
            return self._call(words)

    def read_text(self, path: str) -> str:
        """Return the text at ``path``, as described in :class:`components.cluster.client.ClusterApi`."""
        status, body = self._run([self._program, "get", *self._options, "--raw", path])
        if status != OK:
            raise self._failure(refusal(status, path))
        return body.decode(errors="replace")

    def _call(self, words: list[str]) -> tuple[int, Mapping[str, Any]]:
        status, body = self._run(words)
        return status, json_object(body, self.server) if status == OK else {}

    def _run(self, words: list[str]) -> tuple[int, bytes]:
        try:
            done = call_program(
                words,
                environment=self._environment,
                patience=self._patience,
                waiting=f"waiting for kubectl, which asks {self.server} and may have to log you in",
                report=self._report,
                # Without a log-in program, kubectl prints nothing but the error, which is in the exception.
                passes_messages=self._may_log_in,
                terminal=self._patience.has_terminal,
            )
        except OSError as error:
            raise self._failure(f"cannot be started: {error.strerror}") from None
        if done.exit_code is None:
            fix = f"check the network, or give its log-in program more time with {LOG_IN_VARIABLE}"
            text = f"gave no answer within {done.limit_seconds:g} s; {fix}"
            raise self._failure(text, f"; it printed:\n{done.messages}" if done.messages else "")
        if done.exit_code == 0:
            return OK, done.stdout
        last = "".join(done.messages.splitlines()[-1:])
        for reason, status in _STATUSES.items():
            if last.startswith(f"Error from server ({reason})"):
                return status, b""
        kind = Refused if last.startswith(_FORBIDDEN) else CannotAsk
        raise self._failure("", done.messages or "failed without a message", kind)

    def _failure(self, reason: str, messages: str = "", kind: type[CannotAsk] = CannotAsk) -> CannotAsk:
        return kind(f"{self.server} ({self._name}): kubectl: {reason}", messages)


def patience_for(access: Access | None, timeout_seconds: float, environment: Mapping[str, str]) -> Patience:
    """Return the time limits of kubectl with this access.

    Raises:
        CannotAsk: the environment has an invalid limit.
    """
    unattended_seconds = timeout_seconds + KUBECTL_GRACE_SECONDS
    if access is None or access.only_kubectl not in LOG_IN_PROGRAMS:
        return without_a_person(unattended_seconds)
    try:
        return patience_for_log_in(unattended_seconds, environment, has_terminal=is_attended())
    except InvalidPatience as invalid:
        raise CannotAsk(str(invalid)) from None
