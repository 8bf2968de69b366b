"""Members listed, added and removed in a real directory by the command itself, each change written down."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from components.day_two import members
from components.day_two.journal import Journal
from components.day_two.members import Asked, MembersRefused
from components.freeipa.errors import NotPermitted
from components.tenancy import Tenancy
from local.addresses import DIRECTORY_NAME
from local.paths import PROJECT
from tests.engine.components.day_two.conftest import STACK
from tests.engine.components.day_two.people_there import CLUSTER, IN, INNER, MEMBERS, NESTED, OUT, Directory
from tests.engine.components.deployed.tenancy_stack import NAME_SERVICE

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
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "state" / "members.jsonl")


def lines(journal: Journal) -> list[dict[str, str]]:
    return [json.loads(line) for line in journal.path.read_text().splitlines()]


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tenancy: Tenancy, people: Directory, tmp_path: Path) -> Command:
    """``python -m components`` in an operator's project, where the directory has its full name."""
    settings = tenancy.as_inputs()
    settings["identity"] |= {"server": f"{DIRECTORY_NAME}:{people.server.ldaps_port}"}
    config = {f"pangeo:{key}": value for key, value in settings.items()}
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": config}))
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / "sitecustomize.py").write_text(NAME_SERVICE)

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "components", *words],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "PYTHONPATH": os.pathsep.join([str(tmp_path / "names"), str(PROJECT)]),
                "FREEIPA_BIND_PASSWORD": people.server.operator_password,
                **variables,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    return run


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
    entries = lines(Journal(path))
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


def test_who_is_in_already_is_said_and_not_written_down(asked: Asked, journal: Journal) -> None:
    said: list[str] = []
    members.changed(asked, members.ADD, [IN], journal, said.append)

    assert said == [f"{IN} is in {MEMBERS} already: nothing to do"]
    assert lines(journal) == []


def test_two_operators_at_once_lose_nothing_of_each_others(asked: Asked, journal: Journal, people: Directory) -> None:
    def another(_sentence: str) -> None:
        people.join(MEMBERS, "alice")

    members.changed(asked, members.ADD, [OUT, "bob"], journal, another)
    assert {OUT, "bob", "alice", IN} <= set(people.members())

    members.changed(asked, members.REMOVE, [OUT, "bob", "alice"], journal, print)


def test_an_account_without_the_privilege_is_refused_and_nothing_is_written_down(
    asked: Asked, journal: Journal, people: Directory
) -> None:
    reader = Asked(asked.tenancy, STACK, people.server.reader_dn, people.server.password("reader"))
    with pytest.raises(NotPermitted, match="Group Administrators"):
        members.changed(reader, members.ADD, [OUT], journal, print)

    assert lines(journal) == []


def test_a_group_that_is_not_there_is_not_made(asked: Asked, journal: Journal, people: Directory) -> None:
    with people.without_group(), pytest.raises(MembersRefused, match="pulumi up makes it"):
        members.changed(asked, members.ADD, [OUT], journal, print)


def test_nothing_is_changed_that_could_not_be_written_down(asked: Asked, tmp_path: Path, people: Directory) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MembersRefused, match=r"cannot be written: .*; name another with --log"):
        members.changed(asked, members.ADD, [OUT], Journal(tmp_path / "file" / "members.jsonl"), print)

    assert OUT not in people.members()


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
