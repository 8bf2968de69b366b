"""Log-in methods, tokens and the policy of lock-outs, read from a real directory with FreeIPA's permissions."""

from collections.abc import Iterator
from datetime import UTC, datetime

import ldap3
import pytest

from components.freeipa.authentication import LockoutPolicy, RealmLogIn
from components.freeipa.settings import directory as directory_settings
from components.freeipa.users import Users, open_users
from local.directory.client import connection
from local.directory.endpoint import MANAGER
from tests.support.directory import ThrowAwayDirectory

pytestmark = pytest.mark.engine

NOW = datetime(2026, 6, 1, tzinfo=UTC)
USER = "alice"


@pytest.fixture
def manager(directory: ThrowAwayDirectory) -> Iterator[ldap3.Connection]:
    with connection(directory.state, directory.endpoint, MANAGER, "manager") as manager:
        yield manager


def read(directory: ThrowAwayDirectory, account: str, password: str) -> Iterator[Users]:
    settings = directory_settings(
        servers=[f"{directory.host}:{directory.ldaps_port}"],
        tls="ldaps",
        ca_certificate=directory.ca_pem,
        bind_dn=account,
    )
    with open_users(settings, directory.suffix, password) as users:
        yield users


@pytest.fixture
def users(directory: ThrowAwayDirectory) -> Iterator[Users]:
    """The users as the program's account sees them."""
    yield from read(directory, directory.operator_dn, directory.password("pangeo-operator"))


@pytest.fixture
def users_for_admin(directory: ThrowAwayDirectory) -> Iterator[Users]:
    yield from read(directory, directory.admin_dn, directory.password("admin"))


def test_realms_methods_and_options_are_read(
    users: Users, directory: ThrowAwayDirectory, manager: ldap3.Connection
) -> None:
    assert users.realm_log_in() == RealmLogIn()
    dn = f"cn=ipaConfig,cn=etc,{directory.suffix}"
    values = {"ipaUserAuthType": ["otp"], "ipaConfigString": ["KDC:Disable Last Success", "EnforceLDAPOTP"]}
    manager.modify(dn, {name: [(ldap3.MODIFY_ADD, value)] for name, value in values.items()})  # type: ignore[no-untyped-call]
    try:
        assert users.realm_log_in() == RealmLogIn(frozenset({"otp"}), enforces_codes=True)
    finally:
        manager.modify(dn, {name: [(ldap3.MODIFY_DELETE, [])] for name in values})  # type: ignore[no-untyped-call]


def test_users_methods_failures_and_policy_are_read(
    users: Users, users_for_admin: Users, directory: ThrowAwayDirectory, manager: ldap3.Connection
) -> None:
    dn = directory.user_dn(USER)
    values = {
        "ipaUserAuthType": ["otp", "password"],
        "krbLoginFailedCount": ["7"],
        "krbLastFailedAuth": ["20260531235900Z"],
    }
    add = {name: [(ldap3.MODIFY_ADD, value)] for name, value in values.items()}
    manager.modify(dn, {"objectClass": [(ldap3.MODIFY_ADD, ["ipaUserAuthTypeClass"])], **add})  # type: ignore[no-untyped-call]
    try:
        account = users.find_user(USER)
    finally:
        remove: dict[str, list[tuple[str, list[str]]]] = {name: [(ldap3.MODIFY_DELETE, [])] for name in values}
        manager.modify(dn, {**remove, "objectClass": [(ldap3.MODIFY_DELETE, ["ipaUserAuthTypeClass"])]})  # type: ignore[no-untyped-call]

    assert account is not None
    assert account.methods == {"otp", "password"}
    assert (account.failed_log_ins, account.last_failure) == (7, datetime(2026, 5, 31, 23, 59, tzinfo=UTC))
    assert users.lockout_policy(account, directory.realm) is None, "only admins see password policies"
    assert users_for_admin.lockout_policy(account, directory.realm) == LockoutPolicy(6, 600)


def test_active_tokens_are_counted_where_they_are_visible(
    users: Users, users_for_admin: Users, directory: ThrowAwayDirectory, manager: ldap3.Connection
) -> None:
    owner = {"ipatokenOwner": directory.user_dn(USER)}
    tokens = {
        "valid": {},
        "off": {"ipatokenDisabled": "TRUE"},
        "ended": {"ipatokenNotAfter": "20260101000000Z"},
        "future": {"ipatokenNotBefore": "20270101000000Z"},
    }
    dns = {name: f"ipatokenUniqueID={name},cn=otp,{directory.suffix}" for name in tokens}
    for name, values in tokens.items():
        manager.add(dns[name], ["top", "ipatokenTOTP"], {"ipatokenUniqueID": name, **owner, **values})  # type: ignore[no-untyped-call]
    try:
        assert users_for_admin.count_tokens(USER, NOW) == 1
        assert users.count_tokens(USER, NOW) is None, "only owners and admins see tokens"
    finally:
        for dn in dns.values():
            manager.delete(dn)  # type: ignore[no-untyped-call]
