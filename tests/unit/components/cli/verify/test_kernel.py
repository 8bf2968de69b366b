import json
from collections.abc import Sequence
from typing import Any

import pytest
import websocket

from components.cli.diagnose.certificates import NoConnection
from components.cli.verify.failures import CodeFailed
from components.cli.verify.kernel import run_code
from tests.unit.components.cli.verify.contexts import ScriptedWeb, answer

TEXT, CLOSE, PING = (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_CLOSE, websocket.ABNF.OPCODE_PING)
Message = tuple[str, dict[str, Any]]
IDLE: Message = ("status", {"execution_state": "idle"})


class Socket:
    """A websocket that answers a request with messages."""

    def __init__(self, messages: Sequence[Message | int | Exception]) -> None:
        self._messages = list(messages)
        self._request = ""

    def send(self, text: str) -> None:
        self._request = json.loads(text)["header"]["msg_id"]

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv_data(self, *, control_frame: bool) -> tuple[int, bytes]:
        found = self._messages.pop(0)
        if isinstance(found, Exception):
            raise found
        if isinstance(found, int):
            return found, b""
        kind, content = found
        parent = {"msg_id": self._request if kind != "other" else "x"}
        return TEXT, json.dumps({"parent_header": parent, "msg_type": kind, "content": content}).encode()

    def close(self, timeout: float) -> None:
        del timeout


def run(*messages: Message | int | Exception) -> object:
    web = ScriptedWeb([answer(201, {"id": "k"}), answer(204)])
    web.open_websocket = lambda *_, **__: Socket(messages)  # type: ignore[assignment,method-assign]
    try:
        return run_code(web, "/user/x", "t", "1", 5)
    finally:
        assert web.requests[-1] == ("DELETE", "/user/x/api/kernels/k")


def printed(text: str) -> Message:
    return "stream", {"name": "stdout", "text": text}


def test_last_printed_line_is_the_value() -> None:
    assert run(PING, ("other", {}), printed('before\n{"sum"'), printed(": 1}\n"), IDLE) == {"sum": 1}


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([("error", {"ename": "ValueError", "evalue": "wrong\nvalue", "traceback": []})], "ValueError: wrong value"),
        ([printed("no json\n"), IDLE], "no JSON: no json"),
        ([printed("begun"), websocket.WebSocketTimeoutException()], "did not end in time; output so far: begun"),
    ],
)
def test_code_that_fails_gives_the_reason(messages: list[Message | int | Exception], text: str) -> None:
    with pytest.raises(CodeFailed, match=text):
        run(*messages)


@pytest.mark.parametrize("end", [CLOSE, websocket.WebSocketConnectionClosedException("lost"), OSError("lost")])
def test_websocket_that_ends_is_no_failure_of_the_code(end: int | Exception) -> None:
    with pytest.raises(NoConnection, match="websocket"):
        run(end)


def test_server_without_kernels() -> None:
    with pytest.raises(NoConnection, match="HTTP 500"):
        run_code(ScriptedWeb([answer(500)]), "/user/x", "t", "1", 5)
