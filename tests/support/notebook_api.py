"""Code in a kernel of a notebook server, through the server's API."""

import json
import uuid
from urllib.parse import urlsplit

import websocket

from tests.support.user_server import TOKEN, UserServer
from tests.support.waiting import LIMIT_SECONDS


def run_code(server: UserServer, code: str) -> str:
    """Run code in a new kernel; return its output, or its error."""
    started = server.request("POST", "api/kernels", {"name": "python3"})
    assert started.ok, f"{started.text}\n{server.log()}"
    identifier = started.json()["id"]
    address = urlsplit(server.url)
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": "s", "version": "5"}
    content = {"code": code, "silent": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    connection = websocket.create_connection(
        f"ws://{address.netloc}{address.path}api/kernels/{identifier}/channels",
        header=[f"Authorization: token {TOKEN}"],
        timeout=LIMIT_SECONDS,
    )
    try:
        connection.send(json.dumps(message))
        output = ""
        while True:
            found = json.loads(connection.recv())
            if found.get("parent_header", {}).get("msg_id") != header["msg_id"]:
                continue
            if found["msg_type"] == "stream":
                output += found["content"]["text"]
            elif found["msg_type"] == "error":
                return f"{output}{found['content']['ename']}: {found['content']['evalue']}"
            elif found["msg_type"] == "status" and found["content"]["execution_state"] == "idle":
                return output
    finally:
        connection.close()
        server.request("DELETE", f"api/kernels/{identifier}")
