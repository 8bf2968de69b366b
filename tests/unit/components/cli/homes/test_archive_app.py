"""The arguments of the commands that archive homes and delete archives."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from components.cli.app import app
from components.cli.homes import archive_app
from components.cli.stack import OpenStack
from tests.support.tenancies import tenancy


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
