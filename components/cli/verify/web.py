"""HTTPS requests and websockets to the hub and to users' servers, at the tenancy's address, as a browser sends them."""

import json
import ssl
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, NamedTuple

import websocket

from components.cli.diagnose.certificates import Endpoint, NoConnection, connect
from components.deadline import deadline
from components.https import HttpsConnection

TIMEOUT_SECONDS = 20.0
"""Timeout of a whole request, if a check gives no other."""

ANSWER_BYTES = 8_000_000
"""Limit of an answer's size."""


class Answer(NamedTuple):
    """An answer to a request."""

    status: int
    headers: dict[str, str]
    """Headers, with names in lower case."""
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON value in the body.

        Raises:
            NoConnection: it is none.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise NoConnection(f"HTTP {self.status} without JSON: the answer is not the hub's") from None

    def json_object(self, **types: type) -> dict[str, Any]:
        """Return the JSON object in the body.

        Args:
            types: the keys that it must have, with the types of their values.

        Raises:
            NoConnection: the body is no such object.
        """
        found = self.json()
        if isinstance(found, dict) and all(isinstance(found.get(key), each) for key, each in types.items()):
            return found
        expected = f" with {', '.join(types)}" if types else ""
        raise NoConnection(f"HTTP {self.status} without a JSON object{expected}: the answer is not the hub's")


class AnswerLost(NoConnection):
    """A request was sent, and no complete answer came. The server may have done what was requested."""


class Web:
    """Sends requests to one host, each over a new verified connection. Redirects are not followed."""

    def __init__(self, endpoint: Endpoint, tls: Callable[[], ssl.SSLContext]) -> None:
        """Create a client.

        Args:
            endpoint: the host.
            tls: returns a new context with the authorities to trust.
        """
        self.endpoint = endpoint
        self._tls = tls

    def request(
        self,
        method: str,
        path: str,
        body: object | None = None,
        *,
        token: str = "",
        headers: dict[str, str] | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> Answer:
        """Send a request and return the answer.

        Args:
            method: the method.
            path: path and query.
            body: the body: bytes, or a value that is sent as JSON.
            token: token of the hub; empty for none.
            headers: further headers.
            timeout_seconds: limit of the whole exchange.

        Raises:
            AnswerLost: there is no complete answer.
            NoConnection: there is no connection; nothing was sent.
        """
        sent = {**({"Authorization": f"token {token}"} if token else {}), **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            sent["Content-Type"], body = "application/json", json.dumps(body).encode()
        connection = HttpsConnection(
            self.endpoint.name,
            self.endpoint.port,
            self._tls(),
            timeout_seconds,
            open_socket=lambda: connect(self.endpoint, timeout_seconds),
        )
        is_connected = False
        try:
            with deadline(timeout_seconds, lambda: connection.sock):
                connection.connect()
                is_connected = True
                connection.request(method, path, body, sent)
                response = connection.getresponse()
                content = response.read(ANSWER_BYTES)
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)
        except (OSError, HTTPException, AttributeError) as error:  # AttributeError: the deadline closed the socket
            failure = AnswerLost if is_connected else NoConnection
            raise failure(f"{self._url('https', path)}: {self._reason(error, timeout_seconds)}") from None
        finally:
            connection.close()

    def open_websocket(
        self, path: str, *, token: str = "", timeout_seconds: float = TIMEOUT_SECONDS
    ) -> websocket.WebSocket:
        """Open a websocket; the caller closes it. ``timeout_seconds`` also limits each wait for a message.

        Raises:
            NoConnection: the websocket was not opened.
        """
        url, plain = self._url("wss", path), connect(self.endpoint, timeout_seconds)
        try:
            secure = self._tls().wrap_socket(plain, server_hostname=self.endpoint.name, do_handshake_on_connect=False)
            with deadline(timeout_seconds, lambda: secure):
                secure.do_handshake()
                return websocket.create_connection(
                    url,
                    header=[f"Authorization: token {token}"] if token else [],
                    socket=secure,
                    timeout=timeout_seconds,
                )
        except websocket.WebSocketBadStatusException as refusal:
            plain.close()
            raise NoConnection(f"{url}: HTTP {refusal.status_code} instead of a websocket") from None
        except (OSError, websocket.WebSocketException) as error:
            plain.close()
            raise NoConnection(f"{url}: {self._reason(error, timeout_seconds)}") from None

    def _url(self, scheme: str, path: str) -> str:
        port = "" if self.endpoint.port == 443 else f":{self.endpoint.port}"
        return f"{scheme}://{self.endpoint.name}{port}{path.partition('?')[0]}"

    def _reason(self, error: Exception, timeout_seconds: float) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {timeout_seconds:g} s"
        reason = getattr(error, "verify_message", None) or getattr(error, "strerror", None)
        return f"{reason or error or type(error).__name__} [{type(error).__name__}] at {self.endpoint}"
