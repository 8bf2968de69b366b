"""The doctor where something else than a hub answers at the tenancy's address: a sentence, and the rest goes on."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from components.cli.diagnose.doctor import HUB_ASKS
from components.cli.diagnose.result import State
from components.cli.diagnose.user import MEMBERSHIP
from tests.engine.components.cli.conftest import Ingress, SetUp
from tests.engine.components.cli.people_there import IN

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
            "HTTP 503, so the ingress answers and",
        ),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP 404, so the ingress controller knows no hub"),
        (b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\n\r\n", "HTTP 302"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "BadStatusLine"),
        (b"", "/hub/health at 127.0.0.1:"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000 + b"\r\n", "HTTPException"),
        (bytes(range(256)) * 300, "BadStatusLine"),
    ],
    ids=["503", "404", "redirect", "another protocol", "nothing", "headers without end", "any bytes"],
)
def test_a_hub_that_answers_something_else(healthy: SetUp, ingress: Ingress, answer: bytes, told: str) -> None:
    with saying(answer) as hub_port, ingress.serving(healthy.tenancy.domain, hub_port=hub_port) as port:
        found = replace(healthy, https_port=port).doctor(IN)

    assert found["hub"].state is State.BROKEN
    assert told in found["hub"].told
    assert found[HUB_ASKS].state is State.UNKNOWN
    assert found[MEMBERSHIP].state is State.GOOD


@contextmanager
def saying(answer: bytes) -> Iterator[int]:
    """A server that reads a request and says this to it; its port."""

    class Says(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Says) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_another_web_site_at_the_address_has_no_log_in_form(healthy: SetUp, ingress: Ingress) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nit works!"
    with saying(page) as hub_port, ingress.serving(healthy.tenancy.domain, hub_port=hub_port) as port:
        found = replace(healthy, https_port=port).doctor()

    assert found[HUB_ASKS].state is State.UNKNOWN
    assert "/hub/login: HTTP 200 without a log-in form" in found[HUB_ASKS].told
