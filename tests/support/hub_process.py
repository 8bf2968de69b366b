"""A real JupyterHub with the chart values of the program, and clients of its log-in page."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import requests

from components.chart.mounted_code import HUB_FOLDER
from components.chart.values import Values
from tests.support.ports import free_ports
from tests.support.waiting import LIMIT_SECONDS, is_healthy, wait_until

HERE = Path(__file__).resolve().parent
STOP_SECONDS = 10.0


class HubEnded(AssertionError):
    """The hub's process ended before it served a page."""

    def __init__(self, exit_code: int, log: str) -> None:
        super().__init__(f"the hub ended with {exit_code}:\n{log}")
        self.exit_code, self.log = exit_code, log


NO_CLUSTER = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "none",
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "none", "user": {}}],
}
"""A kubeconfig of a cluster that does not exist."""


@dataclass
class Hub:
    """A running hub."""

    url: str
    log_file: Path
    _log_read: int = 0

    def log(self) -> str:
        """Return the hub's log entries since the last call."""
        written = self.log_file.read_bytes()
        end = written.rfind(b"\n") + 1  # without a line that is being written
        new, self._log_read = written[self._log_read : end], end
        return new.decode()

    def accepts(self, token: str) -> bool:
        """Return whether the hub accepts an API token."""
        answer = requests.get(
            f"{self.url}/hub/api/user", headers={"Authorization": f"token {token}"}, timeout=LIMIT_SECONDS
        )
        assert answer.status_code in (requests.codes.ok, requests.codes.forbidden)
        return answer.ok

    def visitor(self) -> "Visitor":
        return Visitor(self)

    def log_in(self, user: str, password: str) -> "Visitor":
        """Return a new visitor who has submitted the log-in form."""
        visitor = self.visitor()
        visitor.log_in(user, password)
        return visitor


@dataclass
class Visitor:
    """A browser with cookies, forms and redirects, but without scripts."""

    hub: Hub
    session: requests.Session = field(default_factory=requests.Session)
    page: requests.Response = field(default_factory=requests.Response)

    def get(self, path: str) -> requests.Response:
        self.page = self.session.get(self.hub.url + path, timeout=LIMIT_SECONDS)
        return self.page

    def post(self, path: str, **form: str) -> requests.Response:
        form["_xsrf"] = self._xsrf()
        self.page = self.session.post(self.hub.url + path, data=form, timeout=LIMIT_SECONDS, allow_redirects=False)
        return self.page

    def post_json(self, path: str, model: dict[str, Any] | None = None) -> requests.Response:
        parameters = {"_xsrf": self._xsrf()}
        return self.session.post(self.hub.url + path, json=model, params=parameters, timeout=LIMIT_SECONDS)

    def new_token(self, user: str) -> str:
        """Create an API token that does not expire, like the hub's token page."""
        answer = self.post_json(f"/hub/api/users/{user}/tokens", {"note": "tests"})
        answer.raise_for_status()
        return str(answer.json()["token"])

    def patch(self, path: str, model: dict[str, Any]) -> None:
        answer = self.session.patch(
            self.hub.url + path, json=model, params={"_xsrf": self._xsrf()}, timeout=LIMIT_SECONDS
        )
        answer.raise_for_status()

    def delete(self, path: str) -> None:
        answer = self.session.delete(self.hub.url + path, params={"_xsrf": self._xsrf()}, timeout=LIMIT_SECONDS)
        answer.raise_for_status()

    def log_in(self, user: str, password: str) -> None:
        self.get("/hub/login")
        self.post("/hub/login", username=user, password=password)

    @property
    def message(self) -> str:
        """The error message of the log-in page; empty if there is none."""
        found = re.search(r'<p class="login_error">(.*?)</p>', self.page.text, re.DOTALL)
        return unescape(found[1]).strip() if found else ""

    @property
    def user(self) -> dict[str, Any] | None:
        """The hub's model of the logged-in user; None if no user is logged in."""
        answer = self.session.get(f"{self.hub.url}/hub/api/user", params={"_xsrf": self._xsrf()}, timeout=LIMIT_SECONDS)
        if answer.status_code == requests.codes.forbidden:
            return None
        answer.raise_for_status()
        model: dict[str, Any] = answer.json()
        return model

    @property
    def is_in(self) -> bool:
        return self.user is not None

    def _xsrf(self) -> str:
        tokens = [cookie.value for cookie in self.session.cookies if cookie.name == "_xsrf"]
        return tokens[-1] or "" if tokens else ""


def page_of_refused_start(visitor: Visitor, user: str, server: str = "") -> str:
    """Start a server that the hub refuses, and return the text of the page with the reason."""
    path = f"{user}/{server}" if server else user
    visitor.get(f"/hub/spawn/{path}")

    def has_ended() -> bool:
        return not visitor.page.ok or not visitor.get(f"/hub/spawn-pending/{path}").ok

    wait_until(has_ended, lambda: f"the start has not ended:\n{visitor.hub.log()}")
    return unescape(visitor.page.text)


def short_lived(values: Values, *, seconds: int) -> Values:
    """Return the values with another duration of log-ins."""
    config = values["jupyterhub"]["hub"]["config"]
    config["JupyterHub"]["cookie_max_age_days"] = seconds / (24 * 3600)
    config["FreeIpaAuthenticator"]["log_in_lasts_seconds"] = seconds
    return values


def write_files(folder: Path, values: Values) -> None:
    """Write the files that the chart mounts, and its values."""
    hub_values = values["jupyterhub"]
    for file in hub_values["hub"]["extraFiles"].values():
        path = folder / Path(file["mountPath"]).relative_to(HUB_FOLDER)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["stringData"])
    # Helm sorts the keys, too.
    (folder / "values.json").write_text(json.dumps(hub_values, sort_keys=True))
    # KubeSpawner, without which the program's hub does not start, needs it; nothing connects to the server.
    (folder / ".kube").mkdir(exist_ok=True)
    (folder / ".kube" / "config").write_text(json.dumps(NO_CLUSTER))


def _declare_server(folder: Path, command: Sequence[str]) -> None:
    """Declare users' servers that are processes beside the hub, which it otherwise refuses to start with."""
    file = folder / "components" / "in_hub" / "admission.json"
    if file.is_file():
        statement = json.loads(file.read_text())
        statement["settings"]["JupyterHub"]["spawner_class"] = "jupyterhub.spawner.SimpleLocalProcessSpawner"
        homes = f"{folder}/homes/{{username}}"
        statement["settings"]["KubeSpawner"] |= {"cmd": list(command), "home_dir_template": homes}
        file.write_text(json.dumps(statement))


def hub_environment(folder: Path, port: int) -> dict[str, str]:
    """Return the environment variables of a hub whose files are in ``folder``."""
    return {"HOME": str(folder), "HUB_VALUES": str(folder / "values.json"), "HUB_PORT": str(port)}


def hub_endings(
    python: Path, folder: Path, cases: Sequence[tuple[Values, Sequence[str]]]
) -> list[tuple[int | None, str]]:
    """Start a hub with each of the values and command-line arguments; return the exit codes and logs.

    The code is None if the hub was still running after five minutes.
    """
    hubs: list[dict[str, Any]] = []
    for number, (values, arguments) in enumerate(cases):
        here = folder / str(number)
        here.mkdir()
        write_files(here, values)
        words = ["--config", str(HERE / "jupyterhub_config.py"), *arguments]
        hubs.append({"folder": str(here), "environment": hub_environment(here, free_ports(1)[0]), "arguments": words})
    done = subprocess.run(
        [python, "-P", HERE / "hub_endings.py"],  # without this folder among the modules
        input=json.dumps(hubs),
        env={"PATH": f"{python.parent}:{os.defpath}"},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS * (len(cases) + 1),
        check=True,
    )
    return [
        (code, Path(hub["folder"], "hub.log").read_text())
        for code, hub in zip(json.loads(done.stdout), hubs, strict=True)
    ]


@contextmanager
def running_hub(
    python: Path,
    folder: Path,
    values: Values,
    environment: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
) -> Iterator[Hub]:
    """Provide a running hub, which imports only the files of ``hub.extraFiles``, not this checkout.

    A hub in the folder of an earlier one has its database and its port, which servers that still run use.

    Raises:
        HubEnded: the hub's process ended before it was ready.
    """
    write_files(folder, values)
    if program := (environment or {}).get("HUB_SERVER_PROGRAM"):
        _declare_server(folder, [str(python), "-P", program])
    port = _port(folder)
    hub = Hub(f"http://127.0.0.1:{port}", folder / "hub.log")
    with hub.log_file.open("wb") as log:
        process = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "KILL", str(python), "-m", "jupyterhub"),
                *("--config", str(HERE / "jupyterhub_config.py"), *arguments),
            ],
            cwd=folder,
            env={
                "PATH": f"{python.parent}:{os.defpath}",
                "PYTHONPATH": str(folder),
                **hub_environment(folder, port),
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(hub, process)
        yield hub
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(folder: Path) -> int:
    file = folder / "port"
    if not file.exists():
        file.write_text(str(free_ports(1)[0]))
    return int(file.read_text())


def _wait_until_ready(hub: Hub, process: subprocess.Popen[bytes]) -> None:
    def has_ended_or_is_ready() -> bool:
        return process.poll() is not None or is_healthy(f"{hub.url}/hub/health")

    wait_until(has_ended_or_is_ready, lambda: f"the hub is not ready:\n{hub.log()}")
    if process.poll() is not None:
        raise HubEnded(process.returncode, hub.log())
