"""A user's real notebook server, started by the command and the files of the chart's values, beside a small hub."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from components.chart.server_code import FOLDER, server_code
from components.config.tenancy import Tenancy
from tests.support.ports import free_ports
from tests.support.virtual_environment import virtual_environment
from tests.support.waiting import LIMIT_SECONDS, wait_until

USER = "alice"
TOKEN = "a" * 32
PREFIX = f"/user/{USER}/"
STOP_SECONDS = 10.0


@dataclass
class SmallHub:
    """Answers the requests of one user's server as JupyterHub does; records all others."""

    received: list[tuple[str, Any]] = field(default_factory=list)
    """Paths and JSON bodies of the POST requests."""
    status: int = 200
    answers: dict[str, Any] = field(default_factory=dict)
    """JSON bodies of the answers to POST requests, by path; all others are empty objects."""
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def bodies(self, path: str) -> list[Any]:
        """Return the bodies that were sent to a path."""
        return [body for at, body in self.received if at == path]

    @contextmanager
    def running(self) -> Iterator["SmallHub"]:
        """Answer at a free port."""
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                user = {
                    "name": USER,
                    "kind": "user",
                    "admin": False,
                    "groups": [],
                    "scopes": [f"access:servers!server={USER}/", "read:users:name!user=" + USER],
                }
                known = self.headers.get("Authorization") == f"token {TOKEN}"
                if self.path == "/hub/api/user":
                    self._answer(200 if known else 403, user)
                else:
                    self._answer(200, {"version": "5.5.0"})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                hub.received.append((self.path, json.loads(body) if body else None))
                self._answer(hub.status, hub.answers.get(self.path, {}))

            def _answer(self, status: int, body: object) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("X-JupyterHub-Version", "5.5.0")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


@dataclass
class UserServer:
    """A running notebook server."""

    url: str
    process: subprocess.Popen[bytes]
    log_file: Path
    hub: SmallHub

    def log(self) -> str:
        """Return the server's log."""
        return self.log_file.read_text(errors="replace")

    def request(self, method: str, path: str, body: object = None) -> requests.Response:
        """Send a request as the user; the path is below the server's own."""
        headers = {"Authorization": f"token {TOKEN}"}
        return requests.request(
            method, self.url + path, json=body, headers=headers, timeout=LIMIT_SECONDS, allow_redirects=False
        )

    def get(self, path: str) -> requests.Response:
        """Get a page as the user."""
        return self.request("GET", path)

    def first_page(self) -> str:
        """Return the path of the page that the server opens with, below the server's own."""
        answer = self.get("")
        assert answer.status_code in (301, 302), answer.text
        return answer.headers["Location"].removeprefix(PREFIX.rstrip("/"))

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}api", timeout=LIMIT_SECONDS).ok
        except requests.ConnectionError:
            return False


def server_environment() -> Path:
    """Return the folder of a virtual environment like that of the local notebook image, one for all users' servers."""
    return virtual_environment("user-server", Path(__file__).with_suffix(".txt"), ["base", "notebook"])


def write_server_files(folder: Path, tenancy: Tenancy) -> list[str]:
    """Write the files of the chart's values into a folder; return the command that starts a server with them."""
    values = server_code(tenancy)
    for file in values["extraFiles"].values():
        path = folder / Path(file["mountPath"]).relative_to(FOLDER)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["stringData"])
    return [word.replace(FOLDER, str(folder)) for word in values["cmd"]]


@contextmanager
def running_server(
    python: Path,
    home: Path,
    folder: Path,
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    answers: Mapping[str, Any] | None = None,
) -> Iterator[UserServer]:
    """Provide a running server, which answers.

    Args:
        python: the interpreter of the image's environment; its folder is the first on PATH.
        home: the user's home folder.
        folder: a folder for the server's log and temporary files.
        command: the words of ``write_server_files``.
        environment: further variables.
        before: words before the command, which change what it may do.
        answers: the hub's answers to POST requests, by path.
    """
    port = free_ports(1)[0]
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    with SmallHub(answers=dict(answers or {})).running() as hub, (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *before, *command, "--allow-root"],
            cwd="/" if before else home,
            env={
                "PATH": f"{python.parent}:{os.defpath}",
                "HOME": str(home),
                "TMPDIR": str(temporary),
                "JUPYTERHUB_API_TOKEN": TOKEN,
                "JUPYTERHUB_CLIENT_ID": f"jupyterhub-user-{USER}",
                "JUPYTERHUB_API_URL": f"{hub.url}/hub/api",
                "JUPYTERHUB_ACTIVITY_URL": f"{hub.url}/hub/api/users/{USER}/activity",
                "JUPYTERHUB_USER": USER,
                "JUPYTERHUB_SERVER_NAME": "",
                "JUPYTERHUB_BASE_URL": "/",
                "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
                "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}{PREFIX}",
                "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{PREFIX}oauth_callback",
                "JUPYTERHUB_OAUTH_SCOPES": json.dumps([f"access:servers!server={USER}/"]),
                "JUPYTERHUB_DEFAULT_URL": "/lab",
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        server = UserServer(f"http://127.0.0.1:{port}{PREFIX}", process, folder / "server.log", hub)
        try:
            wait_until(lambda: process.poll() is not None or server.is_ready(), server.log)
            assert process.poll() is None, f"the server ended:\n{server.log()}"
            yield server
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and all its processes, as Kubernetes ends a container."""
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
