"""Periodic comparison of a real hub's users with a real directory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest

from components.in_hub.accounts import CREATED_AGAIN
from tests.engine.hub.conftest import StartHub, ValuesWithCheck
from tests.support.administrator import hidden_from_accounts
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub
from tests.support.hub_users import INNER, MEMBERS, MODELLERS, PASSWORD, People
from tests.support.notebooks import SERVERS, User, log_in, new_member
from tests.support.waiting import wait_until

pytestmark = pytest.mark.engine

NOT_COMPARED = "users were not compared with the directory, nobody's access was ended"


@pytest.fixture(scope="module")
def hub(start_hub: StartHub, values_with_check: ValuesWithCheck, people: People) -> Iterator[Hub]:
    with start_hub(values_with_check(), SERVERS) as running:
        yield running


@pytest.fixture
def member(hub: Hub, people: People) -> User:
    return new_member(hub, people)


def let_comparisons_pass(hub: Hub, people: People) -> None:
    """Wait until a user who is removed now has lost access, so that a whole comparison has passed."""
    other = new_member(hub, people)
    people.leave(MEMBERS, other.name)
    wait_until(lambda: not other.has_server() and not hub.accepts(other.token), hub.log_file.read_text)


@contextmanager
def no_comparison(hub: Hub, directory: ThrowAwayDirectory) -> Iterator[None]:
    """Let every comparison fail inside the block, because memberships are hidden."""
    with hidden_from_accounts(directory, f"cn=users,cn=accounts,{directory.suffix}", "Read User Membership"):
        hub.log()
        wait_until(lambda: NOT_COMPARED in hub.log(), hub.log_file.read_text)
        yield


def test_removal_in_the_directory_ends_the_access(hub: Hub, member: User, people: People) -> None:
    own = member.server_token()
    people.leave(MEMBERS, member.name)

    wait_until(lambda: not member.has_server(), hub.log_file.read_text)

    assert not member.is_accepted(member.token)
    assert not member.is_accepted(own)
    assert not member.browser.is_in
    assert member.post_server(member.token) == 403
    assert f"the access of {member.name} ends: no member of {MEMBERS} any more" in hub.log_file.read_text()


def test_account_created_again_under_the_name_ends_the_access(
    hub: Hub, member: User, people: People, directory: ThrowAwayDirectory
) -> None:
    own = member.server_token()
    with no_comparison(hub, directory):  # which would find the name without an account
        people.give_name_to_another_person(member.name, MEMBERS)

    wait_until(lambda: not member.has_server(), hub.log_file.read_text)

    assert not member.is_accepted(member.token)
    assert not member.is_accepted(own)
    assert not member.browser.is_in
    assert member.post_server(member.token) == 403
    assert f"the access of {member.name} ends: {CREATED_AGAIN}" in hub.log_file.read_text()


def test_disabled_account_counts_as_removed(hub: Hub, member: User, people: People) -> None:
    with people.locked(member.name):
        wait_until(lambda: not member.has_server(), hub.log_file.read_text)

    assert not member.is_accepted(member.token)
    assert f"the access of {member.name} ends: the account is disabled" in hub.log_file.read_text()


def test_members_direct_nested_and_by_name_keep_their_access(
    hub: Hub, member: User, people: People, directory: ThrowAwayDirectory
) -> None:
    nested = log_in(hub, "nested", PASSWORD)
    admin = hub.log_in("admin", directory.password("admin"))

    let_comparisons_pass(hub, people)

    assert member.has_server()
    assert member.is_accepted(member.token)
    assert nested.is_accepted(nested.token)
    assert admin.is_in


def test_change_of_a_group_reaches_the_hub(hub: Hub, member: User, people: People) -> None:
    assert member.groups(member.token) == {MEMBERS}

    with people.joined(MODELLERS, member.name):
        wait_until(lambda: member.groups(member.token) == {MEMBERS, MODELLERS}, hub.log_file.read_text)

    wait_until(lambda: member.groups(member.token) == {MEMBERS}, hub.log_file.read_text)


def test_removal_from_an_inner_group_ends_the_access(hub: Hub, people: People) -> None:
    name = f"user-{token_hex(4)}"
    people.add(name)
    people.join(INNER, name)
    user = log_in(hub, name, PASSWORD)

    people.leave(INNER, name)

    wait_until(lambda: not hub.accepts(user.token), hub.log_file.read_text)


def test_unreachable_directory_ends_nobodys_access(
    hub: Hub, member: User, people: People, directory: ThrowAwayDirectory
) -> None:
    hub.log()
    with directory.stopped():
        wait_until(lambda: NOT_COMPARED in hub.log(), hub.log_file.read_text)
        assert member.is_accepted(member.token)
        assert member.has_server()
    let_comparisons_pass(hub, people)

    assert member.has_server()
    assert member.is_accepted(member.token)


def test_hidden_memberships_end_nobodys_access(
    hub: Hub, member: User, people: People, directory: ThrowAwayDirectory
) -> None:
    with no_comparison(hub, directory):
        assert member.has_server()
        assert member.is_accepted(member.token)


def test_missing_group_ends_nobodys_access(
    start_hub: StartHub, values_with_check: ValuesWithCheck, people: People
) -> None:
    with start_hub(values_with_check(adminGroup="hub_tests_gone"), SERVERS) as hub:
        anna = log_in(hub, "anna", PASSWORD)
        wait_until(
            lambda: "the group hub_tests_gone does not exist or is not visible" in hub.log(), hub.log_file.read_text
        )
        assert anna.is_accepted(anna.token)


def test_password_of_the_account_is_not_logged(hub: Hub, directory: ThrowAwayDirectory) -> None:
    assert directory.password("reader") not in hub.log_file.read_text()


def test_file_without_the_password_ends_nobodys_access(
    start_hub: StartHub, values_with_check: ValuesWithCheck, people: People, tmp_path: Path
) -> None:
    with start_hub(values_with_check(tmp_path / "missing"), SERVERS) as hub:
        anna = log_in(hub, "anna", PASSWORD)
        wait_until(lambda: NOT_COMPARED in hub.log(), hub.log_file.read_text)
        assert anna.is_accepted(anna.token)
