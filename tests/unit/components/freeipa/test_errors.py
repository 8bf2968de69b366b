import re

import pytest

from components.freeipa import errors
from components.freeipa.errors import Attempt

ATTEMPT = Attempt("adding group k1_notebook_users", "ipa.example.org:636", "uid=pangeo,dc=example,dc=org")
KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.DirectoryError)
}
TABLE = list(errors.table())


def test_the_table_holds_every_error_a_server_can_cause_once() -> None:
    names = [name for name, _, _ in TABLE]
    assert sorted(names) == sorted(KINDS.keys() - {"DirectoryError", "Unreachable"})


def test_no_two_errors_say_the_same() -> None:
    assert len({sentence for _, _, sentence in TABLE}) == len(TABLE)


@pytest.mark.parametrize("name", [name for name, _, _ in TABLE])
def test_each_error_is_one_line_naming_server_and_attempt_and_a_way_out(name: str) -> None:
    sentence = str(KINDS[name](ATTEMPT, "what the server said"))
    assert sentence.startswith("adding group k1_notebook_users at ipa.example.org:636: ")
    assert sentence.endswith(" [what the server said]")
    assert "\n" not in sentence
    assert not re.search("[{}]", sentence)
    assert re.search("check|run|set|see|give|choose|write|name that|unlock|renew|try again", sentence)


@pytest.mark.parametrize(
    ("code", "at_bind", "at_operation"),
    [
        (10, errors.Referral, errors.Referral),
        (32, None, errors.NoSuchEntry),
        (49, errors.WrongPassword, None),
        (50, None, errors.NotPermitted),
        (51, errors.Busy, errors.Busy),
        (53, errors.AccountUnusable, errors.Unwilling),
        (65, None, errors.SchemaRefused),
        (68, None, errors.AlreadyExists),
    ],
)
def test_a_result_code_means_what_the_moment_makes_of_it(
    code: int, at_bind: type | None, at_operation: type | None
) -> None:
    assert errors.AT_BIND.get(code) is at_bind
    assert errors.AT_OPERATION.get(code) is at_operation


def test_the_missing_privilege_is_named() -> None:
    assert "'Group Administrators'" in str(errors.NotPermitted(ATTEMPT))
    assert "uid=pangeo,dc=example,dc=org" in str(errors.NotPermitted(ATTEMPT))


def test_braces_in_what_a_server_says_do_no_harm() -> None:
    assert str(errors.Unwilling(ATTEMPT, "{bind_dn} {0} {")).endswith("[{bind_dn} {0} {]")


def test_where_several_servers_fail_each_is_told() -> None:
    first = errors.TimedOut(ATTEMPT)
    second = errors.CannotResolve(Attempt("connecting", "ipa2.example.org:636", "uid=pangeo"))
    assert str(errors.AllServersFailed([first, second])).splitlines()[1:] == [f"  {first}", f"  {second}"]


def test_a_missing_password_says_both_places_it_may_come_from() -> None:
    assert "FREEIPA_BIND_PASSWORD" in str(errors.PasswordMissing())
    assert "pangeo:identityBindPassword" in str(errors.PasswordMissing())
