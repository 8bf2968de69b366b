"""The resource in the real Pulumi engine, against the real directory."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import automation
from pulumi.automation import OpType
from pulumi.automation.errors import CommandError

from components.freeipa import names
from components.freeipa.group_resource import FreeIpaGroup
from local.engine_variables import engine_variables
from local.plugins.choose import prepared
from tests.engine.components.freeipa.administrator import Administrator
from tests.engine.components.freeipa.plugin import PROGRAM
from tests.engine.directory import ThrowAwayDirectory
from tests.engine.inline_program import ended_after_failure

pytestmark = pytest.mark.engine

GROUP = names.notebook_users_group("engine")
DESCRIPTION = names.notebook_users_description("engine")


class Stack:
    """One stack whose program declares one group."""

    def __init__(self, folder: Path, tools: Path, directory: ThrowAwayDirectory, password: dict[str, str]) -> None:
        self._directory = directory
        self._changes: dict[str, Any] = {}
        launchers = prepared(folder / "launchers", folder / "home", Path(sys.executable), os.environ["PATH"])
        self._stack = automation.create_or_select_stack(
            "test",
            project_name="pangeo",
            program=self._program,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(folder),
                env_vars={
                    **engine_variables(folder / "home", launchers, tools),
                    "PULUMI_BACKEND_URL": f"file://{folder}",
                    "PULUMI_CONFIG_PASSPHRASE": "test",
                    "PYTHONPATH": str(PROGRAM),
                    **password,
                },
                pulumi_command=automation.PulumiCommand(root=str(tools.parent)),
            ),
        )

    def configure(self, key: str, secret: str) -> None:
        self._stack.set_config(key, automation.ConfigValue(secret, secret=True))

    def declare(self, **changes: Any) -> None:
        self._changes = changes

    def up(self) -> dict[str, Any]:
        with ended_after_failure():
            return {key: output.value for key, output in self._stack.up().outputs.items()}

    def preview(self) -> dict[OpType, int]:
        return dict(self._stack.preview().change_summary)

    def refresh(self) -> None:
        self._stack.refresh()

    def destroy(self) -> None:
        self._stack.destroy()

    def state(self) -> str:
        return json.dumps(self._stack.export_stack().deployment)

    def _program(self) -> None:
        group = FreeIpaGroup(
            "notebook-users",
            **{
                "servers": [f"localhost:{self._directory.ldaps_port}"],
                "ca_certificate": self._directory.ca_pem,
                "bind_dn": self._directory.operator_dn,
                "suffix": self._directory.suffix,
                "group_name": GROUP,
                "description": DESCRIPTION,
                **self._changes,
            },
        )
        pulumi.export("dn", group.dn)
        pulumi.export("adopted", group.adopted)
        group.dn.apply(self.dns_seen.append)

    dns_seen: list[str] = []  # noqa: RUF012 - emptied by the fixture


Start = Callable[..., Stack]


@pytest.fixture
def start(tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, administrator: Administrator) -> Iterator[Start]:
    inherited = os.environ.pop("FREEIPA_BIND_PASSWORD", None)
    administrator.entry(GROUP)
    Stack.dns_seen.clear()
    yield lambda **password: Stack(tmp_path, tools, directory, password)
    if inherited is not None:
        os.environ["FREEIPA_BIND_PASSWORD"] = inherited


@pytest.fixture
def stack(start: Start, directory: ThrowAwayDirectory) -> Stack:
    return start(FREEIPA_BIND_PASSWORD=directory.operator_password)


def test_the_whole_life_of_a_group(stack: Stack, administrator: Administrator, directory: ThrowAwayDirectory) -> None:
    alice = directory.user_dn("alice")
    assert stack.preview()[OpType.CREATE] == 2
    assert stack.dns_seen == [directory.group_dn(GROUP)], "the DN is known in a preview"
    assert administrator.entry(GROUP) is None

    assert stack.up() == {"dn": directory.group_dn(GROUP), "adopted": False}
    administrator.add_members(GROUP, [alice])
    assert stack.preview() == {OpType.SAME: 2}

    administrator.describe(GROUP, "drifted")
    stack.refresh()
    assert stack.preview()[OpType.UPDATE] == 1
    stack.up()
    assert administrator.description(GROUP) == DESCRIPTION
    assert stack.preview() == {OpType.SAME: 2}

    stack.declare(bind_dn=directory.admin_dn)
    assert stack.preview()[OpType.UPDATE] == 1
    stack.up()
    stack.declare()
    stack.up()
    assert administrator.members(GROUP) == [alice]

    stack.destroy()
    assert administrator.description(GROUP) == DESCRIPTION + names.KEPT
    stack.declare(protect=False)
    stack.up()
    assert administrator.members(GROUP) == [alice]
    assert administrator.description(GROUP) == DESCRIPTION
    stack.destroy()
    assert administrator.entry(GROUP) is None


def test_a_group_deleted_behind_our_back_is_made_anew(stack: Stack, administrator: Administrator) -> None:
    stack.up()
    administrator.delete(GROUP)
    stack.refresh()
    assert stack.preview()[OpType.CREATE] == 1
    stack.up()
    assert administrator.description(GROUP) == DESCRIPTION


def test_a_renamed_group_fails_the_preview_and_nothing_is_touched(stack: Stack, administrator: Administrator) -> None:
    stack.up()
    stack.declare(group_name="other_notebook_users")
    with pytest.raises(CommandError) as refusal:
        stack.preview()
    said = str(refusal.value)
    assert f"name: {GROUP} → other_notebook_users would replace the group and leave its members behind" in said
    assert "Traceback" not in said
    with pytest.raises(CommandError):
        stack.up()
    assert administrator.entry(GROUP) is not None
    assert administrator.entry("other_notebook_users") is None


def test_an_existing_group_is_refused_in_a_sentence(stack: Stack, administrator: Administrator) -> None:
    administrator.make(GROUP, "theirs")
    with pytest.raises(CommandError) as refusal:
        stack.up()
    assert "the group already exists and is left as it is" in str(refusal.value)
    assert administrator.description(GROUP) == "theirs"


def test_a_password_from_the_environment_is_in_no_state(
    stack: Stack, directory: ThrowAwayDirectory, tmp_path: Path
) -> None:
    stack.up()
    assert directory.operator_password not in stack.state()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert directory.operator_password.encode() not in file.read_bytes(), file


def test_a_password_from_the_stacks_secrets_is_in_its_state_as_cipher_alone(
    start: Start, directory: ThrowAwayDirectory, administrator: Administrator, tmp_path: Path
) -> None:
    stack = start()
    stack.configure("pangeo:identityBindPassword", directory.operator_password)
    stack.up()
    assert administrator.description(GROUP) == DESCRIPTION
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert directory.operator_password.encode() not in file.read_bytes(), file


def test_without_a_password_an_up_says_where_it_may_come_from(start: Start) -> None:
    stack = start()
    assert stack.preview()[OpType.CREATE] == 2
    with pytest.raises(CommandError, match="set the environment variable FREEIPA_BIND_PASSWORD"):
        stack.up()
