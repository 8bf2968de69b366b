"""A web proxy that records requests and answers each of them itself, so that no test needs the internet."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ANSWER = "through the proxy"


@dataclass
class WebProxy:
    """A running proxy."""

    address: str
    port: int
    urls: list[str] = field(default_factory=list)
    """URLs of all requests; for ``CONNECT``, only host and port."""

    @property
    def hosts(self) -> set[str]:
        """Hosts of all requests."""
        return {urlsplit(url if "://" in url else f"//{url}").hostname or url for url in self.urls}


@contextmanager
def running_web_proxy(address: str) -> Iterator[WebProxy]:
    """Run a proxy at an address of this machine, on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            proxy.urls.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(ANSWER)))
            self.end_headers()
            self.wfile.write(ANSWER.encode())

        def _refuse(self) -> None:
            proxy.urls.append(self.path)
            self.send_error(502)

        do_CONNECT = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _refuse  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer((address, 0), Handler) as server:
        proxy = WebProxy(address, server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield proxy
        server.shutdown()
