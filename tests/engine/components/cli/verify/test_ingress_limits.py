"""Uploads and idle websockets through an ingress with limits, in front of a server that stores and echoes."""

import base64
import hashlib
import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.result import CheckResult, Status
from components.cli.verify import idle_websocket, uploads
from components.cli.verify.context import Context
from components.cli.verify.idle_websocket import Held, hold
from components.cli.verify.uploads import check_fast_upload, check_slow_upload
from components.config.controllers import INGRESS_NGINX
from components.config.tenancy import Tenancy
from tests.support.certificates import Authority, authority, server_context
from tests.support.limiting_ingress import Limits, limiting_ingress
from tests.support.tenancies import tenancy

pytestmark = pytest.mark.engine

UPLOAD_BYTES = 3_000_000
IDLE_SECONDS = 4.0


class Server(http.server.BaseHTTPRequestHandler):
    """Stores nothing, and answers a websocket's text of less than 126 bytes with the same text."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert body["format"] == "text"
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())  # noqa: S324
        self.end_headers()
        _, size = self.rfile.read(2)
        mask = self.rfile.read(4)
        text = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.rfile.read(size & 127)))
        self.wfile.write(bytes([129, len(text)]) + text)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@dataclass(frozen=True)
class Site:
    """A tenancy whose ingress can have limits."""

    tenancy: Tenancy
    signer: Authority
    connect: Callable[[], socket.socket]
    folder: Path

    @contextmanager
    def behind(self, limits: Limits) -> Iterator[Context]:
        with limiting_ingress(
            self.connect, server_context(self.folder, self.signer, self.tenancy.domain), limits
        ) as port:
            env = replace(CheckEnvironment({}, datetime.now(UTC)), hub_authority=self.signer.pem, https_port=port)
            yield Context(self.tenancy, "vis", env, 60)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(uploads, "UPLOAD_BYTES", UPLOAD_BYTES)
    monkeypatch.setattr(idle_websocket, "IDLE_SECONDS", IDLE_SECONDS)
    given = tenancy(externalIp="127.0.0.1", ingress={"controller": INGRESS_NGINX})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = ("127.0.0.1", server.server_port)
        yield Site(given, authority("browsers"), lambda: socket.create_connection(address), tmp_path)
        server.shutdown()


def fast(behind: AbstractContextManager[Context]) -> CheckResult:
    with behind as context:
        [found] = check_fast_upload(context)
    return found


def test_upload_without_limits_is_stored(site: Site) -> None:
    found = fast(site.behind(Limits()))
    assert (found.status, found.message.partition(" in one")[0]) == (Status.GOOD, "3 MB")


def test_limit_of_one_megabyte_refuses_parts_of_files_too(site: Site) -> None:
    found = fast(site.behind(Limits(body_bytes=1_000_000)))
    assert found.status is Status.BROKEN
    assert "(HTTP 413), and one of 1.4 MB too" in found.message
    assert "proxy-body-size" in found.fix


def test_larger_limit_refuses_only_whole_files(site: Site) -> None:
    found = fast(site.behind(Limits(body_bytes=2_000_000)))
    assert "more than 15 MB in one part" in found.message


def test_slow_upload_takes_its_time_and_passes(site: Site) -> None:
    with site.behind(Limits()) as context:
        [found] = check_slow_upload(context)
    assert found.status is Status.GOOD
    assert dict(found.details)["seconds"] >= UPLOAD_BYTES / uploads.SLOW_BYTES_PER_SECOND


def test_time_limit_of_the_program_is_no_fault_of_the_deployment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LIMIT_SECONDS", 0.5)
    with site.behind(Limits()) as context:
        [found] = check_slow_upload(context)
    assert found.status is Status.UNKNOWN
    assert "too slow" in found.message


def test_slow_upload_that_is_ended_names_the_time_limit(site: Site) -> None:
    with site.behind(Limits(request_seconds=1.2)) as context:
        [found] = check_slow_upload(context)
    assert found.status is Status.BROKEN
    assert "was ended after" in found.message
    assert "client-body-timeout" in found.fix


def held(context: Context) -> Held:
    connection = context.server.web.open_websocket("/user/somebody/proxy/1/")
    return hold(context, connection, "word", lambda answer: answer == "word")


def test_websocket_answers_after_a_time_without_data(site: Site) -> None:
    with site.behind(Limits()) as context:
        found = held(context)
    assert not found.failure
    assert found.seconds >= IDLE_SECONDS


def test_idle_websocket_that_is_closed_reports_when(site: Site) -> None:
    with site.behind(Limits(idle_seconds=1.0)) as context:
        found = held(context)
    assert found.failure == "was closed"
    assert found.seconds > 0.9
