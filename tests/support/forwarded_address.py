"""The ingress at the address of a second tenancy, for programs that connect to ``externalIp`` as users' browsers do."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address

from local.paths import State
from local.tenancy.addresses import INGRESS_ADDRESS
from local.tenancy.ingress_ports import ingress_ports
from tests.support.forwarding import forward

CONNECTION_SECONDS = 600.0
"""Time without data after which a connection ends."""

HTTP, HTTPS = 80, 443


@contextmanager
def forwarded_address(state: State, address: IPv4Address) -> Iterator[None]:
    """Let the ports 80 and 443 of an address of this machine be those of the ingress inside the block."""
    ports = ingress_ports(state)
    servers = [_serve(address, own, there) for own, there in ((HTTP, ports.http), (HTTPS, ports.https))]
    try:
        yield
    finally:
        for server in servers:
            server.close()


def _serve(address: IPv4Address, own: int, there: int) -> socket.socket:
    server = socket.create_server((str(address), own))

    def accept() -> None:
        with suppress(OSError):  # the end of the block closes the server
            while True:
                client, _ = server.accept()
                threading.Thread(target=_forward, args=(client, there), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server


def _forward(client: socket.socket, port: int) -> None:
    with client, suppress(OSError), socket.create_connection((str(INGRESS_ADDRESS), port)) as ingress:
        forward(client, ingress, CONNECTION_SECONDS)
