"""Members listed, added and removed in a real directory by the command itself, each change written down."""

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from components.cli import members
from components.cli.audit_log import AuditLog
from components.cli.members import Asked, MembersRefused
from components.config.tenancy import Tenancy
from components.freeipa.errors import NotPermitted
from local.paths import PROJECT
from local.tenancy.addresses import DIRECTORY_NAME
from tests.engine.components.cli.conftest import STACK
from tests.engine.components.cli.people_there import CLUSTER, IN, INNER, MEMBERS, NESTED, OUT, Directory
from tests.engine.components.cli.relay import relay
from tests.support.certificates import authority, server_context
from tests.support.tenancy_stack import NAME_SERVICE

pytestmark = pytest.mark.engine

SECONDS = 60


@pytest.fixture(autouse=True)
def unchanged(people: Directory) -> Iterator[None]:
    before = people.members()
    yield
    assert people.members() == before, "a test puts back what it changed"


@pytest.fixture
def asked(tenancy: Tenancy, people: Directory) -> Asked:
    return Asked(tenancy, STACK, people.server.operator_dn, people.server.operator_password)


@pytest.fixture
def journal(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "state" / "members.jsonl")


class Between(NamedTuple):
    authority: str
    shown: ssl.SSLContext


def lines(journal: AuditLog) -> list[dict[str, str]]:
    return [json.loads(line) for line in journal.path.read_text().splitlines()]


@dataclass(frozen=True)
class Command:
    """``python -m components`` in an operator's project, where the directory has its full name."""

    folder: Path
    tenancy: Tenancy
    password: str

    def reach(self, port: int, authority: str | None = None) -> None:
        """Have the stack file lead there."""
        settings = self.tenancy.as_inputs()
        settings["identity"] |= {"server": f"{DIRECTORY_NAME}:{port}"}
        settings["identity"] |= {"caCertificate": authority} if authority else {}
        config = {f"pangeo:{key}": value for key, value in settings.items()}
        (self.folder / "stacks" / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": config}))

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Have it run beside the test."""
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
    """Whom clients trust who are to meet a relay, and what it shows them."""
    signer = authority("the relay's")
    return Between(signer.pem, server_context(tmp_path, signer, DIRECTORY_NAME))


def test_the_list_tells_direct_members_from_those_by_way_of_a_group(asked: Asked) -> None:
    found = members.listed(asked)

    assert IN in found.users
    assert OUT not in found.users
    assert found.by_way_of_groups == (NESTED,)
    assert found.groups == (INNER,)
    assert found.others == ()


def test_who_is_added_is_in_and_who_is_removed_is_out_and_the_journal_has_both(
    command: Command, people: Directory, tmp_path: Path
) -> None:
    added = command("members", "add", STACK, OUT)
    assert added.returncode == 0, added.stderr
    assert OUT in people.members()
    listed = json.loads(command("members", "list", "--json").stdout)
    assert OUT in listed["users"]
    assert listed["group"] == MEMBERS

    removed = command("members", "remove", STACK, OUT)
    assert removed.returncode == 0, removed.stderr
    assert OUT not in people.members()

    path = tmp_path / ".local" / "state" / "pangeo" / f"members-{STACK}.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    entries = lines(AuditLog(path))
    assert [(entry["change"], entry["user"], entry["outcome"]) for entry in entries] == [
        ("add", OUT, "done"),
        ("remove", OUT, "done"),
    ]
    assert {(entry["who"], entry["group"], entry["stack"]) for entry in entries} == {
        (people.server.operator_dn, MEMBERS, STACK)
    }
    assert all(entry["time"].endswith("+00:00") and entry["operator"] for entry in entries)
    assert f"add {OUT}, group {MEMBERS}, by {people.server.operator_dn}" in added.stdout


def test_nobody_is_added_where_one_of_them_is_unknown(command: Command, people: Directory) -> None:
    refused = command("members", "add", STACK, OUT, "ana", "nobody-at-all")

    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "nothing was changed, for 2 of 3:",
        f"  ana: there is no such user in FreeIPA; did you mean {IN}?",
        "  nobody-at-all: there is no such user in FreeIPA; see ipa user-find",
    ]
    assert OUT not in people.members()


def test_who_is_in_already_is_said_and_not_written_down(asked: Asked, journal: AuditLog) -> None:
    said: list[str] = []
    members.changed(asked, members.ADD, [IN], journal, said.append)

    assert said == [f"{IN} is in {MEMBERS} already: nothing to do"]
    assert lines(journal) == []


def test_two_operators_at_once_lose_nothing_of_each_others(asked: Asked, journal: AuditLog, people: Directory) -> None:
    def another(_sentence: str) -> None:
        people.join(MEMBERS, "alice")

    members.changed(asked, members.ADD, [OUT, "bob"], journal, another)
    assert {OUT, "bob", "alice", IN} <= set(people.members())

    members.changed(asked, members.REMOVE, [OUT, "bob", "alice"], journal, print)


def test_an_account_without_the_privilege_is_refused_and_nothing_is_written_down(
    asked: Asked, journal: AuditLog, people: Directory
) -> None:
    reader = Asked(asked.tenancy, STACK, people.server.reader_dn, people.server.password("reader"))
    with pytest.raises(NotPermitted, match="Group Administrators"):
        members.changed(reader, members.ADD, [OUT], journal, print)

    assert lines(journal) == []


def test_a_group_that_is_not_there_is_not_made(asked: Asked, journal: AuditLog, people: Directory) -> None:
    with people.without_group(), pytest.raises(MembersRefused, match="pulumi up makes it"):
        members.changed(asked, members.ADD, [OUT], journal, print)


def test_nothing_is_changed_that_could_not_be_written_down(asked: Asked, tmp_path: Path, people: Directory) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MembersRefused, match=r"cannot be written: .*; name another with --log"):
        members.changed(asked, members.ADD, [OUT], AuditLog(tmp_path / "file" / "members.jsonl"), print)

    assert OUT not in people.members()


def test_a_name_is_written_down_as_freeipa_spells_it(asked: Asked, journal: AuditLog, people: Directory) -> None:
    members.changed(asked, members.ADD, [OUT.upper(), OUT.title()], journal, print)
    assert OUT in people.members()

    members.changed(asked, members.REMOVE, [OUT.upper()], journal, print)
    assert [entry["user"] for entry in lines(journal)] == [OUT, OUT]


def test_a_connection_lost_after_the_write_is_said_and_written_down_as_not_known(
    command: Command, people: Directory, between: Between, journal: AuditLog
) -> None:
    with relay(people.server, between.shown, closes=True) as lossy:
        command.reach(lossy.port, between.authority)
        lost = command("members", "add", STACK, OUT, "--log", str(journal.path))

    assert lost.returncode == 1
    assert lost.stderr == (
        f"adding {OUT} to {MEMBERS} at {DIRECTORY_NAME}:{lossy.port}: the connection was lost before the answer, so "
        f"whether the change was made is not known; see: python -m components members list {STACK}\n"
    )
    assert OUT in people.members(), "here it was made"
    assert [(entry["user"], entry["outcome"]) for entry in lines(journal)] == [(OUT, "not known")]

    command.reach(people.server.ldaps_port)
    again = command("members", "add", STACK, OUT)
    assert again.stdout == f"{OUT} is in {MEMBERS} already: nothing to do\n"
    assert command("members", "remove", STACK, OUT).returncode == 0


def test_a_change_that_is_broken_off_by_ctrl_c_is_written_down_too(
    command: Command, people: Directory, between: Between, journal: AuditLog
) -> None:
    with relay(people.server, between.shown, closes=False) as silent:
        command.reach(silent.port, between.authority)
        process = command.start("members", "add", STACK, OUT, "--log", str(journal.path))
        assert silent.changed.wait(SECONDS)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)

    assert process.returncode != 0
    assert "Traceback" not in err
    assert [(entry["user"], entry["outcome"]) for entry in lines(journal)] == [(OUT, "not known")]
    command.reach(people.server.ldaps_port)
    assert command("members", "remove", STACK, OUT).returncode == 0


def test_without_a_password_nothing_is_asked_and_the_way_out_is_said(command: Command) -> None:
    refused = command("members", "list", STACK, FREEIPA_BIND_PASSWORD="")

    assert refused.returncode == 1
    assert "no bind password for FreeIPA: set the environment variable FREEIPA_BIND_PASSWORD" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_wrong_password_is_a_sentence_and_is_shown_nowhere(command: Command, people: Directory) -> None:
    refused = command("members", "list", STACK, FREEIPA_BIND_PASSWORD="wrong-horse")

    assert refused.returncode == 1
    assert f"does not accept {people.server.operator_dn} with this password" in refused.stderr
    assert "wrong-horse" not in refused.stdout + refused.stderr
    assert CLUSTER not in refused.stdout
