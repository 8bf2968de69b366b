"""Check that nobody can enter a password over plain HTTP: the address redirects to ``https://`` or does not answer."""

import re
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import NamedTuple
from urllib.parse import urlsplit

from components.cli.diagnose.certificates import TIMEOUT_SECONDS, Endpoint, NoConnection, connect
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.result import CheckResult, broken, good, warning
from components.config.tenancy import Tenancy
from components.deadline import deadline
from components.escape import escape_control_characters

SUBJECT = "plain http"
PATH = "/hub/login"

_PAGE_BYTES = 1_000_000
_WHOLE_ANSWER_TIMES = 3
_OK, _FIRST_REDIRECT, _FIRST_ERROR = 200, 300, 400
_FORM = re.compile(r"<form|type=[\"']?password", re.IGNORECASE)
_HUB_HEADER = "X-JupyterHub-Version"
_FIX = (
    "kubectl get ingressclass shows the controller; run pulumi up, which configures it to redirect, or let the "
    "controller redirect every request to https://. Let users change the passwords that they entered there"
)


class PlainAnswer(NamedTuple):
    """An answer without encryption."""

    status: int
    location: str
    has_form: bool
    is_hub: bool
    """Whether JupyterHub itself answered."""


def check_plain_http(tenancy: Tenancy, env: CheckEnvironment) -> CheckResult:
    """Request the log-in page as a browser does for an address that begins with ``http://``."""
    endpoint = Endpoint(tenancy.domain, str(tenancy.external_ip), env.http_port)
    try:
        answer = request_log_in_page(endpoint)
    except NoConnection as failure:
        return good(SUBJECT, f"nothing is served without encryption: {failure}")
    return assess(answer, tenancy.domain)


def assess(answer: PlainAnswer, domain: str) -> CheckResult:
    """Return the result for an answer. Pure."""
    url = f"http://{domain}{PATH}"
    location = escape_control_characters(answer.location)
    if answer.has_form or answer.is_hub:
        what = "shows the log-in form" if answer.has_form else "is answered by the hub"
        return broken(SUBJECT, f"{url} {what}, so passwords are sent unencrypted (HTTP {answer.status})", _FIX)
    if _FIRST_REDIRECT <= answer.status < _FIRST_ERROR:
        target = urlsplit(answer.location)
        if target.scheme != "https":
            return broken(SUBJECT, f"{url} leads to {location or 'no address'}, not to https://", _FIX)
        if target.hostname != domain:
            return warning(SUBJECT, f"{url} leads to {location}, another host", "check the ingress controller")
        return good(SUBJECT, f"{url} leads to {location}")
    if _OK <= answer.status < _FIRST_REDIRECT:
        return warning(SUBJECT, f"{url} is answered without a redirect (HTTP {answer.status})", _FIX)
    return good(SUBJECT, f"{url} shows no page of the hub (HTTP {answer.status})")


def request_log_in_page(endpoint: Endpoint, timeout_seconds: float = TIMEOUT_SECONDS) -> PlainAnswer:
    """Return the answer to one request without encryption.

    Raises:
        NoConnection: there is no answer.
    """
    url = f"http://{endpoint.name}{PATH} at {endpoint}"
    connection = HTTPConnection(endpoint.name, endpoint.port, timeout=timeout_seconds)
    connection.sock = connect(endpoint, timeout_seconds)
    try:
        with deadline(_WHOLE_ANSWER_TIMES * timeout_seconds, lambda: connection.sock):
            connection.request("GET", PATH, headers={"Host": endpoint.name})
            return _read(connection.getresponse())
    except TimeoutError:
        raise NoConnection(f"{url}: no answer within {timeout_seconds:g} s") from None
    except (OSError, HTTPException) as error:
        raise NoConnection(f"{url}: {getattr(error, 'strerror', None) or type(error).__name__}") from None
    finally:
        connection.close()


def _read(response: HTTPResponse) -> PlainAnswer:
    page = response.read(_PAGE_BYTES).decode("utf-8", "replace")
    return PlainAnswer(
        status=response.status,
        location=response.headers.get("Location") or "",
        has_form=response.status < _FIRST_REDIRECT and _FORM.search(page) is not None,
        is_hub=_HUB_HEADER in response.headers,
    )
