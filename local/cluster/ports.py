"""The ports that the cluster needs, and the choice of the ingress ports if 443 or 80 is in use."""

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from local.failure import Failure
from local.host.commands import output
from local.paths import State
from local.tenancy.addresses import INGRESS_ADDRESS, NODE_ADDRESS
from local.tenancy.ingress_ports import IngressPorts, ingress_ports, record_ingress_ports

LOOPBACK = IPv4Address("127.0.0.1")
HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Port:
    """A TCP port that one program of the cluster needs."""

    program: str
    address: IPv4Address
    number: int


FIXED = (
    Port("etcd", LOOPBACK, 2379),
    Port("etcd", LOOPBACK, 2380),
    Port("kube-apiserver", NODE_ADDRESS, 6443),
    Port("kubelet", NODE_ADDRESS, 10250),
    Port("kubelet", LOOPBACK, 10248),
    Port("kube-proxy", LOOPBACK, 10249),
    Port("kube-proxy", LOOPBACK, 10256),
    Port("coredns", NODE_ADDRESS, 53),
    Port("coredns", LOOPBACK, 8181),
)


def is_free(address: IPv4Address, number: int) -> bool:
    """Return whether a program could listen on this TCP port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((str(address), number))
            probe.listen(1)
        except OSError:
            return False
    return True


def refuse_ports_in_use() -> None:
    """Check that every fixed port is free; the bridge must exist.

    Raises:
        Failure: ports are in use; names each with the program that needs it and, if known, the one that has it.
    """
    in_use = [port for port in FIXED if not is_free(port.address, port.number)]
    if in_use:
        lines = [f"{port.address}:{port.number}, needed by {port.program}, {_holder(port.number)}" for port in in_use]
        raise Failure(
            "ports are in use:\n    " + "\n    ".join(lines),
            fix="stop the programs that use them and run make up again",
        )


def choose(last: IngressPorts, free: Callable[[int], bool]) -> IngressPorts:
    """443 and 80; one that is in use is replaced by the last used one, or the next free one from 8443 or 8080 on.

    Raises:
        Failure: no port is free.
    """
    https = _first(free, 443, last.https, 8443)
    http = _first(lambda number: number != https and free(number), 80, last.http, 8080)
    return IngressPorts(http=http, https=https)


def choose_ingress_ports(state: State) -> IngressPorts:
    """Choose and record ports that are free now. Traefik must not be running, or its own ports would not be free."""
    ports = choose(ingress_ports(state), lambda number: is_free(INGRESS_ADDRESS, number))
    record_ingress_ports(state, ports)
    return ports


def holder(sockets: str) -> str:
    """Return the program that listens, from a line of ``ss -Hltnp``; empty if the line names none."""
    found = re.search(r'users:\(\("([^"]+)",pid=(\d+)', sockets)
    return f"in use by {found[1]} (process {found[2]})" if found else ""


def _holder(number: int) -> str:
    return holder(output(["ss", "-Hltnp", f"sport = :{number}"], timeout_seconds=10)) or "in use by another process"


def _first(free: Callable[[int], bool], usual: int, last: int, start: int) -> int:
    for number in _candidates(usual, last, start):
        if free(number):
            return number
    raise Failure(f"no port is free for the ingress, not even above {start}", fix="stop programs that use them")


def _candidates(usual: int, last: int, start: int) -> Iterator[int]:
    yield from (usual, last)
    yield from range(start, HIGHEST_PORT + 1)
