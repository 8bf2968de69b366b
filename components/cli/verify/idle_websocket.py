"""Check that websockets stay open without data, longer than the usual time limits of ingresses and load balancers."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple
from uuid import uuid4

import websocket

from components.cli.diagnose.certificates import NoConnection
from components.cli.diagnose.result import CheckResult, broken, good, unknown
from components.cli.verify.context import Context
from components.cli.verify.echo_server import SOURCE
from components.cli.verify.failures import CodeFailed
from components.cli.verify.ingress_controller import find_ingress_controller
from components.cli.verify.ingress_limits import Limit, fix_of
from components.cli.verify.kernel import kernel_message, running_kernel

SUBJECT = "idle websocket"
IDLE_SECONDS = 65.0
"""Time without data. The usual limits are 30, 50 and 60 seconds."""

ANSWER_SECONDS = 15.0


class Held(NamedTuple):
    """Outcome for a websocket: ``seconds`` is the time it was open, ``failure`` is empty if it still answers."""

    seconds: float
    failure: str = ""


def check_idle_websocket(context: Context) -> list[CheckResult]:
    """Keep a kernel's websocket, and one without any data, open at the same time; then use both."""
    controller = find_ingress_controller(context)
    silent: list[Held | str] = []
    # A daemon: its connection must not prevent the end of the process.
    second = threading.Thread(target=lambda: silent.append(_hold_silent(context)), daemon=True)
    second.start()
    kernel = _hold_kernel(context)
    second.join(context.remaining())
    return [assess_websockets(kernel, silent[0] if silent else "it did not end in time", controller)]


def assess_websockets(kernel: Held, silent: Held | str, controller: str) -> CheckResult:
    """Return the result. Pure.

    Args:
        kernel: a kernel's websocket, on which the server sends a ping every 30 seconds.
        silent: a websocket without any data; or why it was not tried.
        controller: name of the ingress controller, for the fix; empty if it is not known.
    """
    fix = fix_of(Limit.IDLE_TIME, controller)
    if kernel.failure:
        # A ping of the server can come just before a limit and prolong the kernel's connection, but not the other one.
        other = ""
        if isinstance(silent, Held) and silent.failure:
            other = f", and one without any data after {silent.seconds:.0f} s"
        message = f"a kernel's websocket {kernel.failure} after {kernel.seconds:.0f} s without work{other}"
        return broken(
            SUBJECT,
            f"{message}: users' kernels lose their connection while they are idle",
            fix,
            seconds=kernel.seconds,
        )
    if isinstance(silent, str):
        return unknown(
            SUBJECT,
            f"a kernel's websocket answers after {kernel.seconds:.0f} s without work; not tested: one without the "
            f"server's pings: {silent}",
        )
    if silent.failure:
        message = (
            f"a websocket {silent.failure} after {silent.seconds:.0f} s without data: dashboards and other programs"
        )
        return broken(
            SUBJECT,
            f"{message} behind users' servers lose their connection; kernels keep theirs by a ping every 30 s",
            fix,
            seconds=silent.seconds,
        )
    return good(SUBJECT, f"a kernel's websocket and one without any data answer after {silent.seconds:.0f} s")


def _hold_kernel(context: Context) -> Held:
    server, request = context.server, uuid4().hex
    with running_kernel(server.web, server.path, server.token, ANSWER_SECONDS) as kernel:
        connection = server.web.open_websocket(f"{kernel}/channels", token=server.token)
        question = kernel_message(request, "kernel_info_request", {})
        return hold(context, connection, question, lambda answer: request in answer)


def _hold_silent(context: Context) -> Held | str:
    server = context.server
    try:
        port = server.run(SOURCE)
        connection = server.web.open_websocket(f"{server.path}/proxy/{port}/", token=server.token)
    except (NoConnection, CodeFailed) as failure:
        return f"no program behind the server was reached; perhaps the image lacks jupyter-server-proxy: {failure}"
    word = uuid4().hex
    return hold(context, connection, word, lambda answer: answer == word)


def hold(context: Context, connection: websocket.WebSocket, question: str, is_answer: Callable[[str], bool]) -> Held:
    """Keep a websocket open without sending data, then send a question; pings are answered, as browsers do."""
    opened = context.clock()
    try:
        _receive_until(context, connection, opened + IDLE_SECONDS, lambda _: False)
        connection.settimeout(ANSWER_SECONDS)
        connection.send(question)
        if _receive_until(context, connection, context.clock() + ANSWER_SECONDS, is_answer):
            return Held(context.clock() - opened)
        return Held(context.clock() - opened, "carries no data any more")
    except (OSError, websocket.WebSocketException):
        return Held(context.clock() - opened, "was closed")
    finally:
        with suppress(Exception):
            connection.close(timeout=1)


def _receive_until(
    context: Context, connection: websocket.WebSocket, end: float, is_last: Callable[[str], bool]
) -> bool:
    """Receive until a message is the last one, or the time is over; return whether it was the last one.

    Raises:
        OSError, websocket.WebSocketException: the connection was closed.
    """
    while (left := end - context.clock()) > 0:
        connection.settimeout(left)
        try:
            # With control frames: otherwise each ping of the server would start the time-out again.
            kind, data = connection.recv_data(control_frame=True)
        except websocket.WebSocketTimeoutException:
            return False
        if kind == websocket.ABNF.OPCODE_CLOSE:
            raise websocket.WebSocketConnectionClosedException
        if kind in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
            text = data.decode("utf-8", "replace") if isinstance(data, bytes) else str(data)
            if is_last(text):
                return True
    return False
