"""Directory servers that answer by a script, with certificates of one authority, and settings to connect to them."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from components.freeipa.settings import Directory, ServerAddress, TlsMode
from tests.support.certificates import Authority, authority, server_context
from tests.support.scripted_server import Answer, ScriptedServer, scripted_server

HOST = "localhost"
BIND_DN = "uid=anna,cn=users,cn=accounts,dc=example,dc=org"
PASSWORD = "correct-horse-battery"
OK = Answer()
TIMEOUT_SECONDS = 3

Serve = Callable[..., ScriptedServer]
At = Callable[..., Directory]


@pytest.fixture(scope="session")
def trusted() -> Authority:
    return authority("trusted")


@pytest.fixture
def tls(tmp_path: Path, trusted: Authority) -> ssl.SSLContext:
    return server_context(tmp_path, trusted, HOST)


@pytest.fixture
def serve(tls: ssl.SSLContext) -> Iterator[Serve]:
    """Return a function that starts a server with these answers, over LDAPS or with StartTLS."""
    with ExitStack() as servers:

        def start(*answers: Answer, mode: TlsMode = "ldaps") -> ScriptedServer:
            context = {"tls": tls} if mode == "ldaps" else {"start_tls": tls}
            return servers.enter_context(scripted_server(answers, **context))

        yield start


@pytest.fixture
def at(trusted: Authority) -> At:
    """Return a function that returns the settings for servers, each given by its object or its port."""

    def directory(
        *servers: ScriptedServer | int, tls: TlsMode = "ldaps", host: str = HOST, ca: str | None = trusted.pem
    ) -> Directory:
        ports = [server if isinstance(server, int) else server.port for server in servers]
        addresses = tuple(ServerAddress(host, port) for port in ports)
        return Directory(addresses, tls, ca, BIND_DN, TIMEOUT_SECONDS, TIMEOUT_SECONDS)

    return directory


@pytest.fixture
def refused_port() -> Iterator[int]:
    with socket.socket() as bound_only:
        bound_only.bind(("127.0.0.1", 0))
        yield bound_only.getsockname()[1]
