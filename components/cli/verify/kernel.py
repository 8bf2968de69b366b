"""Runs Python code in a kernel of a Jupyter server, over its API and a websocket, as JupyterLab does.

Protocol: https://jupyter-client.readthedocs.io/en/stable/messaging.html.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import websocket

from components.cli.diagnose.certificates import NoConnection
from components.cli.verify.failures import CodeFailed, CodeRaised
from components.cli.verify.web import Web
from components.escape import escape_control_characters

CLOSE_SECONDS = 5.0
LONGEST_TEXT = 500
"""Limit of a text from the kernel in a message, in characters."""


def run_code(web: Web, path: str, token: str, code: str, timeout_seconds: float) -> object:
    """Run Python code in a new kernel, and return the JSON value that it prints as its last line.

    Args:
        web: the server's host.
        path: the server's path there.
        token: a token that may open the server.
        code: the code.
        timeout_seconds: limit of the whole exchange.

    Raises:
        CodeFailed: the code raised an exception, printed no JSON, or did not end in time.
        NoConnection: the server, or the websocket to it, does not answer.
    """
    end = time.monotonic() + timeout_seconds
    with running_kernel(web, path, token, timeout_seconds) as kernel:
        connection = web.open_websocket(
            f"{kernel}/channels", token=token, timeout_seconds=max(1.0, end - time.monotonic())
        )
        try:
            printed = receive_output(connection, send_code(connection, code), end)
        finally:
            with suppress(Exception):
                connection.close(timeout=CLOSE_SECONDS)
    try:
        return json.loads(printed.strip().rpartition("\n")[2])
    except ValueError:
        raise CodeFailed(f"the code printed no JSON: {_shorten(printed)}") from None


@contextmanager
def running_kernel(web: Web, path: str, token: str, timeout_seconds: float) -> Iterator[str]:
    """Start a kernel for the time of the block; yield its path.

    Raises:
        NoConnection: the server does not answer, or starts none.
    """
    kernels = f"{path}/api/kernels"
    created = web.request("POST", kernels, {"name": "python3"}, token=token, timeout_seconds=timeout_seconds)
    if created.status != HTTPStatus.CREATED:
        raise NoConnection(f"the server started no kernel: HTTP {created.status}")
    kernel = f"{kernels}/{created.json_object(id=str)['id']}"
    try:
        yield kernel
    finally:
        with suppress(NoConnection):
            web.request("DELETE", kernel, token=token, timeout_seconds=CLOSE_SECONDS)


def send_code(connection: websocket.WebSocket, code: str) -> str:
    """Send code to a kernel; return the id of the request."""
    request = uuid4().hex
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": False}
    connection.send(kernel_message(request, "execute_request", content))
    return request


def kernel_message(request: str, kind: str, content: Mapping[str, object]) -> str:
    """Return a request to a kernel as text.

    Args:
        request: an id, which the answers contain.
        kind: the type of the request.
        content: the content of the request.
    """
    header = {"msg_id": request, "msg_type": kind, "session": request, "username": "", "version": "5.3"}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
    return json.dumps(message)


def receive_output(connection: websocket.WebSocket, request: str, end: float) -> str:
    """Wait for the end of a request's code, and return what it has printed.

    Args:
        connection: the websocket to the kernel.
        request: the id of the request.
        end: time of ``time.monotonic`` at which the wait ends.

    Raises:
        CodeFailed: the code raised an exception (``CodeRaised``) or did not end in time.
        NoConnection: the websocket broke.
    """
    printed = ""
    while True:
        message = _receive(connection, end, printed)
        if (message.get("parent_header") or {}).get("msg_id") != request:
            continue
        content = message["content"]
        match message["msg_type"]:
            case "stream" if content["name"] == "stdout":
                printed += content["text"]
            case "error":
                text = "\n".join([content["evalue"], *content["traceback"]])
                raise CodeRaised(_shorten(f"{content['ename']}: {content['evalue']}"), content["ename"], text)
            case "status" if content["execution_state"] == "idle":
                return printed


def _receive(connection: websocket.WebSocket, end: float, printed: str) -> dict[str, Any]:
    while True:
        connection.settimeout(max(end - time.monotonic(), 0.01))
        try:
            # Control frames included: otherwise each ping of the server would restart the time limit.
            kind, data = connection.recv_data(control_frame=True)
        except websocket.WebSocketTimeoutException:
            raise CodeFailed(f"the code did not end in time; output so far: {_shorten(printed) or 'none'}") from None
        except (OSError, websocket.WebSocketException) as error:
            raise NoConnection(f"the websocket to the server broke: {error or type(error).__name__}") from None
        if kind == websocket.ABNF.OPCODE_CLOSE:
            raise NoConnection("the websocket to the server was closed before the code had ended")
        if kind == websocket.ABNF.OPCODE_TEXT:
            message: dict[str, Any] = json.loads(data)
            return message


def _shorten(text: str) -> str:
    line = escape_control_characters(" ".join(text.split()))
    return line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT]}…"
