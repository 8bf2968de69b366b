"""Forwarding between two connected sockets, each of which may use TLS.

One thread serves both directions: Python 3.11 lets two threads use one TLS connection at the same time, which OpenSSL
does not allow and which can crash the process.
"""

import select
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

PART_BYTES = 65_536

Pass = Callable[[bytes], bytes | None]
"""Returns the data to forward; None ends its direction, without an end for the receiver."""


def forward(
    client: socket.socket,
    server: socket.socket,
    wait_seconds: float,
    *,
    request: Pass = lambda part: part,
    answer: Pass = lambda part: part,
) -> None:
    """Forward requests and answers until both directions have ended, or nothing has arrived for a while.

    Args:
        client: the connection that requests come from.
        server: the connection that answers come from.
        wait_seconds: time limit of waiting for the next data, and of sending it.
        request: called with each part of a request.
        answer: called with each part of an answer.
    """
    directions = {client: (server, request), server: (client, answer)}
    for each in directions:
        each.settimeout(wait_seconds)
    with suppress(OSError):
        while directions and (ready := _wait_for_data(list(directions), wait_seconds)):
            for source in ready:
                target, pass_on = directions[source]
                part = _receive(source)
                if part is None:
                    continue
                if not part:
                    del directions[source]
                    target.shutdown(socket.SHUT_WR)
                elif (passed := pass_on(part)) is None:
                    del directions[source]
                else:
                    target.sendall(passed)


def _wait_for_data(sources: list[socket.socket], wait_seconds: float) -> list[socket.socket]:
    decrypted: list[socket.socket] = [each for each in sources if isinstance(each, ssl.SSLSocket) and each.pending()]
    return decrypted or select.select(sources, [], [], wait_seconds)[0]


def _receive(source: socket.socket) -> bytes | None:
    """Return the next data, empty at the end; None if there is only a part of a TLS record, or a message of TLS."""
    wait_seconds = source.gettimeout()
    source.settimeout(0)
    try:
        return source.recv(PART_BYTES)
    except (ssl.SSLWantReadError, BlockingIOError):
        return None
    finally:
        source.settimeout(wait_seconds)
