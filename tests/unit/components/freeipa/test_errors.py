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


def test_table_contains_every_directory_error_once() -> None:
    names = [name for name, _, _ in TABLE]
    assert sorted(names) == sorted(KINDS.keys() - {"DirectoryError", "Unreachable", "Refusal"})


def test_messages_are_unique() -> None:
    assert len({sentence for _, _, sentence in TABLE}) == len(TABLE)


@pytest.mark.parametrize("name", [name for name, _, _ in TABLE])
def test_message_is_one_line_with_server_operation_and_fix(name: str) -> None:
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
def test_error_class_depends_on_code_and_operation(code: int, at_bind: type | None, at_operation: type | None) -> None:
    assert errors.AT_BIND.get(code) is at_bind
    assert errors.AT_OPERATION.get(code) is at_operation


def test_missing_privilege_is_named() -> None:
    assert "'Group Administrators'" in str(errors.NotPermitted(ATTEMPT))
    assert "uid=pangeo,dc=example,dc=org" in str(errors.NotPermitted(ATTEMPT))


def test_braces_in_a_servers_message_are_kept() -> None:
    assert str(errors.Unwilling(ATTEMPT, "{bind_dn} {0} {")).endswith("[{bind_dn} {0} {]")


def test_failure_of_several_servers_lists_each() -> None:
    first = errors.TimedOut(ATTEMPT)
    second = errors.CannotResolve(Attempt("connecting", "ipa2.example.org:636", "uid=pangeo"))
    assert str(errors.AllServersFailed([first, second])).splitlines()[1:] == [f"  {first}", f"  {second}"]


def test_missing_password_error_names_both_sources() -> None:
    assert "FREEIPA_BIND_PASSWORD" in str(errors.PasswordMissing())
    assert "pangeo:identityBindPassword" in str(errors.PasswordMissing())
