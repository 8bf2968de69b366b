"""Members listed, added and removed in a real directory by the command, with a log of each change."""

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from components.cli import members
from components.cli.audit_log import AuditLog
from components.cli.members import Group, MembersRefused
from components.config.stack_file import STACKS, stack_path
from components.config.tenancy import Tenancy
from components.freeipa.errors import NotPermitted
from local.paths import PROJECT
from local.tenancy.addresses import DIRECTORY_NAME
from tests.engine.components.cli.conftest import STACK
from tests.engine.components.cli.directory import CLUSTER, IN, INNER, MEMBERS, NESTED, OUT, Directory
from tests.engine.components.cli.relay import relay
from tests.support.certificates import authority, server_context
from tests.support.tenancy_stack import NAME_SERVICE

pytestmark = pytest.mark.engine

SECONDS = 60


@pytest.fixture(autouse=True)
def unchanged(people: Directory) -> Iterator[None]:
    before = people.members()
    yield
    assert people.members() == before, "a test must undo its changes"


@pytest.fixture
def group(tenancy: Tenancy, people: Directory) -> Group:
    return Group(tenancy, STACK, people.server.operator_dn, people.server.operator_password)


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "state" / "members.jsonl")


class Between(NamedTuple):
    authority: str
    shown: ssl.SSLContext


def lines(log: AuditLog) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.path.read_text().splitlines()]


@dataclass(frozen=True)
class Command:
    """``python -m components`` in an operator's folder in which the directory's full name resolves."""

    folder: Path
    tenancy: Tenancy
    password: str

    def reach(self, port: int, authority: str | None = None) -> None:
        """Point the stack file to this port."""
        settings = self.tenancy.as_inputs()
        settings["identity"] |= {"server": f"{DIRECTORY_NAME}:{port}"}
        settings["identity"] |= {"caCertificate": authority} if authority else {}
        config = {f"pangeo:{key}": value for key, value in settings.items()}
        stack_path(STACK, self.folder / STACKS).write_text(yaml.safe_dump({"config": config}))

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Start the command."""
        return subprocess.Popen(
            [sys.executable, "-m", "components", *words],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "PYTHONPATH": os.pathsep.join([str(self.folder / "names"), str(PROJECT)]),
                "FREEIPA_BIND_PASSWORD": self.password,
                **variables,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words, **variables)
        try:
            out, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def command(tenancy: Tenancy, people: Directory, tmp_path: Path) -> Command:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / "sitecustomize.py").write_text(NAME_SERVICE)
    made = Command(tmp_path, tenancy, people.server.operator_password)
    made.reach(people.server.ldaps_port)
    return made


@pytest.fixture
def between(tmp_path: Path) -> Between:
    """Authority and certificate of the relay."""
    signer = authority("the relay's")
    return Between(signer.pem, server_context(tmp_path, signer, DIRECTORY_NAME))


def test_list_separates_direct_and_indirect_members(group: Group) -> None:
    found = members.list_members(group)

    assert IN in found.users
    assert OUT not in found.users
    assert found.indirect_users == (NESTED,)
    assert found.groups == (INNER,)
    assert found.others == ()


def test_added_and_removed_users_are_logged(command: Command, people: Directory, tmp_path: Path) -> None:
    added = command("members", "add", STACK, OUT)
    assert added.returncode == 0, added.stderr
    assert OUT in people.members()
    listed = json.loads(command("members", "list", "--json").stdout)
    assert OUT in listed["users"]
    assert listed["group"] == MEMBERS

    removed = command("members", "remove", STACK, OUT)
    assert removed.returncode == 1, "the hub of this stack does not exist"
    assert f"{OUT} cannot log in any more, but" in removed.stdout
    assert removed.stdout.rstrip().endswith(f"Repeat: python -m components members remove {STACK} {OUT}")
    assert OUT not in people.members()

    path = tmp_path / ".local" / "state" / "pangeo" / f"members-{STACK}.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    entries = lines(AuditLog(path))
    assert [(entry["change"], entry["user"], entry["outcome"]) for entry in entries] == [
        ("add", OUT, "done"),
        ("remove", OUT, "done"),
        ("end access", OUT, "not known"),
    ]
    assert {(entry["who"], entry["group"], entry["stack"]) for entry in entries[:2]} == {
        (people.server.operator_dn, MEMBERS, STACK)
    }
    assert all(entry["time"].endswith("+00:00") and entry["operator"] for entry in entries)
    assert f"add {OUT}, group {MEMBERS}, by {people.server.operator_dn}" in added.stdout


def test_one_unknown_user_prevents_all_changes(command: Command, people: Directory) -> None:
    refused = command("members", "add", STACK, OUT, "ana", "nobody-at-all")

    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "nothing was changed, because of 2 of 3 users:",
        f"  ana: there is no such user in FreeIPA; did you mean {IN}?",
        "  nobody-at-all: there is no such user in FreeIPA; see ipa user-find",
    ]
    assert OUT not in people.members()


def test_existing_membership_is_reported_and_not_logged(group: Group, log: AuditLog) -> None:
    lines_reported: list[str] = []
    members.change_members(group, "add", [IN], log, lines_reported.append)

    assert lines_reported == [f"{IN} is already in {MEMBERS}: nothing to do"]
    assert lines(log) == []


def test_concurrent_changes_are_all_kept(group: Group, log: AuditLog, people: Directory) -> None:
    def another(_line: str) -> None:
        people.join(MEMBERS, "alice")

    members.change_members(group, "add", [OUT, "bob"], log, another)
    assert {OUT, "bob", "alice", IN} <= set(people.members())

    members.change_members(group, "remove", [OUT, "bob", "alice"], log, print)


def test_account_without_the_privilege_is_refused(group: Group, log: AuditLog, people: Directory) -> None:
    reader = Group(group.tenancy, STACK, people.server.reader_dn, people.server.password("reader"))
    with pytest.raises(NotPermitted, match="Group Administrators"):
        members.change_members(reader, "add", [OUT], log, print)

    assert lines(log) == []


def test_missing_group_is_not_created(group: Group, log: AuditLog, people: Directory) -> None:
    with people.without_group(), pytest.raises(MembersRefused, match="pulumi up creates it"):
        members.change_members(group, "add", [OUT], log, print)


def test_unwritable_log_prevents_changes(group: Group, tmp_path: Path, people: Directory) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MembersRefused, match=r"cannot be written: .*; write another file with --log"):
        members.change_members(group, "add", [OUT], AuditLog(tmp_path / "file" / "members.jsonl"), print)

    assert OUT not in people.members()


def test_user_names_are_logged_as_in_freeipa(group: Group, log: AuditLog, people: Directory) -> None:
    members.change_members(group, "add", [OUT.upper(), OUT.title()], log, print)
    assert OUT in people.members()

    members.change_members(group, "remove", [OUT.upper()], log, print)
    assert [entry["user"] for entry in lines(log)] == [OUT, OUT]


def test_lost_answer_is_logged_as_not_known(
    command: Command, people: Directory, between: Between, log: AuditLog
) -> None:
    with relay(people.server, between.shown, closes=True) as lossy:
        command.reach(lossy.port, between.authority)
        lost = command("members", "add", STACK, OUT, "--log", str(log.path))

    assert lost.returncode == 1
    assert lost.stderr == (
        f"adding {OUT} to {MEMBERS} at {DIRECTORY_NAME}:{lossy.port}: the connection was lost before the answer, so "
        f"whether the change was made is not known; see: python -m components members list {STACK}\n"
    )
    assert OUT in people.members(), "the change was made"
    assert [(entry["user"], entry["outcome"]) for entry in lines(log)] == [(OUT, "not known")]

    command.reach(people.server.ldaps_port)
    again = command("members", "add", STACK, OUT)
    assert again.stdout == f"{OUT} is already in {MEMBERS}: nothing to do\n"
    command("members", "remove", STACK, OUT)


def test_change_interrupted_by_ctrl_c_is_logged(
    command: Command, people: Directory, between: Between, log: AuditLog
) -> None:
    with relay(people.server, between.shown, closes=False) as silent:
        command.reach(silent.port, between.authority)
        process = command.start("members", "add", STACK, OUT, "--log", str(log.path))
        assert silent.changed.wait(SECONDS)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)

    assert process.returncode != 0
    assert "Traceback" not in err
    assert [(entry["user"], entry["outcome"]) for entry in lines(log)] == [(OUT, "not known")]
    command.reach(people.server.ldaps_port)
    command("members", "remove", STACK, OUT)


def test_missing_password_is_reported_with_a_fix(command: Command) -> None:
    refused = command("members", "list", STACK, FREEIPA_BIND_PASSWORD="")

    assert refused.returncode == 1
    assert "no bind password for FreeIPA: set the environment variable FREEIPA_BIND_PASSWORD" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_wrong_password_is_reported_and_not_shown(command: Command, people: Directory) -> None:
    refused = command("members", "list", STACK, FREEIPA_BIND_PASSWORD="wrong-horse")

    assert refused.returncode == 1
    assert f"does not accept {people.server.operator_dn} with this password" in refused.stderr
    assert "wrong-horse" not in refused.stdout + refused.stderr
    assert CLUSTER not in refused.stdout


def test_ids_of_accounts_are_found(group: Group, people: Directory) -> None:
    known = members.find_account(group, IN).unique_id

    assert known
    assert members.find_unique_ids(group, [IN, "nobody-at-all"]) == {IN: known}


def test_user_who_may_still_log_in_is_reported(group: Group, people: Directory) -> None:
    nested = replace_identity(group, nested_groups=True)
    admins = replace_identity(group, admin_users=(IN,))

    assert members.find_admitted(group, [OUT, NESTED]) == {}
    assert members.find_admitted(group, [IN]) == {IN: f"is a member of {MEMBERS}"}
    reason = f"is a member of {INNER}, which is in {MEMBERS} (identity.nestedGroups)"
    assert members.find_admitted(nested, [OUT, NESTED]) == {NESTED: reason}
    assert members.find_admitted(admins, [IN]) == {IN: "is in identity.adminUsers"}
    assert members.find_admitted(replace_identity(group, admin_group=INNER), [NESTED, OUT]) == {
        NESTED: f"is a member of {INNER}"
    }


def replace_identity(group: Group, **changes: object) -> Group:
    identity = group.tenancy.identity.model_copy(update=changes)
    return replace(group, tenancy=group.tenancy.model_copy(update={"identity": identity}))
