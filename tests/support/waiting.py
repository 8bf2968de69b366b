"""Waiting for conditions and for started servers.

All waits have one limit. Only a defect reaches it, so it is long: a busy machine may take minutes for the work of a
second.
"""

import subprocess
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import requests

LIMIT_SECONDS = 300.0
POLL_SECONDS = 0.1

T = TypeVar("T")


def wait_until(condition: Callable[[], object], failure: Callable[[], object] | str) -> None:
    """Wait until the condition is true.

    Args:
        condition: asked again and again.
        failure: the text of the error after ``LIMIT_SECONDS``, or a function that returns it.
    """
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, failure() if callable(failure) else failure
        time.sleep(POLL_SECONDS)


def wait_for(read: Callable[[], T], good: Callable[[T], bool]) -> T:
    """Call ``read`` until its result is good, and return it."""
    results: list[T] = []

    def is_good() -> bool:
        results[:] = [read()]
        return good(results[0])

    wait_until(is_good, lambda: f"the result is still {results[0]}")
    return results[0]


def wait_for_server(
    process: subprocess.Popen[bytes], answers: Callable[[], bool], failure: Callable[[], object] | str
) -> None:
    """Wait until a started server answers.

    Args:
        process: the server's process, which must not end.
        answers: whether the server answers.
        failure: as in ``wait_until``.
    """

    def has_ended_or_answers() -> bool:
        return process.poll() is not None or answers()

    wait_until(has_ended_or_answers, failure)
    assert process.poll() is None, failure() if callable(failure) else failure


def is_answered(url: str) -> bool:
    """Return whether the URL is answered, with any status."""
    return _status(url) is not None


def is_healthy(url: str) -> bool:
    """Return whether the URL is answered with success."""
    status = _status(url)
    return status is not None and status < HTTPStatus.BAD_REQUEST


def _status(url: str) -> int | None:
    try:
        return requests.get(url, timeout=LIMIT_SECONDS).status_code
    except (requests.ConnectionError, requests.Timeout):
        return None
