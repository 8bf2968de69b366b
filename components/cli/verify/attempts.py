"""Attempts to open connections from inside a user's server: code for its kernel, and the answer of that code. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from components.cli.verify.code_values import insert_values

ATTEMPT_SECONDS = 4
"""Time limit of one connection. A network policy drops packets, or refuses the connection."""

MOST_AT_ONCE = 64
"""Number of connections that are tried at the same time."""

_SOURCE = """
import concurrent.futures, json, socket

def _addresses(host, port):
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({each[4][0] for each in found})

def _attempt(target):
    address, port = target
    try:
        socket.create_connection((address, port), timeout=SECONDS).close()
    except ConnectionRefusedError:
        return "refused"
    except socket.timeout:
        return "no answer"
    except OSError:
        return "no route"
    return "open"

def _attempts(targets):
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        names = sorted({host for host, _ in targets})
        found = dict(zip(names, pool.map(lambda name: _addresses(name, None), names)))
        pairs = sorted({(address, port) for host, port in targets for address in found[host]})
        outcomes = dict(zip(pairs, pool.map(_attempt, pairs)))
    return [[host, port, {each: outcomes[each, port] for each in found[host]}] for host, port in targets]

print(json.dumps(_attempts(TARGETS)))
"""


class Outcome(StrEnum):
    """Result of one attempt."""

    OPEN = "open"
    REFUSED = "refused"
    NO_ANSWER = "no answer"
    NO_ROUTE = "no route"


class Target(NamedTuple):
    """Server that a connection is tried to: a name, which the user's server resolves, or an address, and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


Attempts = Mapping[Target, Mapping[Target, Outcome]]
"""The outcome for each address and port of each target; none for a name that has no address in the cluster."""


def attempts_source(targets: Iterable[Target]) -> str:
    """Return Python code that tries all targets at the same time and prints the outcomes as one line of JSON.

    The code needs only the standard library.
    """
    unique = [[each.host, each.port] for each in dict.fromkeys(targets)]
    return insert_values(_SOURCE, SECONDS=ATTEMPT_SECONDS, WORKERS=MOST_AT_ONCE, TARGETS=unique)


def read_attempts(value: object) -> Attempts:
    """Return the outcomes in the JSON value that the code prints.

    Raises:
        ValueError: the value is not from this code.
    """
    try:
        return {
            Target(host, port): {Target(address, port): Outcome(outcome) for address, outcome in found.items()}
            for host, port, found in value  # type: ignore[attr-defined] # whatever the user's server printed
        }
    except (TypeError, AttributeError, ValueError):
        raise ValueError("the user's server returned no results of the connections") from None
