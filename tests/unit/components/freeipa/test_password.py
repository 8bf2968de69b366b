import pytest

from components.freeipa.errors import PasswordInvalid, PasswordMissing
from components.freeipa.group_resource import FreeIpaGroupProvider
from components.freeipa.password import bind_password

VARIABLE = "FREEIPA_BIND_PASSWORD"
GOOD = ["hunter2", "two words", "päßword", "a\u3000b", '"; $(x) `y` \\', "x" * 1000, "{secure: v1}"]

FLAWS = [
    ("hunter2\n", "ends with a line break"),
    ("hunter2\r\n", "ends with a line break"),
    ("hunter2 ", "ends with white space"),
    ("hunter2\t", "ends with white space"),
    ("hunter2\u00a0", "ends with white space"),
    (" hunter2", "begins with white space"),
    ("\nhunter2", "begins with white space"),
    (" \t ", "is blank"),
    ("hunter2\nhunter3", "contains a line break or another control character"),
    ("hunter2\0", "contains a line break or another control character"),
    ("hunter2\x7f!", "contains a line break or another control character"),
    ("hunter2\udcff", "is not UTF-8 text"),
]


def nothing() -> str | None:
    return None


@pytest.mark.parametrize("password", GOOD)
def test_a_password_is_returned_unchanged(password: str) -> None:
    assert bind_password({VARIABLE: password}, nothing) == password
    assert bind_password({}, lambda: password) == password


def test_the_variable_comes_first_and_the_secret_is_then_not_read() -> None:
    def fail() -> str | None:
        raise AssertionError("read")

    assert bind_password({VARIABLE: "from the variable"}, fail) == "from the variable"
    assert bind_password({VARIABLE: ""}, lambda: "from the secret") == "from the secret"


@pytest.mark.parametrize("stored", [None, ""])
def test_without_a_password_both_sources_are_named(stored: str | None) -> None:
    with pytest.raises(PasswordMissing, match=rf"{VARIABLE}.* pulumi config set --secret pangeo:identityBindPassword"):
        bind_password({}, lambda: stored)


@pytest.mark.parametrize(("password", "flaw"), FLAWS)
def test_a_mistake_is_refused_and_not_shown(password: str, flaw: str) -> None:
    with pytest.raises(PasswordInvalid) as in_variable:
        bind_password({VARIABLE: password}, nothing)
    with pytest.raises(PasswordInvalid) as in_secret:
        bind_password({}, lambda: password)

    assert in_variable.value.flaw == in_secret.value.flaw == flaw
    assert "hunter" not in f"{in_variable.value} {in_secret.value}"


def test_the_message_names_the_source_and_the_fix() -> None:
    with pytest.raises(PasswordInvalid) as in_variable:
        bind_password({VARIABLE: "hunter2\n"}, nothing)
    with pytest.raises(PasswordInvalid) as in_secret:
        bind_password({}, lambda: "hunter2\n")

    assert str(in_variable.value) == (
        "the bind password for FreeIPA in the environment variable FREEIPA_BIND_PASSWORD ends with a line break; "
        'set it again, for example FREEIPA_BIND_PASSWORD="$(cat FILE)", which leaves out a final line break'
    )
    assert str(in_secret.value) == (
        "the bind password for FreeIPA in the stack's secret pangeo:identityBindPassword ends with a line break; "
        "set it again with: pulumi config set --secret pangeo:identityBindPassword"
    )


@pytest.mark.parametrize("stored", [False, True], ids=["variable", "secret"])
def test_the_groups_provider_refuses_it_before_a_connection(monkeypatch: pytest.MonkeyPatch, stored: bool) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    provider = FreeIpaGroupProvider()
    if stored:
        provider._configured = "hunter2\n"
    else:
        monkeypatch.setenv(VARIABLE, "hunter2\n")
    props = {
        "servers": ["ipa.example.invalid"],
        "tls": "ldaps",
        "bindDn": "uid=deployer,cn=users,cn=accounts,dc=example,dc=org",
        "suffix": "dc=example,dc=org",
        "name": "vis_notebook_users",
        "description": "a",
        "protect": False,
    }

    for call in (
        lambda: provider.create(props),
        lambda: provider.read("id", props),
        lambda: provider.delete("", props),
    ):
        with pytest.raises(PasswordInvalid, match="ends with a line break"):
            call()
