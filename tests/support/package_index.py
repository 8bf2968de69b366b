"""A package index for pip, as static files of a web server, with one wheel.

The layout is that of the simple repository API (https://packaging.python.org/en/latest/specifications/simple-repository-api/),
and the wheel's that of https://packaging.python.org/en/latest/specifications/binary-distribution-format/.
"""

import hashlib
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

PACKAGE, MODULE = "tides-of-the-test", "tides_of_the_test"
VERSION = "1.2.3"


@dataclass
class PackageIndex:
    """A running index."""

    address: str
    port: int
    paths: list[str] = field(default_factory=list)
    """Paths of all requests."""

    @property
    def url(self) -> str:
        """The index, as pip's option ``--index-url``."""
        return f"http://{self.address}:{self.port}/simple"


@contextmanager
def running_package_index(address: str, folder: Path) -> Iterator[PackageIndex]:
    """Run an index with the package at an address of this machine, with its files in a new ``folder``."""
    wheel = _write_wheel(folder / "simple" / PACKAGE)
    (wheel.parent / "index.html").write_text(f'<!DOCTYPE html><a href="{wheel.name}">{wheel.name}</a>')

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            index.paths.append(self.path)
            super().do_GET()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer((address, 0), partial(Handler, directory=str(folder))) as server:
        index = PackageIndex(address, server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield index
        server.shutdown()


def _write_wheel(folder: Path) -> Path:
    """Write a wheel with one module, whose ``VERSION`` is the package's version."""
    information = f"{MODULE}-{VERSION}.dist-info"
    files = {
        f"{MODULE}.py": f"VERSION = {VERSION!r}\n",
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{name},sha256={_digest(text)},{len(text.encode())}" for name, text in files.items()]
    files[f"{information}/RECORD"] = "\n".join([*record, f"{information}/RECORD,,"]) + "\n"
    folder.mkdir(parents=True)
    wheel = folder / f"{MODULE}-{VERSION}-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def _digest(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
