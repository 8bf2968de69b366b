"""Websocket server in the verification's own server that sends nothing by itself: code for its kernel. Pure.

Kernels' websockets are never idle for long, because Jupyter Server sends a ping every 30 seconds. Those of other
programs behind a user's server, such as dashboards, are.
"""

from components.cli.verify.code_values import insert_values

LIFE_SECONDS = 110
"""Time after which the program ends, whatever happens."""

_PROGRAM = """
import base64, hashlib, socket, sys, threading

def exactly(connection, count):
    found = b""
    while len(found) < count:
        part = connection.recv(count - len(found))
        if not part:
            raise SystemExit
        found += part
    return found

threading.Timer(LIFE, lambda: __import__("os")._exit(0)).start()
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
connection, _ = listener.accept()
request = b""
while not request.endswith(b"\\r\\n\\r\\n"):
    request += exactly(connection, 1)
headers = dict(line.split(": ", 1) for line in request.decode("latin-1").split("\\r\\n")[1:] if ": " in line)
key = {name.lower(): value for name, value in headers.items()}["sec-websocket-key"]
digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
accepted = base64.b64encode(digest).decode()
connection.sendall((
    "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
    "Sec-WebSocket-Accept: " + accepted + "\\r\\n\\r\\n"
).encode())
while True:
    kind, size = exactly(connection, 2)
    mask = exactly(connection, 4) if size & 128 else bytes(4)
    data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(exactly(connection, size & 127)))
    if kind & 15 == 8:
        break
    connection.sendall(bytes([128 | (10 if kind & 15 == 9 else kind & 15), len(data)]) + data)
__import__("os")._exit(0)
"""
"""Accepts one connection and returns each message, of at most 125 bytes, to its sender."""

SOURCE = f"""
import json, subprocess, sys
started = subprocess.Popen(
    [sys.executable, "-c", {insert_values(_PROGRAM, LIFE=LIFE_SECONDS)!r}],
    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, text=True,
)
print(json.dumps(int(started.stdout.readline())))
"""
"""Starts the program so that it outlives the kernel, and prints its port."""
