"""A Python kernel on a person's server, with the protocol of ``verify``."""

import json
import socket
import ssl
import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import websocket

from components.cli.verify.failures import CodeRaised
from components.cli.verify.kernel import receive_output, send_code
from local.tenancy.addresses import INGRESS_ADDRESS
from tests.support.person import Person

CONNECT_TIMEOUT_SECONDS = 30.0
RUN_TIMEOUT_SECONDS = 90.0


class KernelRaised(Exception):
    """The code raised an exception; the text contains its name, message and traceback."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name


class Kernel:
    """A running kernel; the end of its context shuts it down."""

    def __init__(self, person: Person) -> None:
        self._person = person
        started = person.call("POST", f"/user/{person.user}/api/kernels", {"name": "python3"})
        started.raise_for_status()
        self.id = str(started.json()["id"])
        self._socket = self._open_socket()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        self._socket.close()
        self._person.call("DELETE", f"/user/{self._person.user}/api/kernels/{self.id}")

    def reconnect(self) -> None:
        """Open another connection: the server closes one on which nobody has answered its pings for minutes."""
        self._socket.close()
        self._socket = self._open_socket()

    def _open_socket(self) -> websocket.WebSocket:
        person = self._person
        return websocket.create_connection(
            f"{person.hub.url.replace('https', 'wss', 1)}/user/{person.user}/api/kernels/{self.id}/channels",
            header=[f"Authorization: token {person.token}"],
            socket=_connect(person),
            timeout=CONNECT_TIMEOUT_SECONDS,
        )

    def run(self, code: str, timeout_seconds: float = RUN_TIMEOUT_SECONDS) -> str:
        """Run ``code`` and return its standard output.

        Raises:
            KernelRaised: the code raised an exception.
            CodeFailed: the code did not end within ``timeout_seconds``.
            NoConnection: the connection broke.
        """
        try:
            return receive_output(self._socket, self.send(code), time.monotonic() + timeout_seconds)
        except CodeRaised as failure:
            raise KernelRaised(failure.name, failure.text) from None

    def value(self, expression: str, timeout_seconds: float = RUN_TIMEOUT_SECONDS) -> Any:
        """Return the value of an expression, which must be serialisable as JSON."""
        return json.loads(self.run(f"import json; print(json.dumps({expression}))", timeout_seconds))

    def send(self, code: str) -> str:
        """Start ``code`` without waiting for its end; return the id of the request."""
        return send_code(self._socket, code)


def _connect(person: Person) -> ssl.SSLSocket:
    """Return a connection to the hub. No DNS server of this machine knows the names of further tenancies."""
    url = urlsplit(person.hub.url)
    connection = socket.create_connection((str(INGRESS_ADDRESS), url.port or 443), CONNECT_TIMEOUT_SECONDS)
    return ssl.create_default_context(cafile=person.hub.ca_file).wrap_socket(connection, server_hostname=url.hostname)
