"""Reports of servers about the use of their homes, with the real hub, KubeSpawner, directory and API server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from components.chart.server_code import SOURCE
from components.in_hub.home_use import REPORT_PATH, read_use
from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesFor
from tests.engine.hub.deployments import Deployment
from tests.engine.hub.hub_namespace import EXPANDABLE
from tests.support.hub_users import PASSWORD, People
from tests.support.notebooks import User, add_member, declare_again, log_in
from tests.support.waiting import LIMIT_SECONDS

pytestmark = pytest.mark.engine

GIB = 1024**3
HOME_BYTES = 10 * GIB

REPORT_ONCE = "import asyncio, sys; from pangeo_server.home import Home; asyncio.run(Home(sys.argv[1]).report())"


@pytest.fixture(scope="module")
def deployment(start_hub: StartHub, values_for: ValuesFor, create_namespace: CreateNamespace) -> Iterator[Deployment]:
    """A tenancy without the section ``metrics``."""
    namespace, environment = create_namespace("hub-tests-home-reports")
    values = values_for(storage={"className": EXPANDABLE})
    # Without a kubelet, starts never end; the tests need the servers' tokens as long as they run.
    values["jupyterhub"]["hub"]["config"]["KubeSpawner"]["start_timeout"] = 10 * LIMIT_SECONDS
    with start_hub(declare_again(values), environment) as hub:
        yield Deployment(hub, namespace)


@pytest.fixture
def user(deployment: Deployment, people: People) -> User:
    """A member whose server is starting."""
    user = log_in(deployment.hub, add_member(people), PASSWORD)
    assert user.post_server(user.token) in (201, 202)
    deployment.namespace.pod(user.name)
    return user


def server_token(deployment: Deployment, user: User) -> str:
    variables = deployment.namespace.pod(user.name)["spec"]["containers"][0]["env"]
    (token,) = (each["value"] for each in variables if each["name"] == "JUPYTERHUB_API_TOKEN")
    return str(token)


def send(deployment: Deployment, token: str, report: Any) -> requests.Response:
    headers = {"Authorization": f"token {token}"} if token else {}
    body = report if isinstance(report, str) else json.dumps(report)
    return requests.post(f"{deployment.hub.url}/hub{REPORT_PATH}", body, headers=headers, timeout=LIMIT_SECONDS)


def annotations(deployment: Deployment, user: User) -> dict[str, str]:
    return dict(deployment.namespace.read_claim(user.name)["metadata"]["annotations"])


def test_use_is_recorded_and_the_size_is_answered(deployment: Deployment, user: User) -> None:
    answer = send(deployment, server_token(deployment, user), {"size": HOME_BYTES, "used": 7 * GIB})
    assert answer.json() == {"addFiles": False, "size": HOME_BYTES}
    use = read_use(annotations(deployment, user))
    assert use is not None
    assert use.used == 7 * GIB
    assert datetime.now(UTC) - use.at < timedelta(seconds=LIMIT_SECONDS)


def test_server_on_a_shared_file_system_is_asked_for_the_sizes_of_files(deployment: Deployment, user: User) -> None:
    answer = send(deployment, server_token(deployment, user), {"size": 2**50, "used": 2**49})
    assert answer.json() == {"addFiles": True, "size": HOME_BYTES}
    assert read_use(annotations(deployment, user)) is None


def test_servers_own_report_arrives(deployment: Deployment, user: User, hub_python: Path, tmp_path: Path) -> None:
    """The server's code runs here, in a home where a file has the name of a Python module."""
    (tmp_path / "data").write_bytes(os.urandom(3 * 1024**2))
    (tmp_path / "json.py").write_text("raise SystemExit(1)\n")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "PYTHONPATH": str(SOURCE),
        "JUPYTERHUB_API_URL": f"{deployment.hub.url}/hub/api",
        "JUPYTERHUB_API_TOKEN": server_token(deployment, user),
        "http_proxy": "http://127.0.0.1:9",
    }
    command = [str(hub_python), "-P", "-c", REPORT_ONCE, str(tmp_path)]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=LIMIT_SECONDS)
    use = read_use(annotations(deployment, user))
    assert use is not None
    assert 3 * 1024**2 <= use.used < 4 * 1024**2


def test_forged_reports_are_refused(deployment: Deployment, user: User) -> None:
    token = server_token(deployment, user)
    bodies = (
        '{"files": NaN}',
        '{"files": Infinity}',
        '{"files": -1}',
        '{"files": 1e400}',
        '{"files": ' + 100 * "9" + "}",
        '{"size": 1, "used": 2}',
        "[" * 150,
        '{"files": 1, "user": "alice"}',
    )
    statuses = {body[:20]: send(deployment, token, body).status_code for body in bodies}
    assert statuses == dict.fromkeys(statuses, requests.codes.bad_request)
    large = '{"files": 1}' + " " * 10_000_000
    assert send(deployment, token, large).status_code == requests.codes.request_entity_too_large
    assert read_use(annotations(deployment, user)) is None


def test_other_tokens_cannot_report(deployment: Deployment, user: User) -> None:
    for token in (user.token, ""):
        assert send(deployment, token, {"files": 1}).status_code == requests.codes.forbidden


def test_reports_of_a_kind_are_accepted_once_a_minute(deployment: Deployment, user: User) -> None:
    """Each makes the hub ask Kubernetes."""
    token = server_token(deployment, user)
    reports = ({"size": 2**50, "used": 1}, {"files": 1})
    assert [send(deployment, token, each).status_code for each in reports for _ in range(2)] == [200, 429, 200, 429]


def test_server_without_a_home_of_its_user_reports_nothing(deployment: Deployment, user: User) -> None:
    """An operator deleted the claim."""
    token = server_token(deployment, user)
    patch = json.dumps({"metadata": {"finalizers": None}})
    deployment.namespace.kubectl("patch", "pvc", f"claim-{user.name}", "--type=merge", "-p", patch)
    deployment.namespace.kubectl("delete", "pvc", f"claim-{user.name}", "--ignore-not-found")
    assert send(deployment, token, {"files": 1}).status_code == requests.codes.not_found
