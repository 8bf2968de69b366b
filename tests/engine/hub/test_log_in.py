"""Who gets in and what the others read: a real JupyterHub and a real directory."""

import time

import pytest

from components.in_hub import messages
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub, short_lived
from tests.support.hub_users import MEMBERS, PASSWORD, UNUSUAL_NAMES, WRONG, People

pytestmark = pytest.mark.engine

LIFE_SECONDS = 15
"""Long enough for a log-in and three questions on a machine that is at work on other things."""
SAID_OF_A_WRONG_PASSWORD = "Invalid username or password"


def test_a_member_is_in(hub: Hub) -> None:
    anna = hub.log_in("anna", PASSWORD)

    assert anna.user is not None
    assert (anna.user["name"], anna.user["admin"]) == ("anna", False)


def test_freeipas_admin_is_in_without_being_a_member_and_is_admin_of_the_hub(
    hub: Hub, directory: ThrowAwayDirectory
) -> None:
    admin = hub.log_in("admin", directory.password("admin"))

    assert admin.user is not None
    assert admin.user["admin"] is True


def test_somebody_else_reads_that_the_password_is_right_and_which_group_is_missing(hub: Hub) -> None:
    carl = hub.log_in("carl", PASSWORD)

    assert not carl.is_in
    assert carl.page.status_code == 403
    assert "Your password is correct" in carl.message
    assert MEMBERS in carl.message


@pytest.mark.parametrize("user", ["anna", "carl", "nobody-at-all"])
def test_a_wrong_password_tells_nothing_of_membership_or_existence(hub: Hub, user: str) -> None:
    somebody = hub.log_in(user, WRONG)

    assert not somebody.is_in
    assert somebody.message == SAID_OF_A_WRONG_PASSWORD


@pytest.mark.parametrize("password", ["", "   "])
def test_an_empty_password_is_refused_before_the_directory_takes_it_for_a_log_in_as_nobody(
    hub: Hub, password: str
) -> None:
    anna = hub.log_in("anna", password)

    assert not anna.is_in
    assert anna.message == messages.PASSWORD_MISSING


def test_a_form_without_its_fields_is_refused_like_an_empty_one(hub: Hub) -> None:
    visitor = hub.visitor()
    visitor.get("/hub/login")

    assert visitor.post("/hub/login").status_code == 403
    assert visitor.message == messages.PASSWORD_MISSING


def test_a_password_with_characters_no_password_has_is_wrong_and_nothing_worse(hub: Hub) -> None:
    anna = hub.log_in("anna", "private \ue000 character")

    assert anna.message == SAID_OF_A_WRONG_PASSWORD


@pytest.mark.parametrize("user", UNUSUAL_NAMES)
def test_every_user_name_that_freeipa_allows_can_log_in(hub: Hub, user: str) -> None:
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
def test_what_is_no_user_name_is_never_sent_to_the_directory(
    hub: Hub, user: str, directory: ThrowAwayDirectory
) -> None:
    access_log = directory.state.directory / "logs" / "access"
    before = access_log.stat().st_size

    visitor = hub.log_in(user, PASSWORD)

    assert not visitor.is_in
    assert visitor.message == messages.INVALID_NAME
    assert access_log.stat().st_size == before


def test_a_name_with_capitals_is_refused_and_told_to_be_written_small_so_that_nobody_is_two_users(hub: Hub) -> None:
    visitor = hub.log_in("Anna", PASSWORD)

    assert not visitor.is_in
    assert visitor.message == messages.INVALID_NAME
    assert hub.log_in("anna", PASSWORD).is_in


def test_blanks_around_a_name_are_taken_for_a_slip(hub: Hub) -> None:
    assert hub.log_in(" anna ", PASSWORD).is_in


def test_a_member_of_a_group_in_the_group_is_not_in_by_itself(hub: Hub) -> None:
    nested = hub.log_in("nested", PASSWORD)

    assert not nested.is_in
    assert "not a direct member of the FreeIPA group hub_tests_notebook_users" in nested.message


def test_nested_groups_count_where_the_tenancy_says_so_and_let_nobody_else_in(
    start_hub: StartHub, values_for: ValuesFor, people: People
) -> None:
    with start_hub(values_for(identity={"nestedGroups": True})) as hub:
        assert hub.log_in("nested", PASSWORD).is_in
        assert hub.log_in("anna", PASSWORD).is_in
        carl = hub.log_in("carl", PASSWORD)
        assert not carl.is_in
        assert carl.message == messages.not_a_member("carl", [MEMBERS], nested=True)
        assert hub.log_in("nested", WRONG).message == SAID_OF_A_WRONG_PASSWORD


def test_who_leaves_the_group_is_out_at_the_next_log_in_and_not_before(hub: Hub, people: People) -> None:
    people.join(MEMBERS, "carl")
    earlier = hub.log_in("carl", PASSWORD)
    people.leave(MEMBERS, "carl")

    assert earlier.is_in
    assert not hub.log_in("carl", PASSWORD).is_in


def test_an_old_cookie_and_an_old_token_open_nothing_until_the_next_log_in(
    start_hub: StartHub, values_for: ValuesFor, people: People
) -> None:
    with start_hub(short_lived(values_for(), seconds=LIFE_SECONDS)) as hub:
        anna = hub.log_in("anna", PASSWORD)
        token = anna.new_token("anna")
        assert hub.accepts(token)
        assert "/hub/login" not in anna.get("/hub/home").url

        time.sleep(LIFE_SECONDS + 1)

        assert "/hub/login" in anna.get("/hub/home").url
        assert not hub.accepts(token)
        assert hub.log_in("anna", PASSWORD).is_in
        assert hub.accepts(token), "the group was asked again"


def test_without_our_code_the_values_alone_still_let_in_nobody_else(
    start_hub: StartHub, values_for: ValuesFor, people: People
) -> None:
    values = values_for()
    values["jupyterhub"]["hub"]["extraConfig"] = {}

    with start_hub(values) as hub:
        assert hub.log_in("anna", PASSWORD).is_in
        for user, password in (("carl", PASSWORD), ("nested", PASSWORD), ("anna", WRONG), ("anna", "")):
            assert not hub.log_in(user, password).is_in


def test_no_password_is_in_the_hubs_log(hub: Hub) -> None:
    for password in (PASSWORD, WRONG):
        hub.log_in("anna", password)
        hub.log_in("carl", password)

    log = hub.log_file.read_text()
    assert "log-in of carl refused: not a member of hub_tests_notebook_users" in log
    assert PASSWORD not in log
    assert WRONG not in log
