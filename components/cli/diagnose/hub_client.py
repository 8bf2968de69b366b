"""HTTPS requests to the hub, as a browser sends them.

The connection goes to the tenancy's IP address and expects the hub's name in the certificate, so that a wrong DNS entry
can be distinguished from a hub that does not answer.
"""

import json
import re
import ssl
from html import unescape
from http.client import HTTPException, HTTPResponse
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import urlencode

from components.cli.diagnose.certificates import Endpoint, NoConnection, connect
from components.deadline import deadline
from components.https import HttpsConnection
from components.in_hub.messages import WRONG_CREDENTIALS
from components.in_hub.outcomes import PROBE_USER

TIMEOUT_SECONDS = 20.0
"""Timeout for each next part of an answer. The hub may try several directory servers for a log-in."""

WHOLE_ANSWER_TIMES = 2
"""Deadline of a whole answer, as a multiple of the timeout."""

_OK = 200
_XSRF = re.compile(r'name="_xsrf"\s+value="([^"]+)"')
_ERROR = re.compile(r'<p class="login_error">(.*?)</p>', re.DOTALL)
_PAGE_BYTES = 1_000_000
"""Limit of a page's size."""


class Page(NamedTuple):
    """Answer of the hub."""

    status: int
    body: str
    cookies: str
    """Value of the header ``Cookie`` for the next request."""


class LogIn(NamedTuple):
    """Answer to a log-in of a user that does not exist."""

    status: int
    message: str
    """Error message on the page; empty where there is none."""

    @property
    def was_refused_by_directory(self) -> bool:
        """Whether the directory was reached and refused the user."""
        return self.message == WRONG_CREDENTIALS


class HubClient:
    """Sends requests to the hub, each over a new verified connection."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Create a client.

        Args:
            endpoint: the hub.
            context: the authorities to trust.
            timeout_seconds: as ``TIMEOUT_SECONDS``.
        """
        self._endpoint = endpoint
        self._context = context
        self._timeout_seconds = timeout_seconds

    def health_status(self) -> int:
        """Return the HTTP status of JupyterHub's health page, 200 for a healthy hub.

        Raises:
            NoConnection: there is no answer.
        """
        return self._request("GET", "/hub/health").status

    def probe_log_in(self) -> LogIn:
        """Log in as a user that does not exist, so that the hub has to ask the directory.

        Raises:
            NoConnection: there is no answer, or no log-in form.
        """
        form = self._request("GET", "/hub/login")
        token = _XSRF.search(form.body)
        if form.status != _OK or token is None:
            raise NoConnection(f"https://{self._endpoint.name}/hub/login: HTTP {form.status} without a log-in form")
        fields = urlencode({"username": PROBE_USER, "password": PROBE_USER, "_xsrf": token[1]})
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": form.cookies,
            "Referer": f"https://{self._endpoint.name}/hub/login",
        }
        page = self._request("POST", "/hub/login", fields, headers)
        message = _ERROR.search(page.body)
        return LogIn(page.status, " ".join(unescape(message[1]).split()) if message else "")

    def post_json(self, path: str, body: object, token: str) -> Page:
        """Send a request of the hub's API with a token.

        Raises:
            NoConnection: there is no answer.
        """
        headers = {"Content-Type": "application/json", "Authorization": f"token {token}"}
        return self._request("POST", path, json.dumps(body), headers)

    def get_with_token(self, path: str, token: str) -> Page:
        """Read from the hub's API with a token.

        Raises:
            NoConnection: there is no answer.
        """
        return self._request("GET", path, headers={"Authorization": f"token {token}"})

    def _request(self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> Page:
        url = f"https://{self._endpoint.name}{path} at {self._endpoint}"
        connection = HttpsConnection(
            self._endpoint.name,
            self._endpoint.port,
            self._context,
            self._timeout_seconds,
            open_socket=lambda: connect(self._endpoint, self._timeout_seconds),
        )
        try:
            with deadline(WHOLE_ANSWER_TIMES * self._timeout_seconds, lambda: connection.sock):
                connection.request(method, path, body, headers or {})
                response = connection.getresponse()
                page = response.read(_PAGE_BYTES).decode("utf-8", "replace")
            return Page(response.status, page, _cookies(response))
        except TimeoutError:
            raise NoConnection(f"{url}: no answer within {self._timeout_seconds:g} s") from None
        except (OSError, HTTPException, CookieError) as error:
            reason = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or type(error).__name__
            raise NoConnection(f"{url}: {reason}") from None
        finally:
            connection.close()


def _cookies(response: HTTPResponse) -> str:
    cookies: dict[str, str] = {}
    for header in response.headers.get_all("Set-Cookie") or []:
        cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
