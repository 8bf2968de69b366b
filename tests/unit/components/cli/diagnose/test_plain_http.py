"""Answers to a request for the log-in page without encryption."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from components.cli.diagnose.certificates import Endpoint, NoConnection
from components.cli.diagnose.plain_http import PlainAnswer, assess, request_log_in_page
from components.cli.diagnose.result import Status
from tests.support.ports import free_ports

HOST = "hub.example.org"
JOIN_SECONDS = 30.0


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes = b"") -> Iterator[Endpoint]:
    """Serve one answer for every request that names the host."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert (self.path, self.headers["Host"]) == ("/hub/login", HOST)
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Endpoint(HOST, "127.0.0.1", server.server_port)
        server.shutdown()
        thread.join(JOIN_SECONDS)


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (301, {"Location": f"https://{HOST}/hub/login"}, b"", Status.GOOD),
        (308, {"Location": f"HTTPS://{HOST}/hub/login"}, b"<form>", Status.GOOD),
        (302, {"Location": f"http://{HOST}/hub/login"}, b"", Status.BROKEN),
        (302, {"Location": "/hub/login?next="}, b"", Status.BROKEN),
        (302, {"Location": f"//{HOST}/hub/login"}, b"", Status.BROKEN),
        (302, {}, b"", Status.BROKEN),
        (301, {"Location": "https://other.example.org/"}, b"", Status.WARNING),
        (200, {}, b'<FORM action="/hub/login"><input type="password"></FORM>', Status.BROKEN),
        (200, {"X-JupyterHub-Version": "5.4.0"}, b"", Status.BROKEN),
        (503, {"X-JupyterHub-Version": "5.4.0"}, b"", Status.BROKEN),
        (200, {}, b"default page", Status.WARNING),
        (404, {}, b"404 page not found", Status.GOOD),
    ],
)
def test_only_a_redirect_or_no_page_is_good(
    status: int, headers: dict[str, str], body: bytes, expected: Status
) -> None:
    with answering(status, headers, body) as endpoint:
        result = assess(request_log_in_page(endpoint), HOST)
    assert result.status is expected
    assert bool(result.fix) == (expected is not Status.GOOD)


def test_port_without_a_program_is_no_answer() -> None:
    with pytest.raises(NoConnection, match="no program listens there"):
        request_log_in_page(Endpoint(HOST, "127.0.0.1", free_ports(1)[0]))


def test_location_is_shown_without_control_characters() -> None:
    found = assess(PlainAnswer(302, "http://x/\x1b[31m", has_form=False, is_hub=False), HOST)
    assert "\x1b" not in found.message
