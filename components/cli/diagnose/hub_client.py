"""The hub as a browser meets it: HTTPS to the ingress by the tenancy's address, with the hub's name, verified.

The address is dialled and not the name, so that a wrong DNS entry and a hub that is down can be told apart.
"""

import re
import socket
import ssl
from html import unescape
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import urlencode

from components.cli.diagnose.certificates import Endpoint, NoConnection, connect
from components.deadline import deadline
from components.in_hub.messages import WRONG_CREDENTIALS

TIMEOUT_SECONDS = 20.0
"""For each next part of an answer. A log-in may wait for each of several directory servers."""

WHOLE_TIMES = 2
"""A whole answer may take as many times that."""

NOBODY = "pangeo-doctor-knows-nobody"
"""No user has this name, so a failed log-in counts towards nobody's lock-out."""

_OK = 200
_XSRF = re.compile(r'name="_xsrf"\s+value="([^"]+)"')
_SAID = re.compile(r'<p class="login_error">(.*?)</p>', re.DOTALL)
_PAGE_BYTES = 1_000_000


class Answer(NamedTuple):
    """A page."""

    status: int
    body: str
    cookies: str
    """As they go back."""


class LogIn(NamedTuple):
    """What the hub made of somebody whom the directory does not know."""

    status: int
    said: str
    """The page's own sentence; empty where it has none."""

    @property
    def was_refused_by_directory(self) -> bool:
        """Whether it is the directory that did not know the name."""
        return self.said == WRONG_CREDENTIALS


class HubWeb:
    """Asks the hub, a new verified connection for each question."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._endpoint = endpoint
        self._context = context
        self._timeout_seconds = timeout_seconds

    def healthy(self) -> int:
        """The status of JupyterHub's own health page: 200 when all is well.

        Raises:
            NoConnection: there is no answer.
        """
        return self._ask("GET", "/hub/health").status

    def log_in_as_nobody(self) -> LogIn:
        """Try to log in under a name that is nobody's: the hub then has to ask the directory.

        Raises:
            NoConnection: there is no answer, or no log-in form.
        """
        form = self._ask("GET", "/hub/login")
        token = _XSRF.search(form.body)
        if form.status != _OK or token is None:
            raise NoConnection(f"https://{self._endpoint.name}/hub/login: HTTP {form.status} without a log-in form")
        fields = urlencode({"username": NOBODY, "password": NOBODY, "_xsrf": token[1]})
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": form.cookies,
            "Referer": f"https://{self._endpoint.name}/hub/login",
        }
        page = self._ask("POST", "/hub/login", fields, headers)
        said = _SAID.search(page.body)
        return LogIn(page.status, " ".join(unescape(said[1]).split()) if said else "")

    def _ask(self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> Answer:
        tried = f"https://{self._endpoint.name}{path} at {self._endpoint}"
        connection = _To(self._endpoint, self._context, self._timeout_seconds)
        try:
            with deadline(WHOLE_TIMES * self._timeout_seconds, connection.break_off):
                connection.request(method, path, body, headers or {})
                response = connection.getresponse()
                page = response.read(_PAGE_BYTES).decode("utf-8", "replace")
            return Answer(response.status, page, _cookies(response))
        except TimeoutError:
            raise NoConnection(f"{tried}: no answer within {self._timeout_seconds:g} s") from None
        except (OSError, HTTPException, CookieError) as error:
            why = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or type(error).__name__
            raise NoConnection(f"{tried}: {why}") from None
        finally:
            connection.close()


class _To(HTTPSConnection):
    """To this address, asking for that name."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext, timeout_seconds: float) -> None:
        super().__init__(endpoint.name, endpoint.port, timeout=timeout_seconds, context=context)
        self._endpoint = endpoint
        self._tls = context
        self._seconds = timeout_seconds

    def connect(self) -> None:
        self.sock = self._tls.wrap_socket(connect(self._endpoint, self._seconds), server_hostname=self._endpoint.name)

    def break_off(self) -> None:
        """Make whoever waits for this connection stop."""
        self.sock.shutdown(socket.SHUT_RDWR)


def _cookies(response: HTTPResponse) -> str:
    kept: dict[str, str] = {}
    for header in response.headers.get_all("Set-Cookie") or []:
        kept |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    return "; ".join(f"{name}={value}" for name, value in kept.items())
