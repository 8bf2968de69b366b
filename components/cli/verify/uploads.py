"""Check that users can upload a large file, over a fast and over a slow connection, as one request."""

import json
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from ssl import SSLWantReadError
from typing import NamedTuple
from urllib.parse import quote

from components.cli.diagnose.certificates import connect
from components.cli.diagnose.result import CheckResult, broken, good, unknown
from components.cli.verify.context import Context
from components.cli.verify.ingress_controller import find_ingress_controller
from components.cli.verify.ingress_limits import Limit, fix_of
from components.deadline import deadline
from components.https import HttpsConnection

FAST, SLOW = "upload", "slow upload"
MEGABYTE = 1_000_000
UPLOAD_BYTES = 50 * MEGABYTE
SLOW_BYTES_PER_SECOND = MEGABYTE
"""Speed of a home connection: the request takes 50 seconds."""

PART_OF_A_LARGE_FILE_BYTES = 1_400_000
"""Size of JupyterLab's requests for a file of more than 15 MB: 1 MiB in base64."""

LIMIT_SECONDS = 90.0
ANSWER_SECONDS = 20.0
_PART_BYTES = 64 * 1024
_START, _END = b'{"type":"file","format":"text","content":"', b'"}'

_ENDED_EARLY = (HTTPStatus.REQUEST_TIMEOUT, 499, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
"""Answers after a time limit; 499 is that of nginx to a client that is gone."""


class Upload(NamedTuple):
    """Outcome of an upload. ``status`` is None if the connection ended without an answer; ``reason`` says how."""

    size: int
    sent: int
    seconds: float
    status: int | None
    reason: str = ""
    is_slow: bool = False
    """Whether the connection was accepting data all the time, too slowly for the time limit."""


def check_fast_upload(context: Context) -> list[CheckResult]:
    """Upload a file as fast as the connection permits."""
    done = upload(context, "verify-upload.txt", UPLOAD_BYTES)
    works_in_parts = True
    if done.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        part = upload(context, "verify-part.txt", PART_OF_A_LARGE_FILE_BYTES)
        works_in_parts = _is_stored(part)
    return [assess_upload(FAST, done, find_ingress_controller(context), works_in_parts=works_in_parts)]


def check_slow_upload(context: Context) -> list[CheckResult]:
    """Upload a file at the speed of a home connection."""
    done = upload(context, "verify-slow-upload.txt", UPLOAD_BYTES, SLOW_BYTES_PER_SECOND)
    return [assess_upload(SLOW, done, find_ingress_controller(context))]


def assess_upload(subject: str, done: Upload, controller: str, *, works_in_parts: bool = True) -> CheckResult:
    """Return the result of an upload. Pure.

    Args:
        subject: of the result.
        done: the upload.
        controller: name of the ingress controller, for the fix; empty if it is not known.
        works_in_parts: after an answer that the request is too large, whether the parts of JupyterLab are accepted.
    """
    took = f"{done.seconds:.0f} s" if done.seconds >= 1 else f"{done.seconds:.1f} s"
    size, sent = _megabytes(done.size), _megabytes(done.sent)
    details = {"seconds": round(done.seconds, 1), "bytes": done.sent}
    if _is_stored(done):
        return good(subject, f"{size} in one request in {took}", **details)
    if done.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        notice = (
            "JupyterLab can upload no file of more than 15 MB in one part, and programs no larger file in one request"
            if works_in_parts
            else "JupyterLab can neither upload larger files nor save larger notebooks"
        )
        limit = "" if works_in_parts else ", and one of 1.4 MB too"
        message = f"a request of {size} is refused as too large (HTTP 413){limit}: {notice}"
        return broken(subject, message, fix_of(Limit.BODY_SIZE, controller), **details)
    if done.is_slow:
        message = f"not tested: the connection from this machine is too slow: it sent {sent} of {size} in {took}"
        return unknown(subject, message, "repeat the command from a machine with a faster connection")
    if done.status is None or done.status in _ENDED_EARLY:
        how = f"HTTP {done.status}" if done.status else done.reason
        message = f"a request of {size} was ended after {took} and {sent} ({how}): users lose uploads that take longer"
        limit_kind = Limit.REQUEST_TIME if done.seconds >= 1 else Limit.BODY_SIZE
        return broken(subject, message, fix_of(limit_kind, controller), **details)
    message = f"a request of {size} was refused: HTTP {done.status} {done.reason}".rstrip()
    return broken(subject, message, "kubectl logs of the proxy and of the server show the reason", **details)


def upload(context: Context, name: str, size: int, bytes_per_second: float | None = None) -> Upload:
    """Send a file to the server's contents API in one request, and return the outcome.

    The connection may be slow, but each part must be accepted in time. The answer can come before the request's end.
    """
    server = context.server
    endpoint, path = server.web.endpoint, f"{server.path}/api/contents/{quote(name)}"
    limit = min(LIMIT_SECONDS, context.remaining())
    connection = HttpsConnection(
        endpoint.name,
        endpoint.port,
        context.tls(),
        ANSWER_SECONDS,
        open_socket=lambda: connect(endpoint, ANSWER_SECONDS),
    )
    started, sent = context.clock(), 0

    def done(status: int | None, reason: str = "", *, is_slow: bool = False) -> Upload:
        return Upload(size, sent, context.clock() - started, status, reason, is_slow)

    try:
        with deadline(limit, lambda: connection.sock) as expired:
            try:
                connection.putrequest("PUT", path)
                for header, value in (
                    ("Authorization", f"token {server.token}"),
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(size)),
                ):
                    connection.putheader(header, value)
                connection.endheaders()
                started = context.clock()
                for part in _parts(size):
                    if early := _receive_early(connection):
                        return done(_status(early), "before the end of the request")
                    connection.sock.sendall(part)
                    sent += len(part)
                    if bytes_per_second:
                        context.wait(max(0.0, started + sent / bytes_per_second - context.clock()))
                response = connection.getresponse()
                text = response.read(2000).decode("utf-8", "replace")
                return done(response.status, "" if response.status < 300 else _message(text))
            except (OSError, HTTPException, AttributeError) as error:
                if expired.is_set():
                    # Each part was accepted in time, else the socket's own time limit had ended the request.
                    return done(None, f"no answer within {limit:.0f} s", is_slow=sent < size)
                with suppress(OSError, AttributeError):
                    if early := _receive_early(connection, ANSWER_SECONDS):
                        return done(_status(early), "before the end of the request")
                return done(
                    None, f"the connection was closed: {getattr(error, 'strerror', None) or type(error).__name__}"
                )
    finally:
        connection.close()


def _is_stored(done: Upload) -> bool:
    return done.status is not None and 200 <= done.status < 300


def _parts(size: int) -> Iterator[bytes]:
    filler = size - len(_START) - len(_END)
    yield _START
    whole, rest = divmod(filler, _PART_BYTES)
    for _ in range(whole):
        yield b"x" * _PART_BYTES
    yield b"x" * rest
    yield _END


def _receive_early(connection: HttpsConnection, wait_seconds: float = 0.0) -> bytes:
    """Return the begin of an answer that has arrived, empty if there is none.

    A TLS socket can be readable without an answer, because of messages of TLS itself.
    """
    before = connection.sock.gettimeout()
    connection.sock.settimeout(wait_seconds)
    try:
        return bytes(connection.sock.recv(4096))
    except (SSLWantReadError, BlockingIOError, TimeoutError):
        return b""
    finally:
        connection.sock.settimeout(before)


def _status(answer: bytes) -> int | None:
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None


def _message(body: str) -> str:
    with suppress(ValueError, AttributeError):
        return str(json.loads(body).get("message") or "")[:200]
    return ""


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.3g} MB"
