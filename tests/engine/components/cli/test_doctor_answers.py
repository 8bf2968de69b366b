"""The doctor, with another server than a hub at the tenancy's address: it reports that and checks the rest."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from components.cli.diagnose.hub_log_in import HUB_TO_DIRECTORY
from components.cli.diagnose.result import Status
from components.cli.diagnose.user import MEMBERSHIP
from tests.engine.components.cli.conftest import Ingress, SetUp
from tests.engine.components.cli.directory import IN

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
            "HTTP 503, so the ingress answers and",
        ),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP 404, so the ingress controller has no rule"),
        (b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\n\r\n", "HTTP 302"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "BadStatusLine"),
        (b"", "/hub/health at 127.0.0.1:"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000 + b"\r\n", "HTTPException"),
        (bytes(range(256)) * 300, "BadStatusLine"),
    ],
    ids=["503", "404", "redirect", "another protocol", "nothing", "headers without end", "any bytes"],
)
def test_other_answer_than_a_hubs_is_reported(healthy: SetUp, ingress: Ingress, answer: bytes, message: str) -> None:
    with serve_answer(answer) as hub_port, ingress.serving(healthy.tenancy.domain, hub_port=hub_port) as port:
        found = replace(healthy, https_port=port).doctor(IN)

    assert found["hub"].status is Status.BROKEN
    assert message in found["hub"].message
    assert found[HUB_TO_DIRECTORY].status is Status.UNKNOWN
    assert found[MEMBERSHIP].status is Status.GOOD


@contextmanager
def serve_answer(answer: bytes) -> Iterator[int]:
    """Serve this answer to every request; yield the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_page_without_a_log_in_form_is_reported(healthy: SetUp, ingress: Ingress) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nit works!"
    with serve_answer(page) as hub_port, ingress.serving(healthy.tenancy.domain, hub_port=hub_port) as port:
        found = replace(healthy, https_port=port).doctor()

    assert found[HUB_TO_DIRECTORY].status is Status.UNKNOWN
    assert "/hub/login: HTTP 200 without a log-in form" in found[HUB_TO_DIRECTORY].message
