"""Free ports for servers that tests start."""

import fcntl
import functools
import os
import random
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

NEVER_HANDED_OUT = range(20_000, 30_000)
"""Below the ports that Linux uses for outgoing connections (from 32768) and Kubernetes for services (from 30000).

A port that the kernel chooses could be given to another connection before the server listens or while it restarts.
"""


def free_ports(count: int) -> list[int]:
    """Return loopback ports on which no program listens, and which no other test process has chosen."""
    with ExitStack() as held:
        chosen: list[int] = []
        for port in random.sample(NEVER_HANDED_OUT, len(NEVER_HANDED_OUT)):
            if len(chosen) == count:
                break
            try:
                fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen.append(port)
        assert len(chosen) == count, "every port is taken"
        return chosen


@functools.cache
def _locks() -> int:
    """Return an open file in which each test process locks the bytes of its ports, until it ends."""
    file = Path(tempfile.gettempdir(), f"test-ports-{os.getuid()}")
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
