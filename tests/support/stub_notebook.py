"""A notebook server for tests of the hub: answers its health check and shows its own token and environment.

Run by the hub with the hub's interpreter, so it imports nothing of this project.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    Path(os.environ["HOME"], "token").write_text(os.environ["JUPYTERHUB_API_TOKEN"])
    Path(os.environ["HOME"], "environment").write_text(json.dumps(dict(os.environ)))
    url = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    HTTPServer((url.hostname or "", url.port or 0), Handler).serve_forever()
