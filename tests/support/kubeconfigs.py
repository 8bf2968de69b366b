"""Changed kubeconfigs of a test's API server, and a proxy on the way to it."""

import base64
import json
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.api_server import ApiServer

IDLE_SECONDS = 60.0


def change_cluster(kubeconfig: Path, to: Path, **entry: Any) -> Path:
    """Write the kubeconfig with other keys of its cluster's entry to a file; an underscore stands for a dash."""
    document = json.loads(kubeconfig.read_text())
    cluster = document["clusters"][0]["cluster"]
    cluster.update({key.replace("_", "-"): value for key, value in entry.items()})
    to.parent.mkdir(parents=True, exist_ok=True)
    to.touch(mode=0o600)
    to.write_text(json.dumps(document))
    return to


def other_server(api_server: ApiServer) -> dict[str, str]:
    """Return the keys of a cluster's entry that reach the server under another host name."""
    return {"server": api_server.url.replace("127.0.0.1", "localhost")}


def other_authorities(api_server: ApiServer, additional: Path) -> dict[str, str]:
    """Return the keys of a cluster's entry with another bundle of authorities."""
    cluster = json.loads(api_server.kubeconfig.read_text())["clusters"][0]["cluster"]
    bundle = base64.b64decode(cluster["certificate-authority-data"]) + additional.read_bytes()
    return {"certificate-authority-data": base64.b64encode(bundle).decode()}


@contextmanager
def connect_proxy() -> Iterator[str]:
    """Provide an HTTP proxy that passes connections on (CONNECT, RFC 9110); yield its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            threading.Thread(target=_serve, args=(listener.accept()[0],), daemon=True).start()


def _serve(client: socket.socket) -> None:
    with client, suppress(OSError, ValueError):
        client.settimeout(IDLE_SECONDS)
        request = b""
        while b"\r\n\r\n" not in request:
            request += client.recv(4096)
        host, _, port = request.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port)), IDLE_SECONDS) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            while ready := select.select([client, server], [], [], IDLE_SECONDS)[0]:
                for each in ready:
                    part = each.recv(65536)
                    if not part:
                        return
                    (server if each is client else client).sendall(part)
