"""Reads from the target cluster's API: directly with a client certificate or a token, otherwise through ``kubectl``.

Log-in programs (``exec``), proxies, impersonation and a pod's own account are left to ``kubectl``.
"""

import json
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import IN_CLUSTER, LOG_IN_PROGRAMS, Access, Kubeconfig
from components.cluster.private_file import private_file
from components.deadline import deadline
from components.https import HttpsConnection
from components.programs import (
    LOG_IN_VARIABLE,
    InvalidPatience,
    Patience,
    call_program,
    is_attended,
    patience_for_log_in,
    report_on_stderr,
    without_a_person,
)
from components.tls import Fault, certificate_fault, verifying_context

TIMEOUT_SECONDS = 5.0
"""Timeout to connect, and again for each next part of an answer."""

WHOLE_ANSWER_TIMES = 3
"""Deadline of a whole answer, with connecting, as a multiple of the timeout."""

LARGEST_ANSWER_BYTES = 32 * 1024**2
"""Limit of an answer's size; no list that is read here comes near it."""

KUBECTL_GRACE_SECONDS = 10.0
"""Time added to the timeout of kubectl for a log-in program that waits for nobody."""

HTTPS_PORT = 443
NOT_KUBERNETES = "the server is not a Kubernetes API; check its address"
"""Message about an answer that no Kubernetes API gives."""

_CERTIFICATE_REASONS = {
    Fault.UNKNOWN_AUTHORITY: "its certificate is not signed by the kubeconfig's authority",
    Fault.ANOTHER_HOST: "its certificate is not for this address",
    Fault.VALIDITY: "its certificate or its authority's has expired or is not valid yet; check this machine's clock",
    Fault.UNACCEPTABLE: "its certificate or its authority's is not acceptable",
}

_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 200, 401, 403, 404


class Api(Protocol):
    """Read access to a cluster's API."""

    @property
    def server(self) -> str:
        """The API server's URL, for messages and to tell clusters apart."""
        ...

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        """Return the JSON object at ``path``.

        Args:
            path: path and query of the URL.
            accept: the media type to ask for.

        Raises:
            CannotAsk: there is no answer, or the request is refused.
        """
        ...


@contextmanager
def connect_to_cluster(
    kubeconfig: Kubeconfig,
    environment: Mapping[str, str],
    timeout_seconds: float = TIMEOUT_SECONDS,
    report: Callable[[str], None] = report_on_stderr,
) -> Iterator[Api]:
    """Give access to the API of the cluster in a kubeconfig. Nothing is sent before the first request.

    Args:
        kubeconfig: the kubeconfig.
        environment: where ``kubectl`` is looked up, and its own environment. ``PANGEO_LOGIN_SECONDS`` limits the time
            that a log-in program may wait for a person.
        timeout_seconds: as ``TIMEOUT_SECONDS``.
        report: receives the messages of kubectl and its log-in program while they run.

    Raises:
        CannotAsk: the kubeconfig cannot be used.
    """
    access = kubeconfig.access() if kubeconfig.path or kubeconfig.text is not None else None
    reason = _reason_for_kubectl(access)
    if access is not None and reason is None:
        direct = DirectApi(access, kubeconfig.name, timeout_seconds)
        try:
            yield direct
        finally:
            direct.close()
        return
    program = shutil.which("kubectl", path=environment.get("PATH"))
    server = _normalized_url(access.server) if access else IN_CLUSTER
    if program is None:
        raise CannotAsk(f"{server}: {reason} needs the kubectl program, which is not on PATH; install it")
    patience = _patience(access, timeout_seconds, environment)
    with kubeconfig.as_file() as file:
        variables = {**environment, **({"KUBECONFIG": str(file)} if file else {})}
        yield _Kubectl(program, server, kubeconfig, variables, patience, timeout_seconds, report)


class DirectApi:
    """API access over one TLS connection that is kept for later requests. Redirects are not followed."""

    def __init__(self, access: Access, name: str, timeout_seconds: float) -> None:
        self.server = _normalized_url(access.server)
        self._name = name
        self._timeout_seconds = timeout_seconds
        url = urlsplit(access.server)
        self._prefix = url.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        self._connection = HttpsConnection(
            url.hostname or "", url.port or HTTPS_PORT, self._context(access), timeout_seconds
        )

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        """Return the JSON object at ``path``, as described in :class:`Api`."""
        status, body = self.request("GET", path, {"Accept": accept})
        if status != _OK:
            raise self._failure(_refusal(status, path))
        return _json_object(body, self.server)

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Send one request. Return the HTTP status and the body of the answer.

        Raises:
            CannotAsk: there is no complete answer.
        """
        with deadline(WHOLE_ANSWER_TIMES * self._timeout_seconds, lambda: self._connection.sock) as expired:
            try:
                self._connection.request(method, self._prefix + path, body, {**self._headers, **headers})
                response = self._connection.getresponse()
                answer = response.read(LARGEST_ANSWER_BYTES + 1)
            except (OSError, HTTPException, ValueError, AttributeError) as error:  # AttributeError: socket shut down
                self._connection.close()
                raise self._failure(self._too_slow() if expired.is_set() else self._reason(error)) from None
        if expired.is_set() or len(answer) > LARGEST_ANSWER_BYTES:
            self._connection.close()
            too_large = f"the answer to {path} is larger than any of a Kubernetes API; check the server's address"
            raise self._failure(self._too_slow() if expired.is_set() else too_large)
        return response.status, answer

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _failure(self, reason: str) -> CannotAsk:
        return CannotAsk(f"{self.server} ({self._name}): {reason}")

    def _too_slow(self) -> str:
        seconds = WHOLE_ANSWER_TIMES * self._timeout_seconds
        return f"no complete answer within {seconds:g} s; check the network and your VPN"

    def _context(self, access: Access) -> ssl.SSLContext:
        try:
            context = verifying_context(access.authority)
            if not access.verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if access.certificate and access.key:
                with private_file(f"{access.certificate.strip()}\n{access.key.strip()}\n") as file:
                    context.load_cert_chain(file)
        except (ssl.SSLError, ValueError):
            raise self._failure("its certificates or its key are not PEM, or do not match each other") from None
        return context

    def _reason(self, error: Exception) -> str:
        match error:
            case TimeoutError():
                return f"no answer within {self._timeout_seconds:g} s; check the network, its firewalls and your VPN"
            case ssl.SSLCertVerificationError():
                return f"{_CERTIFICATE_REASONS[certificate_fault(error)]}: {error.verify_message}"
            case ssl.SSLError():
                return f"no TLS connection: {error.reason or type(error).__name__}"
            case ConnectionRefusedError():
                return "the connection was refused; check that the cluster runs and that the address is right"
            case socket.gaierror():
                return "the name cannot be resolved; check it and this machine's DNS"
            case OSError():
                return f"no connection: {error.strerror or type(error).__name__}"
            case _:
                return NOT_KUBERNETES


class _Kubectl:
    """API access through ``kubectl get --raw``."""

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
        # The time of a log-in program counts as time of the request.
        request_seconds = timeout_seconds + patience.attended_seconds - patience.unattended_seconds
        self._words = [program, "get", f"--request-timeout={request_seconds:g}s"]
        self._words += ["--context", kubeconfig.context] if kubeconfig.context else []
        self._environment = environment
        self._patience = patience
        self._may_log_in = patience.attended_seconds > patience.unattended_seconds
        self._report = report

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        try:
            done = call_program(
                [*self._words, "--raw", path],
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
        if done.exit_code != 0:
            raise self._failure("", done.messages or "failed without a message")
        return _json_object(done.stdout, self.server)

    def _failure(self, reason: str, messages: str = "") -> CannotAsk:
        return CannotAsk(f"{self.server} ({self._name}): kubectl: {reason}", messages)


def _patience(access: Access | None, timeout_seconds: float, environment: Mapping[str, str]) -> Patience:
    unattended_seconds = timeout_seconds + KUBECTL_GRACE_SECONDS
    if access is None or access.only_kubectl not in LOG_IN_PROGRAMS:
        return without_a_person(unattended_seconds)
    try:
        return patience_for_log_in(unattended_seconds, environment, has_terminal=is_attended())
    except InvalidPatience as invalid:
        raise CannotAsk(str(invalid)) from None


def _reason_for_kubectl(access: Access | None) -> str | None:
    if access is None:
        return "a log-in with the account of the pod that this runs in"
    if access.only_kubectl:
        return f"{access.only_kubectl} in the kubeconfig"
    url = urlsplit(access.server)
    if url.scheme != "https":
        return "a server URL without https"
    if "https" in getproxies() and not proxy_bypass(url.hostname or ""):
        return "the proxy HTTPS_PROXY"
    return None


def _refusal(status: int, path: str) -> str:
    if status == _UNAUTHORIZED:
        return "the log-in is refused (401); renew the kubeconfig's certificate or token"
    if status == _FORBIDDEN:
        return f"the account may not read {path} (403); grant it that permission"
    if status == _NOT_FOUND:
        return f"there is no {path} (404); {NOT_KUBERNETES}"
    return f"the answer to {path} is HTTP {status}"


def _json_object(body: bytes, server: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise CannotAsk(f"{server}: {NOT_KUBERNETES}")
    return found


def _normalized_url(server: str) -> str:
    """Return the URL in lower case without user name and password."""
    url = urlsplit(server)
    return url._replace(netloc=url.netloc.rpartition("@")[2].lower()).geturl()
