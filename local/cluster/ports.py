"""Which ports the node needs, and where Traefik answers when 443 or 80 is somebody else's."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address

from local.failure import Failure
from local.host.commands import output
from local.paths import State
from local.tenancy.addresses import INGRESS_ADDRESS, NODE_ADDRESS

LOOPBACK = IPv4Address("127.0.0.1")
HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Port:
    """A TCP port that one program of the node must have."""

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


@dataclass(frozen=True)
class IngressPorts:
    """Where Traefik answers on the ingress address. ``http`` only leads to ``https``."""

    http: int = 80
    https: int = 443

    @property
    def are_usual(self) -> bool:
        """Whether a URL needs no port."""
        return self == IngressPorts()


def is_free(address: IPv4Address, number: int) -> bool:
    """Whether a program could listen on this TCP port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((str(address), number))
            probe.listen(1)
        except OSError:
            return False
    return True


def refuse_taken() -> None:
    """Check that every fixed port is free; the bridge must be up.

    Raises:
        Failure: names each port that is taken, who should have it and, where the kernel tells, who has it.
    """
    taken = [port for port in FIXED if not is_free(port.address, port.number)]
    if taken:
        lines = [f"{port.address}:{port.number}, needed by {port.program}, {_holder(port.number)}" for port in taken]
        raise Failure("ports are taken:\n    " + "\n    ".join(lines), way_on="stop what holds them, then make up")


def choose(remembered: IngressPorts | None, free: Callable[[int], bool]) -> IngressPorts:
    """443 and 80; each that is taken is replaced by the one used last time, or the next free from 8443 and 8080 on.

    Raises:
        Failure: no port is free.
    """
    last = remembered or IngressPorts()
    https = _first(free, 443, last.https, 8443)
    http = _first(lambda number: number != https and free(number), 80, last.http, 8080)
    return IngressPorts(http=http, https=https)


def free_ingress_ports(state: State) -> IngressPorts:
    """Ports Traefik can have now, remembered in the state folder. Ask only while Traefik does not run."""
    ports = choose(_remembered(state), lambda number: is_free(INGRESS_ADDRESS, number))
    state.node.mkdir(parents=True, exist_ok=True, mode=0o700)
    (state.node / "ingress-ports.json").write_text(json.dumps(asdict(ports)))
    return ports


def ingress_ports(state: State) -> IngressPorts:
    """The ports Traefik has, or had when it ran last."""
    return _remembered(state) or IngressPorts()


def holder(sockets: str) -> str:
    """Who listens, from a line of ``ss -Hltnp``; empty when it names nobody."""
    found = re.search(r'users:\(\("([^"]+)",pid=(\d+)', sockets)
    return f"held by {found[1]} (process {found[2]})" if found else ""


def _holder(number: int) -> str:
    return holder(output(["ss", "-Hltnp", f"sport = :{number}"], timeout_seconds=10)) or "held by another process"


def _first(free: Callable[[int], bool], usual: int, last: int, onward: int) -> int:
    for number in _candidates(usual, last, onward):
        if free(number):
            return number
    raise Failure(f"no port is free for the ingress, not even above {onward}", way_on="stop what holds them")


def _candidates(usual: int, last: int, onward: int) -> Iterator[int]:
    yield from (usual, last)
    yield from range(onward, HIGHEST_PORT + 1)


def _remembered(state: State) -> IngressPorts | None:
    try:
        return IngressPorts(**json.loads((state.node / "ingress-ports.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
