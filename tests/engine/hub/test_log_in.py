"""Log-in to a real JupyterHub with a real directory: accepted users, and messages for the others."""

import time

import pytest

from components.in_hub import messages
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub, short_lived
from tests.support.hub_users import MEMBERS, PASSWORD, UNUSUAL_NAMES, WRONG, People

pytestmark = pytest.mark.engine

LIFETIME_SECONDS = 15
"""Lifetime of a log-in; long enough for a log-in and three requests on a busy machine."""
WRONG_PASSWORD = "Invalid username or password"


def test_member_is_admitted(hub: Hub) -> None:
    anna = hub.log_in("anna", PASSWORD)

    assert anna.user is not None
    assert (anna.user["name"], anna.user["admin"]) == ("anna", False)


def test_freeipa_admin_is_admitted_as_hub_admin(hub: Hub, directory: ThrowAwayDirectory) -> None:
    admin = hub.log_in("admin", directory.password("admin"))

    assert admin.user is not None
    assert admin.user["admin"] is True


def test_non_member_reads_which_group_is_missing(hub: Hub) -> None:
    carl = hub.log_in("carl", PASSWORD)

    assert not carl.is_in
    assert carl.page.status_code == 403
    assert "Your password is correct" in carl.message
    assert MEMBERS in carl.message


def test_log_in_of_a_non_member_needs_two_searches(hub: Hub, directory: ThrowAwayDirectory) -> None:
    with Administrator.at(directory) as administrator:
        hub.log_in("carl", PASSWORD)

        assert [kind for kind, _ in administrator.served()] == ["BIND", "SRCH", "SRCH"]


@pytest.mark.parametrize("user", ["anna", "carl", "nobody-at-all"])
def test_wrong_password_reveals_nothing_about_the_user(hub: Hub, user: str) -> None:
    visitor = hub.log_in(user, WRONG)

    assert not visitor.is_in
    assert visitor.message == WRONG_PASSWORD


@pytest.mark.parametrize("password", ["", "   "])
def test_empty_password_is_refused(hub: Hub, password: str) -> None:
    anna = hub.log_in("anna", password)

    assert not anna.is_in
    assert anna.message == messages.PASSWORD_MISSING


def test_form_without_fields_is_refused(hub: Hub) -> None:
    visitor = hub.visitor()
    visitor.get("/hub/login")

    assert visitor.post("/hub/login").status_code == 403
    assert visitor.message == messages.PASSWORD_MISSING


def test_password_with_invalid_characters_is_wrong(hub: Hub) -> None:
    anna = hub.log_in("anna", "private \ue000 character")

    assert anna.message == WRONG_PASSWORD


@pytest.mark.parametrize("user", UNUSUAL_NAMES)
def test_unusual_user_names_can_log_in(hub: Hub, user: str) -> None:
    visitor = hub.log_in(user, PASSWORD)

    assert visitor.user is not None
    assert visitor.user["name"] == user


@pytest.mark.parametrize(
    "user",
    [
        "*",
        "anna)(uid=*",
        "anna,cn=users",
        "anna\\2c",
        "anna+cn=x",
        "uid=anna,cn=users,cn=accounts,dc=tenancy,dc=test",
        "anna/../carl",
        "an\0na",
        "..",
        ".",
        "änna",
        "anna anna",
    ],
)
def test_invalid_user_name_is_not_sent_to_the_directory(hub: Hub, user: str, directory: ThrowAwayDirectory) -> None:
    access_log = directory.state.directory / "logs" / "access"
    before = access_log.stat().st_size

    visitor = hub.log_in(user, PASSWORD)

    assert not visitor.is_in
    assert visitor.message == messages.INVALID_NAME
    assert access_log.stat().st_size == before


def test_user_name_with_capitals_is_refused(hub: Hub) -> None:
    visitor = hub.log_in("Anna", PASSWORD)

    assert not visitor.is_in
    assert visitor.message == messages.INVALID_NAME
    assert hub.log_in("anna", PASSWORD).is_in


def test_spaces_around_a_name_are_ignored(hub: Hub) -> None:
    assert hub.log_in(" anna ", PASSWORD).is_in


def test_nested_member_is_refused_by_default(hub: Hub) -> None:
    nested = hub.log_in("nested", PASSWORD)

    assert not nested.is_in
    assert "not a direct member of the FreeIPA group hub_tests_notebook_users" in nested.message


def test_nested_member_is_admitted_if_configured(start_hub: StartHub, values_for: ValuesFor, people: People) -> None:
    with start_hub(values_for(identity={"nestedGroups": True})) as hub:
        assert hub.log_in("nested", PASSWORD).is_in
        assert hub.log_in("anna", PASSWORD).is_in
        carl = hub.log_in("carl", PASSWORD)
        assert not carl.is_in
        assert carl.message == messages.not_a_member("carl", [MEMBERS], nested=True)
        assert hub.log_in("nested", WRONG).message == WRONG_PASSWORD


def test_former_member_is_refused_at_the_next_log_in(hub: Hub, people: People) -> None:
    people.join(MEMBERS, "carl")
    earlier = hub.log_in("carl", PASSWORD)
    people.leave(MEMBERS, "carl")

    assert earlier.is_in
    assert not hub.log_in("carl", PASSWORD).is_in


def test_old_cookie_and_token_are_refused(start_hub: StartHub, values_for: ValuesFor, people: People) -> None:
    with start_hub(short_lived(values_for(), seconds=LIFETIME_SECONDS)) as hub:
        anna = hub.log_in("anna", PASSWORD)
        token = anna.new_token("anna")
        assert hub.accepts(token)
        assert "/hub/login" not in anna.get("/hub/home").url

        time.sleep(LIFETIME_SECONDS + 1)

        assert "/hub/login" in anna.get("/hub/home").url
        assert not hub.accepts(token)
        assert hub.log_in("anna", PASSWORD).is_in
        assert hub.accepts(token), "the new log-in renews the token"


def test_only_members_are_admitted_without_the_mounted_code(
    start_hub: StartHub, values_for: ValuesFor, people: People
) -> None:
    values = values_for()
    values["jupyterhub"]["hub"]["extraConfig"] = {}

    with start_hub(values) as hub:
        assert hub.log_in("anna", PASSWORD).is_in
        for user, password in (("carl", PASSWORD), ("nested", PASSWORD), ("anna", WRONG), ("anna", "")):
            assert not hub.log_in(user, password).is_in


def test_hub_log_contains_no_password(hub: Hub) -> None:
    for password in (PASSWORD, WRONG):
        hub.log_in("anna", password)
        hub.log_in("carl", password)

    log = hub.log_file.read_text()
    assert "log-in of carl refused: not a member of hub_tests_notebook_users" in log
    assert PASSWORD not in log
    assert WRONG not in log
