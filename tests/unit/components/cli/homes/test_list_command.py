"""The list of members and homes if a part of it cannot be read."""

import json
from collections.abc import Callable

import pytest

from components.cli.homes import list_command
from components.cli.homes.home import Home
from components.cli.homes.list_command import as_object, print_listing, read_listing
from components.cli.homes.listing import Order
from components.cli.members import Group
from components.cluster.errors import CannotAsk
from components.freeipa.errors import FreeIpaError
from components.freeipa.users import Members
from tests.support.tenancies import tenancy
from tests.unit.components.cli.homes.homes import home

GROUP = Group(tenancy(), "vis", "uid=operator", "no password is used here")
UNREACHABLE = "ldaps://ipa.example.org: no answer"


def fail(error: Exception) -> Callable[..., list[Home]]:
    def raise_error(*_arguments: object) -> list[Home]:
        raise error

    return raise_error


@pytest.fixture
def without_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.cli.members.list_members", fail(FreeIpaError(UNREACHABLE)))
    monkeypatch.setattr(list_command, "find_homes", lambda *_: [home("bob", used_gb=9), home("alice", used_gb=1)])


@pytest.mark.usefixtures("without_directory")
def test_homes_are_listed_without_the_directory(capsys: pytest.CaptureFixture[str]) -> None:
    listed = read_listing(GROUP, {})
    print_listing(listed, Order.USED, as_json=False)

    shown = capsys.readouterr()
    assert shown.err == f"members, and which homes belong to former members, are not known: {UNREACHABLE}\n"
    rows = [line.split()[:5] for line in shown.out.splitlines()[1:3]]
    assert rows == [
        ["bob", "unknown", "unknown", "claim-bob", "10"],
        ["alice", "unknown", "unknown", "claim-alice", "10"],
    ]
    found = json.loads(json.dumps(as_object(listed)))
    assert found["users"] is None
    assert [each["former"] for each in found["homes"]] == [None, None]


@pytest.mark.usefixtures("without_directory")
def test_directory_is_named_if_the_cluster_cannot_be_read_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_command, "find_homes", fail(CannotAsk("https://k8s.example.org: no answer")))

    with pytest.raises(FreeIpaError, match=UNREACHABLE):
        read_listing(GROUP, {})


def test_homes_are_listed_if_the_directory_fails_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.cli.members.list_members", lambda _: Members(("bob",), (), (), ()))
    monkeypatch.setattr(list_command, "find_reused_names", lambda *_: [])
    monkeypatch.setattr(list_command, "find_homes", lambda *_: [home("bob")])
    monkeypatch.setattr(list_command, "find_absences", fail(FreeIpaError(UNREACHABLE)))

    listed = read_listing(GROUP, {})

    assert listed.homes
    assert listed.absences is None
    assert listed.problems == (f"which homes belong to former members is not known: {UNREACHABLE}",)
