import re

import pytest

from components.freeipa import connection_errors, errors, group_errors
from components.freeipa.errors import Attempt

ATTEMPT = Attempt("adding group k1_notebook_users", "ipa.example.org:636", "uid=pangeo,dc=example,dc=org")
KINDS = {
    name: kind
    for module in (connection_errors, errors, group_errors)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, errors.DirectoryError) and "message" in vars(kind)
}


def test_messages_are_unique() -> None:
    assert len({kind.message for kind in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_message_is_one_line_with_server_operation_and_fix(name: str) -> None:
    sentence = str(KINDS[name](ATTEMPT, "what the server said"))
    assert sentence.startswith("adding group k1_notebook_users at ipa.example.org:636: ")
    assert sentence.endswith(" [what the server said]")
    assert "\n" not in sentence
    assert not re.search("[{}]", sentence)
    assert re.search("check|run|set|see|give|choose|write|name that|unlock|renew|try again", sentence)


def test_missing_privilege_is_named() -> None:
    assert "'Group Administrators'" in str(errors.NotPermitted(ATTEMPT))
    assert "uid=pangeo,dc=example,dc=org" in str(errors.NotPermitted(ATTEMPT))


def test_braces_in_a_servers_message_are_kept() -> None:
    assert str(errors.Unwilling(ATTEMPT, "{bind_dn} {0} {")).endswith("[{bind_dn} {0} {]")


def test_failure_of_several_servers_lists_each() -> None:
    first = connection_errors.TimedOut(ATTEMPT)
    second = connection_errors.CannotResolve(Attempt("connecting", "ipa2.example.org:636", "uid=pangeo"))
    assert str(errors.AllServersFailed([first, second])).splitlines()[1:] == [f"  {first}", f"  {second}"]


def test_missing_password_error_names_both_sources() -> None:
    assert "FREEIPA_BIND_PASSWORD" in str(errors.PasswordMissing())
    assert "pangeo:identityBindPassword" in str(errors.PasswordMissing())
