"""The end of a log-in, on a real hub with a real directory: only the token of a running server works on."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.hub_process import Hub, short_lived
from tests.support.hub_users import MEMBERS, People
from tests.support.notebooks import SERVERS, User, new_member, with_admin

pytestmark = pytest.mark.engine

LIFETIME_SECONDS = 40
"""Lifetime of a log-in; long enough for a log-in and the start of a server on a busy machine."""


@dataclass
class Ended:
    """Members, each with an API token and a running server, whose log-ins have all ended."""

    users: Iterator[User]
    """One for each test."""
    forger: User
    forged: str
    """A token of the forger with the note and the scopes of a server's token."""


@pytest.fixture(scope="module")
def hub(start_hub: StartHub, values_for: ValuesFor, people: People) -> Iterator[Hub]:
    """A hub with short log-ins."""
    with start_hub(with_admin(short_lived(values_for(), seconds=LIFETIME_SECONDS)), SERVERS) as running:
        yield running


@pytest.fixture(scope="module")
def ended(request: pytest.FixtureRequest, hub: Hub, people: People) -> Ended:
    """The members of all tests, so that the log-ins end at the same time."""
    tests = [each for each in request.session.items if each.path == request.path]
    users = [new_member(hub, people) for _ in tests]
    forger = new_member(hub, people)
    scopes = ["users:activity!user", "access:servers!user"]
    forged = forger.new_token(note=f"Server at /user/{forger.name}/", scopes=scopes)
    assert forger.is_accepted(forged)
    time.sleep(LIFETIME_SECONDS + 1)
    return Ended(iter(users), forger, forged)


@pytest.fixture
def member(ended: Ended) -> User:
    """A member for one test."""
    return next(ended.users)


def test_running_server_does_not_prolong_its_users_log_in(member: User) -> None:
    for _ in range(3):
        assert member.is_accepted(member.server_token()), "the running server's own token works"
        assert not member.is_accepted(member.token), "no other token does, even directly after the server's own"
        assert "/hub/login" in member.browser.get("/hub/home").url


def test_running_server_reports_activity_after_its_users_log_in_has_ended(member: User) -> None:
    assert member.report_activity(member.server_token()) == 200
    assert member.report_activity(member.token) == 403


def test_servers_own_token_cannot_start_a_server(member: User) -> None:
    assert member.post_server(member.server_token()) == 403


def test_former_member_cannot_restart_a_server_that_an_admin_stopped(member: User, people: People) -> None:
    people.leave(MEMBERS, member.name)

    for _ in range(3):
        member.stop_server_as_admin()
        own = member.server_token()
        assert not member.is_accepted(own)
        for _ in range(10):
            assert member.post_server(member.token) == 403
            assert member.post_server(own) == 403
        assert not member.has_server()


def test_admin_cannot_start_a_server_for_an_ended_log_in(member: User) -> None:
    member.stop_server_as_admin()

    assert member.post_server(member.admin_token) == 403
    assert not member.has_server()


def test_token_with_the_note_of_a_servers_token_is_refused(ended: Ended) -> None:
    assert not ended.forger.is_accepted(ended.forged)
    assert ended.forger.is_accepted(ended.forger.server_token())
