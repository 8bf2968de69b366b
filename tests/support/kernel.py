"""A Python kernel on a person's server, spoken to as JupyterLab does.

Protocol: https://jupyter-client.readthedocs.io/en/stable/messaging.html, as JSON over the server's websocket.
"""

import json
import ssl
import time
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import websocket

from tests.support.person import Person

CONNECT_TIMEOUT_SECONDS = 30.0
RUN_TIMEOUT_SECONDS = 90.0


class KernelRaised(Exception):
    """The code raised: the exception's name, and what it says with its traceback."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name


class Kernel:
    """One kernel. Leaving its context shuts it down as closing a notebook does."""

    def __init__(self, person: Person) -> None:
        self._person = person
        started = person.call("POST", f"/user/{person.user}/api/kernels", {"name": "python3"})
        started.raise_for_status()
        self.id = str(started.json()["id"])
        self._socket = websocket.create_connection(
            f"{person.url.replace('https', 'wss', 1)}/user/{person.user}/api/kernels/{self.id}/channels",
            header=[f"Authorization: token {person.token}"],
            sslopt={"ca_certs": person.ca, "cert_reqs": ssl.CERT_REQUIRED},
            timeout=CONNECT_TIMEOUT_SECONDS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        self._socket.close()
        self._person.call("DELETE", f"/user/{self._person.user}/api/kernels/{self.id}")

    def run(self, code: str, timeout_seconds: float = RUN_TIMEOUT_SECONDS) -> str:
        """Run ``code``; what it printed on standard output.

        Raises:
            KernelRaised: the code raised.
            TimeoutError: it did not end in time.
        """
        request = self.send(code)
        deadline = time.monotonic() + timeout_seconds
        printed = ""
        while True:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.01))
            try:
                # With the server's pings, which otherwise would be answered unseen and start the wait anew.
                kind, data = self._socket.recv_data(control_frame=True)
            except websocket.WebSocketTimeoutException:
                raise TimeoutError(f"not done after {timeout_seconds:g} s; printed so far: {printed!r}") from None
            if kind == websocket.ABNF.OPCODE_CLOSE:
                raise ConnectionError(f"the server closed the connection; printed so far: {printed!r}")
            if kind != websocket.ABNF.OPCODE_TEXT:
                continue
            message = json.loads(data)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream" if content["name"] == "stdout":
                    printed += content["text"]
                case "error":
                    raise KernelRaised(content["ename"], "\n".join([content["evalue"], *content["traceback"]]))
                case "status" if content["execution_state"] == "idle":
                    return printed

    def value(self, expression: str, timeout_seconds: float = RUN_TIMEOUT_SECONDS) -> Any:
        """What an expression gives, as far as JSON holds it."""
        return json.loads(self.run(f"import json; print(json.dumps({expression}))", timeout_seconds))

    def send(self, code: str) -> str:
        """Have ``code`` run and do not wait for it; the request's id."""
        request = uuid4().hex
        header = {
            "msg_id": request,
            "msg_type": "execute_request",
            "session": self.id,
            "username": "",
            "version": "5.3",
        }
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": False}
        self._socket.send(
            json.dumps({"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content})
        )
        return request
