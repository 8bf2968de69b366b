"""The API of ``members remove`` on a real hub with a real directory: what it ends, and what goes on."""

import json
from collections.abc import Iterator

import pytest
import requests

from components.in_hub.api_names import END_ACCESS_PATH
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.hub_process import Hub
from tests.support.hub_users import MEMBERS, PASSWORD, People
from tests.support.notebooks import ADMIN_TOKEN, SERVERS, User, log_in, new_member, with_admin
from tests.support.rendered_values import SECRETS

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def hub(start_hub: StartHub, values_for: ValuesFor, people: People) -> Iterator[Hub]:
    """A hub with the program's own settings: no log-in ends during the tests."""
    with start_hub(with_admin(values_for()), SERVERS) as running:
        yield running


@pytest.fixture
def member(hub: Hub, people: People) -> User:
    """A new member with an API token and a running server."""
    return new_member(hub, people)


def end_access(hub: Hub, token: str, **body: object) -> requests.Response:
    return requests.post(
        f"{hub.url}/hub{END_ACCESS_PATH}",
        data=json.dumps(body),
        headers={"Authorization": f"token {token}"},
        timeout=60,
    )


def assert_has_no_access(user: User) -> None:
    assert not user.is_accepted(user.token)
    assert not user.browser.is_in
    assert "/hub/login" in user.browser.get("/hub/home").url
    assert user.post_server(user.token) == 403
    # 400: it is still running or stopping.
    assert user.post_server(ADMIN_TOKEN) == (400 if user.has_server() else 403), "an admin cannot start it either"


def test_end_of_access_stops_the_server_and_ends_every_credential(hub: Hub, member: User, people: People) -> None:
    own = member.server_token()
    people.leave(MEMBERS, member.name)

    answer = end_access(hub, SECRETS.members_token, users=[member.name])

    assert answer.status_code == 200, answer.text
    assert_has_no_access(member)
    assert not member.is_accepted(own), "also while the server stops"
    member.wait_for_stop()
    again = end_access(hub, SECRETS.members_token, users=[member.name]).json()
    assert again["users"][member.name] == {"servers": [], "clusters": [], "problem": ""}
    assert_has_no_access(member)


def test_kept_server_works_on_with_its_own_token_only(hub: Hub, member: User, people: People) -> None:
    people.leave(MEMBERS, member.name)

    answer = end_access(hub, SECRETS.members_token, users=[member.name], keepServer=True)

    assert answer.json()["users"][member.name]["servers"] == [""]
    for _ in range(3):
        assert member.is_accepted(member.server_token())
        assert_has_no_access(member)
    assert member.report_activity(member.server_token()) == 200
    own = member.server_token()
    member.stop_server_as_admin()
    assert not member.is_accepted(own)
    assert member.post_server(own) == 403


def test_member_who_is_added_again_can_log_in_and_start_a_server(hub: Hub, member: User) -> None:
    end_access(hub, SECRETS.members_token, users=[member.name])
    member.wait_for_stop()
    old = member.token

    again = log_in(hub, member.name, PASSWORD)
    again.start_server()

    assert not again.is_accepted(old), "old tokens are not valid again"


def test_other_users_are_not_touched(hub: Hub, member: User) -> None:
    anna = log_in(hub, "anna", PASSWORD)

    end_access(hub, SECRETS.members_token, users=[member.name])

    assert anna.browser.is_in
    assert anna.is_accepted(anna.token)


def test_unknown_user_is_no_error(hub: Hub) -> None:
    answer = end_access(hub, SECRETS.members_token, users=["nobody-at-all"])

    assert answer.json() == {"users": {"nobody-at-all": {"servers": [], "clusters": [], "problem": ""}}}


def test_no_other_token_may_end_access(hub: Hub, member: User) -> None:
    for token in (member.token, member.server_token(), ADMIN_TOKEN, "f" * 63):
        assert end_access(hub, token, users=["anna"]).status_code == 403


def test_token_of_the_service_may_do_nothing_else(hub: Hub, member: User) -> None:
    for method, path in (
        ("GET", "/hub/api/users"),
        ("GET", f"/hub/api/users/{member.name}"),
        ("DELETE", f"/hub/api/users/{member.name}"),
        ("POST", f"/hub/api/users/{member.name}/server"),
        ("POST", f"/hub/api/users/{member.name}/tokens"),
        ("GET", "/hub/api/proxy"),
    ):
        assert member.request(SECRETS.members_token, method, path).status_code in (403, 404)


@pytest.mark.parametrize("body", [{}, {"users": "anna"}, {"users": [1]}, {"users": ["x"] * 101}])
def test_invalid_body_is_refused(hub: Hub, body: dict[str, object]) -> None:
    assert end_access(hub, SECRETS.members_token, **body).status_code == 400
