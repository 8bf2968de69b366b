"""A person's use of a notebook server, over the protocols of JupyterLab's page."""

import json
import uuid
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import websocket

from tests.support.waiting import LIMIT_SECONDS, wait_until

POLLED = ("api/kernels", "api/sessions", "api/terminals", "api/contents?content=1", "lab/api/workspaces")
"""What an open page of JupyterLab 4.5 reads again and again."""


@dataclass
class JupyterClient:
    """Requests with a token to the server at an address, which ends with a slash."""

    url: str
    token: str

    def request(self, method: str, path: str, body: object = None) -> requests.Response:
        headers = {"Authorization": f"token {self.token}"}
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=LIMIT_SECONDS)
        answer.raise_for_status()
        return answer

    def poll(self) -> None:
        """Send the requests of an open page."""
        for path in POLLED:
            self.request("GET", path)

    def last_activity(self) -> datetime:
        """Return the time of the last activity, as the server knows it."""
        return parse_time(self.request("GET", "api/status").json()["last_activity"])

    def idle_seconds(self) -> float:
        return (datetime.now(UTC) - self.last_activity()).total_seconds()

    def kernels(self) -> dict[str, str]:
        """Return the states of the kernels."""
        return {each["id"]: each["execution_state"] for each in self.request("GET", "api/kernels").json()}

    def new_kernel(self) -> str:
        return str(self.request("POST", "api/kernels", {"name": "python3"}).json()["id"])

    def open_kernel(self, kernel: str) -> websocket.WebSocket:
        return self._connect(f"api/kernels/{kernel}/channels")

    def run(self, kernel: str, code: str) -> None:
        """Start code in a kernel, wait until it runs or has run, and close the connection."""
        with closing(self.open_kernel(kernel)) as connection:
            message = execution(code)
            connection.send(json.dumps(message))
            while True:
                found = json.loads(connection.recv())
                if (found.get("parent_header") or {}).get("msg_id") == message["header"]["msg_id"]:
                    return

    def wait_until_idle(self, kernel: str) -> None:
        wait_until(lambda: self.kernels()[kernel] == "idle", "the kernel is not idle")

    def new_terminal(self) -> str:
        return str(self.request("POST", "api/terminals").json()["name"])

    def open_terminal(self, name: str) -> websocket.WebSocket:
        return self._connect(f"terminals/websocket/{name}")

    def _connect(self, path: str) -> websocket.WebSocket:
        address = urlsplit(self.url)
        return websocket.create_connection(
            f"ws://{address.netloc}{address.path}{path}",
            header=[f"Authorization: token {self.token}"],
            timeout=LIMIT_SECONDS,
        )


def execution(code: str) -> dict[str, Any]:
    """Return the message that runs code."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": "s", "version": "5"}
    content = {"code": code, "silent": False}
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}


def type_line(terminal: websocket.WebSocket, line: str) -> None:
    """Type a line and the enter key, once the shell has its prompt."""
    while True:
        kind, *_ = json.loads(terminal.recv())
        if kind == "stdout":
            break
    terminal.send(json.dumps(["stdin", line + "\r"]))


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
