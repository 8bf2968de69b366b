"""Reading from the target cluster's API: directly where a certificate or a token logs in, else through ``kubectl``.

Through ``kubectl`` go log-in programs (``exec``), proxies, impersonation and the pod this runs in.
"""

import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import IN_CLUSTER, Access, Kubeconfig
from components.cluster.private_file import private_file
from components.deadline import deadline

TIMEOUT_SECONDS = 5.0
"""To connect, and again for each next part of an answer."""

WHOLE_ANSWER_TIMES = 3
"""A whole answer, connecting included, may take as many times that."""

LARGEST_ANSWER_BYTES = 32 * 1024**2
"""No list asked for here comes near it."""

KUBECTL_GRACE_SECONDS = 10.0
"""On top, for the log-in program that kubectl may have to run."""

_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 200, 401, 403, 404


class Api(Protocol):
    """A cluster that can be read from."""

    @property
    def server(self) -> str:
        """Its URL, for messages and to tell clusters apart."""
        ...

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        """The JSON at ``path``.

        Raises:
            CannotAsk: there is no answer, or it is a refusal.
        """
        ...


@contextmanager
def connected(
    kubeconfig: Kubeconfig, environment: Mapping[str, str], timeout_seconds: float = TIMEOUT_SECONDS
) -> Iterator[Api]:
    """The API of the cluster a kubeconfig leads to. Nothing is sent before the first question.

    Raises:
        CannotAsk: the kubeconfig cannot be used.
    """
    access = kubeconfig.access() if kubeconfig.path or kubeconfig.text is not None else None
    reason = _why_kubectl(access)
    if access is not None and reason is None:
        direct = DirectApi(access, kubeconfig.name, timeout_seconds)
        try:
            yield direct
        finally:
            direct.close()
        return
    program = shutil.which("kubectl", path=environment.get("PATH"))
    server = _shown(access.server) if access else IN_CLUSTER
    if program is None:
        raise CannotAsk(f"{server}: {reason} needs the kubectl program, which is not on PATH; install it")
    with kubeconfig.as_file() as file:
        yield _Kubectl(program, server, file, kubeconfig, environment, timeout_seconds)


class DirectApi:
    """An API reached by a TLS connection of its own, which is kept for later requests. Redirects are not followed."""

    def __init__(self, access: Access, name: str, timeout_seconds: float) -> None:
        self.server = _shown(access.server)
        self._name = name
        self._timeout_seconds = timeout_seconds
        url = urlsplit(access.server)
        self._prefix = url.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        self._connection = _Connection(url.hostname or "", url.port, timeout_seconds, self._tls(access))

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        """Read the JSON at ``path``, as ``Api`` describes."""
        status, body = self.request("GET", path, {"Accept": accept})
        if status != _OK:
            raise CannotAsk(f"{self.server} ({self._name}): {_refusal(status, path)}")
        return _object(body, self.server)

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Send one request. Returns the HTTP status and the body of the answer.

        Raises:
            CannotAsk: there is no complete answer.
        """
        with deadline(WHOLE_ANSWER_TIMES * self._timeout_seconds, self._connection.break_off) as expired:
            try:
                self._connection.request(method, self._prefix + path, body, {**self._headers, **headers})
                response = self._connection.getresponse()
                answer = response.read(LARGEST_ANSWER_BYTES + 1)
            except (OSError, HTTPException, ValueError, AttributeError) as error:  # AttributeError: broken off by us
                self._connection.close()
                why = self._slow() if expired.is_set() else self._cause(error)
                raise CannotAsk(f"{self.server} ({self._name}): {why}") from None
        if expired.is_set() or len(answer) > LARGEST_ANSWER_BYTES:
            self._connection.close()
            why = (
                self._slow()
                if expired.is_set()
                else f"the answer to {path} is without an end; is this a Kubernetes API?"
            )
            raise CannotAsk(f"{self.server} ({self._name}): {why}")
        return response.status, answer

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _slow(self) -> str:
        return (
            f"no whole answer within {WHOLE_ANSWER_TIMES * self._timeout_seconds:g} s; check the network and your VPN"
        )

    def _tls(self, access: Access) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cadata=access.authority)
            if not access.verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if access.certificate and access.key:
                with private_file(f"{access.certificate.strip()}\n{access.key.strip()}\n") as file:
                    context.load_cert_chain(file)
        except (ssl.SSLError, ValueError):
            raise CannotAsk(
                f"{self.server} ({self._name}): its certificates or key are not PEM texts that fit together"
            ) from None
        return context

    def _cause(self, error: Exception) -> str:
        match error:
            case TimeoutError():
                return f"no answer within {self._timeout_seconds:g} s; check the network, its firewalls and your VPN"
            case ssl.SSLCertVerificationError():
                return f"its certificate is not the kubeconfig's authority's: {error.verify_message}"
            case ssl.SSLError():
                return f"no TLS connection: {error.reason or type(error).__name__}"
            case ConnectionRefusedError():
                return "the connection was refused; check that the cluster runs and that the address is right"
            case socket.gaierror():
                return "the name cannot be resolved; check it and this machine's DNS"
            case OSError():
                return f"no connection: {error.strerror or type(error).__name__}"
            case _:
                return "what answers there is no Kubernetes API"


class _Connection(HTTPSConnection):
    """One whose socket is known before the handshake, so that one without an end can be ended."""

    def __init__(self, host: str, port: int | None, timeout_seconds: float, tls: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=timeout_seconds, context=tls)
        self._verified = tls

    def connect(self) -> None:
        HTTPConnection.connect(self)
        self.sock = self._verified.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def break_off(self) -> None:
        """Make whoever waits for this connection stop."""
        self.sock.shutdown(socket.SHUT_RDWR)


class _Kubectl:
    """The same questions, asked by ``kubectl get --raw``."""

    def __init__(
        self,
        program: str,
        server: str,
        file: Path | None,
        kubeconfig: Kubeconfig,
        environment: Mapping[str, str],
        timeout_seconds: float,
    ) -> None:
        self.server = server
        self._name = kubeconfig.name
        self._words = [program, "get", f"--request-timeout={timeout_seconds:g}s"]
        self._words += ["--context", kubeconfig.context] if kubeconfig.context else []
        self._environment = {**environment, **({"KUBECONFIG": str(file)} if file else {})}
        self._limit_seconds = timeout_seconds + KUBECTL_GRACE_SECONDS

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        try:
            done = subprocess.run(
                [*self._words, "--raw", path],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=self._environment,
                timeout=self._limit_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CannotAsk(
                f"{self.server} ({self._name}): kubectl gave no answer within {self._limit_seconds:g} s"
            ) from None
        if done.returncode != 0:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise CannotAsk(f"{self.server} ({self._name}): kubectl: {''.join(last) or 'failed without a word'}")
        return _object(done.stdout, self.server)


def _why_kubectl(access: Access | None) -> str | None:
    if access is None:
        return "logging in as the pod this runs in"
    if access.only_kubectl:
        return f"{access.only_kubectl} in the kubeconfig"
    url = urlsplit(access.server)
    if url.scheme != "https":
        return "a server without https"
    if "https" in getproxies() and not proxy_bypass(url.hostname or ""):
        return "the proxy HTTPS_PROXY"
    return None


def _refusal(status: int, path: str) -> str:
    if status == _UNAUTHORIZED:
        return "the log-in is refused (401); renew the kubeconfig's certificate or token"
    if status == _FORBIDDEN:
        return f"the account may not read {path} (403); allow it that"
    if status == _NOT_FOUND:
        return f"there is no {path} (404); what answers there is no Kubernetes API"
    return f"the answer to {path} is HTTP {status}"


def _object(body: bytes, server: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise CannotAsk(f"{server}: what answers there is no Kubernetes API")
    return found


def _shown(server: str) -> str:
    """The URL in one spelling, without anybody's password."""
    url = urlsplit(server)
    return url._replace(netloc=url.netloc.rpartition("@")[2].lower()).geturl()
