"""Pages of a real hub with stricter rules than JupyterHub's: no admin gives access that FreeIPA does not."""

import time
from collections.abc import Iterator
from html import unescape

import pytest
import requests

from components.in_hub import messages
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.directory import ThrowAwayDirectory
from tests.support.ended_access import end_access
from tests.support.hub_process import Hub, Visitor
from tests.support.hub_users import ADMINS, MEMBERS, MODELLERS, PASSWORD, People
from tests.support.notebooks import ADMIN_TOKEN, SERVERS, User, add_member, log_in, new_member, with_admin
from tests.support.rendered_values import SECRETS
from tests.support.waiting import wait_until

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def hub(start_hub: StartHub, values_for: ValuesFor, people: People) -> Iterator[Hub]:
    values = with_admin(values_for(notebook={"furtherServers": 2}))
    with start_hub(values, SERVERS) as running:
        yield running


@pytest.fixture(scope="module")
def admin(hub: Hub, directory: ThrowAwayDirectory) -> Visitor:
    visitor = hub.log_in("admin", directory.password("admin"))
    assert visitor.is_in, visitor.message
    return visitor


@pytest.fixture
def former(hub: Hub, people: People) -> User:
    """A user whose access has ended."""
    user = log_in(hub, add_member(people), PASSWORD)
    assert end_access(hub, SECRETS.members_token, users=[user.name]).ok
    return user


def test_admin_cannot_log_a_former_member_in(admin: Visitor, former: User) -> None:
    for logged_in in (time.time(), time.time() + 10**9):
        admin.patch(f"/hub/api/users/{former.name}", {"auth_state": {"logged_in": logged_in}})

        assert former.post_server(ADMIN_TOKEN) == 403
        assert not former.has_server()


def test_admin_cannot_rename_a_user(hub: Hub, admin: Visitor, former: User) -> None:
    path = f"/hub/api/users/{former.name}"

    with pytest.raises(requests.HTTPError, match="400"):
        admin.patch(path, {"name": "another-name", "admin": False})

    admin.patch(path, {"name": former.name, "admin": False})


def test_admin_creates_own_tokens_only(hub: Hub, admin: Visitor, directory: ThrowAwayDirectory) -> None:
    log_in(hub, "anna", PASSWORD)

    assert admin.post_json("/hub/api/users/anna/tokens", {}).status_code == 403
    with_password = {"auth": {"username": "admin", "password": directory.password("admin")}}
    assert hub.visitor().post_json("/hub/api/users/anna/tokens", with_password).status_code == 403
    assert hub.accepts(admin.new_token("admin"))


def test_admin_cannot_share_the_server_of_another_user(hub: Hub, admin: Visitor, people: People) -> None:
    owner, friend = new_member(hub, people), new_member(hub, people)

    for share in ({"user": friend.name}, {"group": MEMBERS}):
        assert admin.post_json(f"/hub/api/shares/{owner.name}/", share).status_code == 403
    assert admin.post_json(f"/hub/api/share-codes/{owner.name}/", {}).status_code == 403
    shared = friend.request(friend.token, "GET", f"/hub/api/users/{friend.name}/shared").json()
    assert shared["items"] == []


def test_admin_cannot_create_a_service(hub: Hub, admin: Visitor) -> None:
    service = {"admin": True, "api_token": "b" * 64}

    assert admin.post_json("/hub/api/services/back-door", service).status_code == 403
    assert not hub.accepts("b" * 64)


def test_admin_cannot_change_groups(hub: Hub, admin: Visitor, people: People) -> None:
    member = log_in(hub, add_member(people), PASSWORD)
    users = {"users": [member.name]}

    for method, path, body in (
        ("POST", "groups", {"groups": ["hub_tests_made"]}),
        ("POST", "groups/hub_tests_made", users),
        ("POST", f"groups/{ADMINS}/users", users),
        ("DELETE", f"groups/{MEMBERS}/users", users),
        ("PUT", f"groups/{MEMBERS}/properties", {"color": "red"}),
        ("DELETE", f"groups/{MEMBERS}", None),
    ):
        assert member.request(ADMIN_TOKEN, method, f"/hub/api/{path}", body).status_code == 403, (method, path)

    assert member.groups(member.token) == {MEMBERS}
    assert not {"hub_tests_made", ADMINS} & {group["name"] for group in admin.get("/hub/api/groups").json()}


def test_admin_can_delete_a_group_without_users(hub: Hub, people: People) -> None:
    member = log_in(hub, add_member(people), PASSWORD)
    with people.joined(MODELLERS, member.name):
        member = log_in(hub, member.name, PASSWORD)
    path = f"/hub/api/groups/{MODELLERS}"
    assert member.request(ADMIN_TOKEN, "DELETE", path).status_code == 403
    member = log_in(hub, member.name, PASSWORD)

    assert member.request(ADMIN_TOKEN, "DELETE", path).status_code == 204


def test_deprecated_look_ups_of_tokens_and_cookies_do_not_exist(hub: Hub) -> None:
    anna = log_in(hub, "anna", PASSWORD)

    for path in (f"token/{anna.token}", "cookie/jupyterhub-hub-login/x"):
        assert anna.request(anna.token, "GET", f"/hub/api/authorizations/{path}").status_code == 404


def test_deleted_user_leaves_no_server_behind(hub: Hub, admin: Visitor, people: People) -> None:
    member = new_member(hub, people)
    named = f"/hub/api/users/{member.name}/servers/second"
    assert member.request(member.token, "POST", named).status_code in (201, 202)
    assert len(member.processes()) == 2

    admin.delete(f"/hub/api/users/{member.name}")

    assert not member.processes()
    assert not hub.accepts(member.token)


def start_answers(user: User, server: str) -> list[tuple[int, str]]:
    """Ask for a further server on the page, with its form and through the API; return the statuses and texts."""
    path = f"{user.name}/{server}"
    page, form = user.browser.get(f"/hub/spawn/{path}"), user.browser.post(f"/hub/spawn/{path}")
    api = user.request(user.token, "POST", f"/hub/api/users/{user.name}/servers/{server}")
    return [
        (page.status_code, unescape(page.text)),
        (form.status_code, unescape(form.text)),
        (api.status_code, api.json()["message"]),
    ]


def known_servers(user: User) -> set[str]:
    """Return the names of the user's servers that the hub knows, also of those that do not run."""
    answer = user.request(ADMIN_TOKEN, "GET", f"/hub/api/users/{user.name}?include_stopped_servers")
    return set(answer.json()["servers"])


@pytest.mark.parametrize("server", ["lab", "Second", "a.b"])
def test_further_server_with_another_name_is_refused_at_every_entrance(hub: Hub, people: People, server: str) -> None:
    user = log_in(hub, add_member(people), PASSWORD)

    for status, text in start_answers(user, server):
        assert status == 400
        assert messages.invalid_server_name(server) in text
    assert known_servers(user) == {""}


def test_number_of_further_servers_is_limited_at_every_entrance(hub: Hub, people: People) -> None:
    user = log_in(hub, add_member(people), PASSWORD)
    first = f"/hub/api/users/{user.name}/servers/first"
    for path in (first, f"/hub/api/users/{user.name}/servers/second"):
        assert user.request(user.token, "POST", path).status_code in (201, 202)

    for status, text in start_answers(user, "third"):
        assert status == 400
        assert messages.further_servers_reached(2) in text
    assert known_servers(user) == {"", "first", "second"}

    wait_until(lambda: user.servers().get("first", {}).get("ready"), hub.log)
    assert user.request(user.token, "DELETE", first, {"remove": True}).status_code in (202, 204)
    wait_until(lambda: "first" not in known_servers(user), hub.log)
    third = f"/hub/api/users/{user.name}/servers/third"
    assert user.request(user.token, "POST", third).status_code in (201, 202)
    user.start_server()
