"""Free ports for servers that tests start."""

import os
import random
import socket
from contextlib import ExitStack

NEVER_HANDED_OUT = range(20_000, 30_000)
"""Below the ports that Linux uses for outgoing connections (from 32768) and Kubernetes for services (from 30000).

A port that the kernel chooses could be given to another connection before the server listens or while it restarts.
"""
WORKERS = 10
"""Largest number of parallel test processes; each has its own range of ports, so that two never choose the same."""


def free_ports(count: int) -> list[int]:
    """Return loopback ports on which no program listens."""
    own = NEVER_HANDED_OUT[_worker() :: WORKERS]
    with ExitStack() as held:
        chosen: list[int] = []
        for port in random.sample(own, len(own)):
            if len(chosen) == count:
                break
            try:
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen.append(port)
        assert len(chosen) == count, "every port is taken"
        return chosen


def _worker() -> int:
    """Return the number of this pytest-xdist worker: ``gw3`` is 3."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
