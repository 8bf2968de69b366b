"""Users of a hub under test with notebook servers (``stub_notebook.py``), API tokens and browsers."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import requests

from components.chart.admission import AUTHENTICATOR_SECTIONS
from components.chart.values import Values
from components.in_hub.admission_settings import AUTHENTICATOR, HUB, SPAWNER
from components.in_hub.statement import FILE
from tests.support.hub_process import Hub, Visitor
from tests.support.hub_users import MEMBERS, PASSWORD, People
from tests.support.waiting import LIMIT_SECONDS, wait_until

SERVERS = {"HUB_SERVER_PROGRAM": str(Path(__file__).with_name("stub_notebook.py"))}
"""Environment variables of a hub whose users' servers are processes beside it."""

ADMIN_TOKEN = "e" * 64
"""Token of an admin whose rights do not end with a log-in."""


@dataclass
class User:
    """A user who is logged in, with an API token."""

    hub: Hub
    name: str
    browser: Visitor
    token: str
    admin_token = ADMIN_TOKEN

    def request(self, token: str, method: str, path: str, body: Any = None) -> requests.Response:
        """Send a request with a token."""
        headers = {"Authorization": f"token {token}"}
        return requests.request(method, f"{self.hub.url}{path}", json=body, headers=headers, timeout=LIMIT_SECONDS)

    def is_accepted(self, token: str) -> bool:
        """Return whether the hub accepts the token."""
        return self.hub.accepts(token)

    def new_token(self, **options: Any) -> str:
        """Create an API token like the hub's token page."""
        answer = self.browser.post_json(f"/hub/api/users/{self.name}/tokens", options)
        answer.raise_for_status()
        return str(answer.json()["token"])

    def start_server(self) -> None:
        """Start the user's server and wait until the hub has its answer."""
        assert self.post_server(self.token) in (201, 202)
        wait_until(lambda: self.servers().get("", {}).get("ready"), self.hub.log)

    def post_server(self, token: str) -> int:
        """Ask the hub to start the user's server; return the HTTP status."""
        return self.request(token, "POST", f"/hub/api/users/{self.name}/server").status_code

    def processes(self) -> list[int]:
        """Return the processes of the user's servers, also of those that the hub does not know any more."""
        mark = f"\0JUPYTERHUB_USER={self.name}\0".encode()
        return [int(file.parent.name) for file in Path("/proc").glob("[0-9]*/environ") if mark in _environment(file)]

    def wait_for_process(self) -> None:
        """Wait until a server of the user runs, whether it answers or not."""
        wait_until(self.processes, self.hub.log)

    def stop_server_as_admin(self) -> None:
        """Stop the user's server as an admin does, if it runs, and wait."""
        status = self.request(self.admin_token, "DELETE", f"/hub/api/users/{self.name}/server").status_code
        assert status in (202, 204)
        self.wait_for_stop()

    def wait_for_stop(self) -> None:
        """Wait until the user has no server."""
        wait_until(lambda: not self.has_server(), self.hub.log)

    def has_server(self) -> bool:
        """Return whether a server of the user runs, starts or stops."""
        return bool(self.servers())

    def servers(self) -> dict[str, Any]:
        """Return the hub's description of the user's servers, as an admin sees it."""
        answer = self.request(self.admin_token, "GET", f"/hub/api/users/{self.name}")
        answer.raise_for_status()
        return dict(answer.json()["servers"])

    def server_token(self) -> str:
        """Return the token that the hub gave to the user's last server."""
        return (self.hub.log_file.parent / "homes" / self.name / "token").read_text()

    def environment(self) -> dict[str, str]:
        """Return the environment variables of the user's last server."""
        return dict(json.loads((self.hub.log_file.parent / "homes" / self.name / "environment").read_text()))

    def groups(self, token: str) -> set[str]:
        """Return the user's groups, as the hub shows them for a token of the user."""
        answer = self.request(token, "GET", "/hub/api/user")
        answer.raise_for_status()
        return set(answer.json()["groups"])

    def report_activity(self, token: str) -> int:
        """Report activity of the user's server, as the server does; return the HTTP status."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        body = {"servers": {"": {"last_activity": now}}, "last_activity": now}
        return self.request(token, "POST", f"/hub/api/users/{self.name}/activity", body).status_code


def _environment(file: Path) -> bytes:
    try:
        return b"\0" + file.read_bytes()
    except OSError:  # the process has ended
        return b""


def with_admin(values: Values) -> Values:
    """Return the values with a service that has the rights of an admin and the token ``ADMIN_TOKEN``."""
    values["jupyterhub"]["hub"]["services"]["tests-admin"] = {"admin": True, "apiToken": ADMIN_TOKEN}
    return declare_again(values)


def declare_again(values: Values) -> Values:
    """Return the values with a statement of the admitted users that follows from their changed settings and services.

    Without it, the hub would refuse to start with the changes.
    """
    hub = values["jupyterhub"]["hub"]
    [file] = [file for file in hub["extraFiles"].values() if file["mountPath"].endswith(FILE.name)]
    statement = json.loads(file["stringData"])
    statement["settings"][HUB] |= hub["config"]["JupyterHub"]
    for section in AUTHENTICATOR_SECTIONS:
        statement["settings"][AUTHENTICATOR] |= hub["config"][section]
    statement["settings"][SPAWNER] |= hub["config"]["KubeSpawner"]
    statement["services"] = {
        name: {key: value for key, value in service.items() if key != "apiToken"}
        for name, service in hub["services"].items()
    }
    file["stringData"] = json.dumps(statement)
    return values


def log_in(hub: Hub, name: str, password: str) -> User:
    """Log a user in, and create an API token without an end."""
    browser = hub.log_in(name, password)
    assert browser.is_in, browser.message
    return User(hub, name, browser, browser.new_token(name))


def add_member(people: People) -> str:
    """Add a new member of the users' group to the directory; return the name."""
    name = f"user-{token_hex(4)}"
    people.add(name)
    people.join(MEMBERS, name)
    return name


def new_member(hub: Hub, people: People) -> User:
    """Return a new member of the users' group with an API token and a running server."""
    user = log_in(hub, add_member(people), PASSWORD)
    user.start_server()
    return user
