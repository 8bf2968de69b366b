from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from components.cli.diagnose.result import Status
from components.cli.diagnose.user import check_account, check_method
from components.freeipa.authentication import LockoutPolicy, Needed
from components.freeipa.users import Account

NOW = datetime(2026, 6, 1, tzinfo=UTC)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)
ALICE = Account(
    uid="alice",
    groups=frozenset(),
    is_locked=False,
    shows_state=True,
    password_expires=TOMORROW,
    account_expires=None,
    failed_log_ins=0,
)


@pytest.mark.parametrize(
    ("account", "status"),
    [
        (ALICE, Status.GOOD),
        (replace(ALICE, is_locked=True), Status.BROKEN),
        (replace(ALICE, is_locked=True, shows_state=False), Status.BROKEN),
        (replace(ALICE, account_expires=YESTERDAY), Status.BROKEN),
        (replace(ALICE, account_expires=NOW), Status.BROKEN),
        (replace(ALICE, account_expires=TOMORROW), Status.GOOD),
        (replace(ALICE, password_expires=YESTERDAY), Status.WARNING),
        (replace(ALICE, password_expires=None), Status.GOOD),
        (replace(ALICE, failed_log_ins=6), Status.WARNING),
        (replace(ALICE, failed_log_ins=5), Status.GOOD),
        (replace(ALICE, failed_log_ins=None), Status.GOOD),
        (replace(ALICE, shows_state=False), Status.UNKNOWN),
    ],
)
def test_account_status_follows_from_its_attributes(account: Account, status: Status) -> None:
    assert check_account(account, "uid=program", NOW).status is status


def test_fix_is_a_command() -> None:
    assert check_account(replace(ALICE, is_locked=True), "", NOW).fix == "ipa user-enable alice"
    assert "ipa user-unlock alice" in check_account(replace(ALICE, failed_log_ins=9), "", NOW).fix


@pytest.mark.parametrize(
    ("policy", "status"),
    [(LockoutPolicy(), Status.BROKEN), (None, Status.WARNING), (LockoutPolicy(failures=0), Status.GOOD)],
)
def test_lock_is_broken_where_the_policy_is_visible(policy: LockoutPolicy | None, status: Status) -> None:
    account = replace(ALICE, failed_log_ins=6, last_failure=NOW - timedelta(seconds=5))
    assert check_account(account, "", NOW, policy).status is status


@pytest.mark.parametrize(
    ("needed", "status"),
    [
        (Needed.PASSWORD, Status.GOOD),
        (Needed.EITHER, Status.GOOD),
        (Needed.CODE_ONCE_THERE_IS_A_TOKEN, Status.GOOD),
        (Needed.CODE, Status.WARNING),
        (Needed.TOKEN_MISSING, Status.BROKEN),
        (Needed.NOTHING, Status.BROKEN),
    ],
)
def test_log_in_method_says_what_to_enter(needed: Needed, status: Status) -> None:
    result = check_method("alice", needed)
    assert result.status is status
    assert needed.value in result.message
