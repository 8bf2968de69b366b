"""The comparison of the clocks before a run."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from components.in_backup.clocks import CLUSTER, STORE, clock_difference, find_wrong_clock

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("differences", "message"),
    [
        ({}, ""),
        ({CLUSTER: 4 * MINUTE, STORE: -4 * MINUTE}, ""),
        ({CLUSTER: HOUR, STORE: HOUR + MINUTE}, "the clock of the node a is 60 minutes slow; set it by NTP"),
        (
            {CLUSTER: MINUTE, STORE: -5 * HOUR},
            "the clock of the store is 5 hours slow, compared with that of the node a; set them by NTP",
        ),
        (
            {CLUSTER: 30 * MINUTE},
            "the clock of the API server is 30 minutes fast, compared with that of the node a; set them by NTP",
        ),
        (
            {CLUSTER: HOUR, STORE: -HOUR},
            "the clock of the API server is 60 minutes fast, and the clock of the store is 60 minutes slow, compared "
            "with that of the node a; set them by NTP",
        ),
    ],
)
def test_the_wrong_clock_is_named(differences: dict[str, timedelta], message: str) -> None:
    assert find_wrong_clock(differences, "a") == message


@pytest.fixture
def slow_server() -> Iterator[str]:
    """The address of a server that refuses every request, and whose clock is an hour slow."""

    class Refusals(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_error(403)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string((datetime.now(UTC) - HOUR).timestamp())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Refusals)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/bucket/vis"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_refusal_shows_the_clock_too(slow_server: str) -> None:
    found = clock_difference(slow_server, None)
    assert found is not None
    assert abs(found + HOUR) < MINUTE


def test_a_server_that_does_not_answer_has_no_clock() -> None:
    assert clock_difference("http://127.0.0.1:1/bucket", None) is None
