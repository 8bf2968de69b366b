"""The API of ``members remove`` on a real hub with a real directory: what it ends, and what goes on."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.ended_access import end_access
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


def assert_has_no_access(user: User) -> None:
    assert not user.is_accepted(user.token)
    assert not user.browser.is_in
    assert "/hub/login" in user.browser.get("/hub/home").url
    assert user.post_server(user.token) == 403
    # 400: it is still running or stopping.
    statuses = (400, 403) if user.has_server() else (403,)
    assert user.post_server(ADMIN_TOKEN) in statuses, "an admin cannot start it either"


def test_end_of_access_stops_the_server_and_ends_every_credential(hub: Hub, member: User, people: People) -> None:
    own = member.server_token()
    people.leave(MEMBERS, member.name)

    answer = end_access(hub, SECRETS.members_token, users=[member.name])

    assert answer.status_code == 200, answer.text
    assert_has_no_access(member)
    assert not member.is_accepted(own), "also while the server stops"
    member.wait_for_stop()
    again = end_access(hub, SECRETS.members_token, users=[member.name]).json()
    assert again["users"][member.name] == {"servers": [], "clusters": [], "problem": "", "visited": []}
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


def test_name_is_found_in_whatever_case_the_directory_has_it(hub: Hub, member: User) -> None:
    answer = end_access(hub, SECRETS.members_token, users=[member.name.upper()])

    assert answer.json()["users"][member.name.upper()]["servers"] == [""]
    assert_has_no_access(member)


def test_user_who_was_renamed_in_freeipa_is_found_by_the_id(hub: Hub, member: User, people: People) -> None:
    ids = {"married-name": people.unique_id(member.name)}

    answer = end_access(hub, SECRETS.members_token, users=["married-name"], ids=ids)

    assert answer.json()["users"]["married-name"]["servers"] == [""]
    assert_has_no_access(member)


def test_shares_with_a_former_member_are_not_valid_again(hub: Hub, member: User, people: People) -> None:
    owner = new_member(hub, people)
    share = member.request(ADMIN_TOKEN, "POST", f"/hub/api/shares/{owner.name}/", {"user": member.name})
    assert share.ok, share.text

    end_access(hub, SECRETS.members_token, users=[member.name])

    again = log_in(hub, member.name, PASSWORD)
    shared = again.request(again.token, "GET", f"/hub/api/users/{member.name}/shared").json()
    assert shared["items"] == []


def test_access_to_servers_of_others_ends_and_is_reported(hub: Hub, member: User, people: People) -> None:
    owner = new_member(hub, people)
    member.request(ADMIN_TOKEN, "PATCH", f"/hub/api/users/{member.name}", {"admin": True})
    token, unused_code = redeem(hub, owner, authorize(member, owner)), authorize(member, owner)
    assert hub.accepts(token)

    answer = end_access(hub, SECRETS.members_token, users=[member.name]).json()

    assert answer["users"][member.name]["visited"] == [owner.name]
    assert not hub.accepts(token)
    assert redeem(hub, owner, unused_code) == ""
    assert owner.has_server()


def authorize(visitor: User, owner: User) -> str:
    """Open the owner's server in the visitor's browser, as far as to the code for the server."""
    query = {
        "client_id": f"jupyterhub-user-{owner.name}",
        "redirect_uri": f"/user/{owner.name}/oauth_callback",
        "response_type": "code",
        "state": "x",
    }
    path = f"/hub/api/oauth2/authorize?{urlencode(query)}"
    page = visitor.browser.session.get(visitor.hub.url + path, allow_redirects=False, timeout=60)
    if page.ok and not page.is_redirect:  # the hub asks the visitor for a confirmation
        scopes = re.findall(r'name="scopes"[^>]*value="([^"]+)"', page.text)
        page = visitor.browser.session.post(
            visitor.hub.url + path,
            data={"_xsrf": re.findall(r'name="_xsrf"[^>]*value="([^"]+)"', page.text), "scopes": scopes},
            headers={"Referer": visitor.hub.url + path},
            allow_redirects=False,
            timeout=60,
        )
    return parse_qs(urlsplit(page.headers["Location"]).query)["code"][0]


def redeem(hub: Hub, owner: User, code: str) -> str:
    """Exchange a code for a token, as the owner's server does; return an empty text if the hub refuses."""
    form = {
        "client_id": f"jupyterhub-user-{owner.name}",
        "client_secret": owner.server_token(),
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"/user/{owner.name}/oauth_callback",
    }
    answer = requests.post(f"{hub.url}/hub/api/oauth2/token", data=form, timeout=60)
    return str(answer.json()["access_token"]) if answer.ok else ""


def test_other_users_are_not_touched(hub: Hub, member: User) -> None:
    anna = log_in(hub, "anna", PASSWORD)

    end_access(hub, SECRETS.members_token, users=[member.name])

    assert anna.browser.is_in
    assert anna.is_accepted(anna.token)


def test_unknown_user_is_no_error(hub: Hub) -> None:
    answer = end_access(hub, SECRETS.members_token, users=["nobody-at-all"])

    nothing = {"servers": [], "clusters": [], "problem": "", "visited": []}
    assert answer.json() == {"users": {"nobody-at-all": nothing}}


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


@pytest.mark.parametrize(
    "body", [{}, {"users": "anna"}, {"users": [1]}, {"users": ["x"] * 101}, {"users": [], "ids": ["x"]}]
)
def test_invalid_body_is_refused(hub: Hub, body: dict[str, object]) -> None:
    assert end_access(hub, SECRETS.members_token, **body).status_code == 400
