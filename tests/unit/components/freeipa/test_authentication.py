"""The input that a log-in needs, and locks after failed log-ins, by the rules of FreeIPA's plugins."""

from datetime import UTC, datetime, timedelta

import pytest

from components.freeipa.authentication import LockoutPolicy, Needed, RealmLogIn, locked_until, methods, needed

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NONE: frozenset[str] = frozenset()
OTP, PASSWORD, BOTH = frozenset({"otp"}), frozenset({"password"}), frozenset({"otp", "password"})
PLAIN, ENFORCED = RealmLogIn(), RealmLogIn(enforces_codes=True)


@pytest.mark.parametrize(
    ("user", "realm", "tokens", "expected"),
    [
        (NONE, PLAIN, None, Needed.PASSWORD),
        (PASSWORD, PLAIN, 1, Needed.PASSWORD),
        (OTP, PLAIN, 0, Needed.PASSWORD),
        (OTP, PLAIN, 1, Needed.CODE),
        (OTP, PLAIN, None, Needed.CODE_ONCE_THERE_IS_A_TOKEN),
        (BOTH, PLAIN, 1, Needed.EITHER),
        (BOTH, ENFORCED, 1, Needed.CODE),
        (OTP, ENFORCED, 0, Needed.PASSWORD),
        (PASSWORD, ENFORCED, 0, Needed.TOKEN_MISSING),
        (PASSWORD, ENFORCED, 1, Needed.CODE),
        (frozenset({"radius"}), PLAIN, None, Needed.NOTHING),
        (frozenset({"idp"}), PLAIN, None, Needed.PASSWORD),
        (NONE, RealmLogIn(OTP), 1, Needed.CODE),
        (PASSWORD, RealmLogIn(OTP), 1, Needed.PASSWORD),
        (OTP, RealmLogIn(frozenset({"disabled"})), 1, Needed.PASSWORD),
    ],
)
def test_needed_input_follows_from_user_realm_and_tokens(
    user: frozenset[str], realm: RealmLogIn, tokens: int | None, expected: Needed
) -> None:
    assert needed(user, realm, tokens) is expected


def test_realm_can_switch_users_own_methods_off() -> None:
    assert methods(OTP, RealmLogIn(frozenset({"disabled", "password"}))) == PASSWORD


@pytest.mark.parametrize(
    ("failures", "ago", "unlocked_ago", "policy", "is_locked"),
    [
        (5, 1, None, LockoutPolicy(), False),
        (6, 1, None, LockoutPolicy(), True),
        (6, 601, None, LockoutPolicy(), False),
        (6, 10, 5, LockoutPolicy(), False),
        (6, 5, 10, LockoutPolicy(), True),
        (6, None, None, LockoutPolicy(), False),
        (99, 1, None, LockoutPolicy(failures=0), False),
        (6, 10**6, None, LockoutPolicy(seconds=0), True),
    ],
)
def test_lock_follows_from_failures_and_policy(
    failures: int, ago: int | None, unlocked_ago: int | None, policy: LockoutPolicy, is_locked: bool
) -> None:
    def time(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW - timedelta(seconds=seconds)

    assert (locked_until(failures, time(ago), time(unlocked_ago), policy, NOW) is not None) is is_locked
