"""Gates in a hub under test: a log-in, or the start of a server, waits at a place where much can happen meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.chart.values import Values

LOG_IN, START = "log-in", "start"
"""Gates: before the last check of a log-in, and before the start of a server that the hub has permitted."""

REACHED_SECONDS = 60.0
POLL_SECONDS = 0.1

_CODE = f"""
import asyncio
from pathlib import Path

import components.in_hub.authenticator as _authenticator
from jupyterhub.handlers.base import BaseHandler as _BaseHandler

def _gated(function, gate):
    async def wait(*arguments, **named):
        if gate.exists():
            gate.with_suffix(".reached").touch()
            while gate.exists():
                await asyncio.sleep(0.05)
        return await function(*arguments, **named)
    return wait

_authenticator.check_identity = _gated(_authenticator.check_identity, Path("{LOG_IN}.gate").absolute())
_BaseHandler.spawn_single_user = _gated(_BaseHandler.spawn_single_user, Path("{START}.gate").absolute())
"""


def with_gates(values: Values) -> Values:
    """Return the values of a hub with open gates."""
    values["jupyterhub"]["hub"]["extraConfig"]["tests-gates"] = _CODE
    return values


class Gate:
    """A closed gate."""

    def __init__(self, file: Path) -> None:
        self._reached = file.with_suffix(".reached")

    def wait(self) -> None:
        """Wait until a request stands at the gate."""
        deadline = time.monotonic() + REACHED_SECONDS
        while not self._reached.exists():
            assert time.monotonic() < deadline, "no request has reached the gate"
            time.sleep(POLL_SECONDS)


@contextmanager
def closed_gate(folder: Path, name: str) -> Iterator[Gate]:
    """Close a gate of the hub in this folder inside the block."""
    file = folder / f"{name}.gate"
    file.touch()
    try:
        yield Gate(file)
    finally:
        file.unlink()
        file.with_suffix(".reached").unlink(missing_ok=True)
