"""Result of websockets without data, and the server that sends none."""

import json
import subprocess
import sys

import pytest
import websocket

from components.cli.diagnose.result import Status
from components.cli.verify.echo_server import SOURCE
from components.cli.verify.idle_websocket import Held, assess_websockets
from components.config.controllers import INGRESS_NGINX

OPEN, CLOSED = Held(65.0), Held(30.0, "was closed")


@pytest.mark.parametrize(
    ("kernel", "silent", "status", "words"),
    [
        (OPEN, OPEN, Status.GOOD, "answer after 65 s"),
        (CLOSED, OPEN, Status.BROKEN, "a kernel's websocket was closed after 30 s without work: users'"),
        (Held(60, "was closed"), CLOSED, Status.BROKEN, "after 60 s without work, and one without any data after 30 s"),
        (OPEN, CLOSED, Status.BROKEN, "a websocket was closed after 30 s without data: dashboards"),
        (OPEN, "no proxy", Status.UNKNOWN, "not tested: one without the server's pings: no proxy"),
    ],
)
def test_result(kernel: Held, silent: Held | str, status: Status, words: str) -> None:
    found = assess_websockets(kernel, silent, INGRESS_NGINX)
    assert found.status is status
    assert words in found.message
    assert ("proxy-read-timeout" in found.fix) is (status is Status.BROKEN)


def test_server_sends_only_what_it_was_sent() -> None:
    done = subprocess.run([sys.executable, "-c", SOURCE], capture_output=True, text=True, check=True, timeout=60)
    connection = websocket.create_connection(f"ws://127.0.0.1:{json.loads(done.stdout)}/", timeout=30)
    connection.send("word")
    assert connection.recv() == "word"
    connection.close()
