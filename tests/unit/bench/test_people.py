"""A browser finds a hub at its ingress' address, and trusts nothing but the certificate of the hub's own name."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from bench.people import Hub
from local.paths import State
from local.tenancy.pki import authority, issue

NAME = "pangeo.127-0-0-1.bench.test"


class Door(BaseHTTPRequestHandler):
    """Says by which name it was asked; from ``/`` it leads on to ``/there`` with a cookie."""

    def do_GET(self) -> None:
        onward = self.path == "/"
        self.send_response(302 if onward else 200)
        if onward:
            self.send_header("Location", "/there")
            self.send_header("Set-Cookie", "seen=yes; Secure")
        body = f"{self.headers['Host']} {self.headers['Cookie']}".encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    return State(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def port(state: State) -> Iterator[int]:
    """Of a server whose certificate is for ``NAME``."""
    certificate = issue(state, "tenancy", "door", dns_names=[NAME])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.crt, certificate.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server.server_address[1]
        server.shutdown()
        serving.join()


def hub(port: int, trusted: Path, name: str = NAME) -> Hub:
    return Hub(f"https://{name}:{port}", "127.0.0.1", str(trusted), "bench_notebook_users")


def test_a_hub_that_no_server_resolves_is_reached_by_its_name_with_its_cookies(state: State, port: int) -> None:
    there = hub(port, authority(state, "tenancy").crt)

    with there.browser() as browser:
        page = browser.get(there.url, timeout=5)

    assert page.text == f"{NAME}:{port} seen=yes"
    assert page.url == f"{there.url}/there"


@pytest.mark.parametrize(("signer", "name"), [("cluster", NAME), ("tenancy", "pangeo.127-0-0-1.other.test")])
def test_another_authority_or_another_name_is_not_trusted(state: State, port: int, signer: str, name: str) -> None:
    there = hub(port, authority(state, "cluster" if signer == "cluster" else "tenancy").crt, name)

    with there.browser() as browser, pytest.raises(requests.exceptions.SSLError):
        browser.get(there.url, timeout=5)
