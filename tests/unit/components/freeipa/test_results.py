"""Which results of the directory concern the account, and which the server. The texts are those of the sources."""

import pytest

from components.freeipa import errors
from components.freeipa.errors import Attempt, DirectoryError
from components.freeipa.results import change_error, log_in_error, search_error

ATTEMPT = Attempt("logging in", "ipa.example.org:636", "uid=anna,cn=users,cn=accounts,dc=example,dc=org")

ABOUT_THE_ACCOUNT = [
    # 389-ds: ldap/servers/slapd/pw.c, slapi_check_account_lock and slapi_check_tpr_limits
    (53, "Account inactivated. Contact system administrator."),
    (19, "Exceed password retry limit. Contact system administrator to reset."),
    (19, "Exceed password retry limit. Please try later."),
    (19, "TPR checking. Contact system administrator"),
    # 389-ds: ldap/servers/plugins/acctpolicy/acct_plugin.c; ldap/servers/slapd/pw_mgmt.c
    (19, "Account inactivity limit exceeded. Contact system administrator to reset."),
    (49, "password expired!"),
    # FreeIPA: daemons/ipa-slapi-plugins/ipa-lockout/ipa_lockout.c, ipa-pwd-extop/prepost.c, ipa-graceperiod
    (53, "Entry permanently locked.\n"),
    (53, "Too many failed logins.\n"),
    (53, "Account (Kerberos principal) is expired"),
    (49, "Password is expired.\n"),
]

ABOUT_THE_SERVER = [
    (1, ""),
    (1, "Warning: Operation attempted on a disabled node : dc=example,dc=org\n"),  # 389-ds, mapping_tree.c
    (1, "Out of memory.\n"),  # FreeIPA, ipa_lockout.c
    (1, "Failed to retrieve default realm\n"),
    (2, "decoding error"),
    (3, ""),
    (7, "SASL mechanism absent"),
    (8, ""),
    (11, ""),
    (12, ""),
    (13, "Operation requires a secure connection"),  # 389-ds, bind.c
    (14, ""),
    (19, ""),
    (32, ""),
    (34, "invalid bind dn"),
    (48, "Anonymous access is not allowed"),
    (50, ""),
    (53, ""),  # 389-ds, acct_plugin.c: the account's policy could not be read
    (53, "Minimum SSF not met."),  # 389-ds, bind.c
    (53, "Unauthenticated binds are not allowed"),
    (53, "Function not implemented"),
    (80, "the account is locked and has expired, says a server that is out of order"),
    (118, ""),
]


@pytest.mark.parametrize(("code", "text"), ABOUT_THE_ACCOUNT)
def test_locked_disabled_and_expired_accounts_end_the_log_in(code: int, text: str) -> None:
    assert type(log_in_error(ATTEMPT, code, text, "")) is errors.AccountUnusable


@pytest.mark.parametrize("text", ["", "Invalid credentials"])
def test_wrong_password_ends_the_log_in(text: str) -> None:
    assert type(log_in_error(ATTEMPT, 49, text, "")) is errors.WrongPassword


def test_password_longer_than_freeipa_allows_is_a_wrong_one() -> None:
    text = "clear-text password is too long (max 1000 chars)!"  # FreeIPA, util/ipa_krb5.c
    assert type(log_in_error(ATTEMPT, 19, text, "")) is errors.WrongPassword


@pytest.mark.parametrize(("code", "text"), ABOUT_THE_SERVER)
def test_any_other_result_of_a_log_in_leads_to_the_next_server(code: int, text: str) -> None:
    error = log_in_error(ATTEMPT, code, text, text.strip())
    assert type(error) is errors.LogInFailed
    assert isinstance(error, errors.Unreachable)


@pytest.mark.parametrize("code", set(range(1, 124)) - {19, 49, 53})
def test_text_alone_never_concerns_the_account(code: int) -> None:
    for _, text in ABOUT_THE_ACCOUNT:
        assert isinstance(log_in_error(ATTEMPT, code, text, ""), errors.Unreachable)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 7, 8, 10, 11, 13, 16, 17, 18, 48, 51, 52, 53, 54, 71, 80])
def test_failed_search_leads_to_the_next_server(code: int) -> None:
    assert isinstance(search_error(ATTEMPT, code, ""), errors.Unreachable)


@pytest.mark.parametrize("code", [12, 50])
def test_search_that_every_server_would_refuse_is_not_repeated(code: int) -> None:
    assert not isinstance(search_error(ATTEMPT, code, ""), errors.Unreachable)


@pytest.mark.parametrize(
    ("code", "at_log_in", "at_search", "at_change"),
    [
        (1, errors.LogInFailed, errors.SearchFailed, errors.OtherResult),
        (10, errors.Referral, errors.Referral, errors.Referral),
        (32, errors.LogInFailed, errors.SearchFailed, errors.NoSuchEntry),
        (49, errors.WrongPassword, errors.SearchFailed, errors.OtherResult),
        (50, errors.LogInFailed, errors.NotPermitted, errors.NotPermitted),
        (51, errors.Busy, errors.Busy, errors.Busy),
        (52, errors.Busy, errors.Busy, errors.Busy),
        (53, errors.LogInFailed, errors.SearchFailed, errors.Unwilling),
        (65, errors.LogInFailed, errors.SearchFailed, errors.SchemaRefused),
        (68, errors.LogInFailed, errors.SearchFailed, errors.AlreadyExists),
    ],
)
def test_error_class_depends_on_code_and_operation(
    code: int, at_log_in: type[DirectoryError], at_search: type[DirectoryError], at_change: type[DirectoryError]
) -> None:
    assert type(log_in_error(ATTEMPT, code, "", "")) is at_log_in
    assert type(search_error(ATTEMPT, code, "")) is at_search
    assert type(change_error(ATTEMPT, code, "")) is at_change
