"""Access to the target cluster's API: directly with a client certificate or a token, otherwise through ``kubectl``.

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

from components.cluster.answers import (
    CONFLICT,
    FORBIDDEN,
    NOT_FOUND,
    NOT_KUBERNETES,
    OK,
    UNAUTHORIZED,
    json_object,
    refusal,
)
from components.cluster.errors import CannotAsk, Refused
from components.cluster.kubeconfig import IN_CLUSTER, Access, Kubeconfig
from components.cluster.kubectl import KubectlApi, Method, patience_for
from components.cluster.private_file import private_file
from components.deadline import deadline
from components.https import HttpsConnection
from components.programs import report_on_stderr
from components.tls import Fault, certificate_fault, verifying_context

TIMEOUT_SECONDS = 5.0
"""Timeout to connect, and again for each next part of an answer."""

WHOLE_ANSWER_TIMES = 3
"""Deadline of a whole answer, with connecting, as a multiple of the timeout."""

LARGEST_ANSWER_BYTES = 32 * 1024**2
"""Limit of an answer's size; no list that is read here comes near it."""

HTTPS_PORT = 443
_FIRST_REDIRECT = 300
_CERTIFICATE_REASONS = {
    Fault.UNKNOWN_AUTHORITY: "its certificate is not signed by the kubeconfig's authority",
    Fault.ANOTHER_HOST: "its certificate is not for this address",
    Fault.VALIDITY: "its certificate or its authority's has expired or is not valid yet; check this machine's clock",
    Fault.UNACCEPTABLE: "its certificate or its authority's is not acceptable",
}


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


class ReadWriteApi(Api, Protocol):
    """Access to a cluster's API."""

    def send(self, method: Method, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Mapping[str, Any]]:
        """Send one request. Return its status (of success, ``NOT_FOUND`` or ``CONFLICT``) and the JSON object.

        Raises:
            CannotAsk: there is no answer, or the request is refused for another reason.
        """
        ...


class ClusterApi(ReadWriteApi, Protocol):
    """Access to a cluster's API, and to the texts that it has, which are the logs of containers."""

    def read_text(self, path: str) -> str:
        """Return the text at ``path``.

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
) -> Iterator[ClusterApi]:
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
    patience = patience_for(access, timeout_seconds, environment)
    with kubeconfig.as_file() as file:
        variables = {**environment, **({"KUBECONFIG": str(file)} if file else {})}
        yield KubectlApi(program, server, kubeconfig, variables, patience, timeout_seconds, report)


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
        if status != OK:
            failure = self._failure(refusal(status, path))
            raise Refused(str(failure)) if status in (UNAUTHORIZED, FORBIDDEN) else failure
        return json_object(body, self.server)

    def send(self, method: Method, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Mapping[str, Any]]:
        """Send one request, as described in :class:`ReadWriteApi`."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        status, answer = self.request(method, path, headers, None if body is None else json.dumps(body).encode())
        if status not in (NOT_FOUND, CONFLICT) and not OK <= status < _FIRST_REDIRECT:
            raise self._failure(refusal(status, path, "read" if method == "GET" else "change"))
        return status, json_object(answer, self.server)

    def read_text(self, path: str) -> str:
        """Return the text at ``path``, as described in :class:`ClusterApi`."""
        status, body = self.request("GET", path, {"Accept": "*/*"})
        if status != OK:
            raise self._failure(refusal(status, path))
        return body.decode(errors="replace")

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


def _normalized_url(server: str) -> str:
    """Return the URL in lower case without user name and password."""
    url = urlsplit(server)
    return url._replace(netloc=url.netloc.rpartition("@")[2].lower()).geturl()
