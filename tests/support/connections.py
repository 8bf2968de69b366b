"""Attempts to open connections, from this machine or as code for a kernel or a pod."""

from typing import Any

Targets = dict[str, tuple[str, int]]
"""Addresses and ports by name."""

TRY_TIMEOUT_SECONDS = 4

TRY = f"""
import concurrent.futures, json, socket
def attempt(target):
    try:
        socket.create_connection(tuple(target), timeout={TRY_TIMEOUT_SECONDS}).close()
    except ConnectionRefusedError:
        return "refused"
    except OSError as error:
        return type(error).__name__
    return "open"
def attempts(targets):
    with concurrent.futures.ThreadPoolExecutor(max(len(targets), 1)) as pool:
        return dict(zip(targets, pool.map(attempt, targets.values())))
"""
"""Code that defines the function ``attempts``, which returns the result of a connection to each target by its name."""


def try_from_the_node(targets: Targets) -> dict[str, str]:
    """Return the result of a connection from this machine to each target."""
    names: dict[str, Any] = {}
    exec(TRY, names)  # noqa: S102
    found: dict[str, str] = names["attempts"](targets)
    return found
