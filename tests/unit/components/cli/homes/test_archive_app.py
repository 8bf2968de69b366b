"""The arguments of the commands that archive homes and delete archives."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from components.cli.app import app
from components.cli.homes import archive_app
from components.cli.restore.errors import RestoreRefused
from components.cli.restore.session import Session
from components.cli.restore.steps import Steps
from components.cli.stack import OpenStack
from components.in_backup.repository import Repository
from tests.support.tenancies import tenancy

SECRET = "pangeo-backup"
STORE = {"endpoint": "https://s3.example.org", "bucket": "backups", "region": "eu", "credentials": {"secret": SECRET}}


@dataclass
class FullCluster:
    """A cluster without capacity for another pod, and its clock."""

    server: str = "https://k8s.example.org:6443"
    seconds: float = 0.0
    pods: set[str] = field(default_factory=set)

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        if method == "POST" and body:
            self.pods.add(body["metadata"]["name"])
        name = path.rpartition("/")[2]
        if method == "DELETE":
            self.pods.discard(name)
        if method == "GET" and name not in self.pods:
            return 404, {}
        reason = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
        return 200, {"metadata": {"name": name}, "status": {"phase": "Pending", "conditions": [reason]}}

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.mark.parametrize(
    ("command", "function", "user_of"),
    [
        ("archive-home", "archive_home", lambda _session, _group, request: request.user),
        ("delete-archive", "delete_archive", lambda _session, _group, user, _account: user),
    ],
)
def test_user_name_is_that_of_freeipa(
    monkeypatch: pytest.MonkeyPatch, command: str, function: str, user_of: Callable[..., str]
) -> None:
    users: list[str] = []

    def record(*words: Any, **_: object) -> bool:
        users.append(user_of(*words))
        return True

    stack = OpenStack("vis", Path("stacks/Pulumi.vis.yaml"), tenancy())
    monkeypatch.setattr(OpenStack, "with_kubeconfig", lambda opened: opened)
    monkeypatch.setattr(archive_app, "open_stack", lambda _: stack)
    monkeypatch.setattr(archive_app, "require_password", lambda _: "of the tests")
    monkeypatch.setattr(archive_app, "open_session", lambda *_: nullcontext())
    monkeypatch.setattr(archive_app, function, record)

    assert CliRunner().invoke(app, ["members", command, "vis", " Bob"]).exit_code == 0

    assert users == ["bob"]


def test_list_of_archives_does_not_wait_for_long_for_capacity(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster, given = FullCluster(), tenancy(backup=STORE)
    assert given.backup
    repository = Repository("s3:https://s3.example.org/backups/vis", "eu", "vis", SECRET)
    steps = Steps(
        cluster,  # type: ignore[arg-type]
        given,
        given.backup,
        repository,
        lambda _: None,
        wait=cluster.wait,
        clock=lambda: cluster.seconds,
    )
    session = Session("vis", cluster, steps)  # type: ignore[arg-type]
    monkeypatch.setattr(archive_app, "open_session", lambda *_: nullcontext(session))

    with pytest.raises(RestoreRefused, match="did not start within 60 s"):
        archive_app.read_archives(OpenStack("vis", Path("stacks/Pulumi.vis.yaml"), given))

    assert cluster.seconds < 70
    assert cluster.pods == set()
