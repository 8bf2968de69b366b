from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from components.cli.diagnose.result import State
from components.cli.diagnose.user import account_finding
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
    failed_tries=0,
)


@pytest.mark.parametrize(
    ("account", "state"),
    [
        (ALICE, State.GOOD),
        (replace(ALICE, is_locked=True), State.BROKEN),
        (replace(ALICE, is_locked=True, shows_state=False), State.BROKEN),
        (replace(ALICE, account_expires=YESTERDAY), State.BROKEN),
        (replace(ALICE, account_expires=NOW), State.BROKEN),
        (replace(ALICE, account_expires=TOMORROW), State.GOOD),
        (replace(ALICE, password_expires=YESTERDAY), State.WARNING),
        (replace(ALICE, password_expires=None), State.GOOD),
        (replace(ALICE, failed_tries=6), State.WARNING),
        (replace(ALICE, failed_tries=5), State.GOOD),
        (replace(ALICE, failed_tries=None), State.GOOD),
        (replace(ALICE, shows_state=False), State.UNKNOWN),
    ],
)
def test_what_freeipa_shows_of_an_account_decides(account: Account, state: State) -> None:
    assert account_finding(account, "uid=program", NOW).state is state


def test_what_can_be_done_is_a_command() -> None:
    assert account_finding(replace(ALICE, is_locked=True), "", NOW).do == "ipa user-enable alice"
    assert "ipa user-unlock alice" in account_finding(replace(ALICE, failed_tries=9), "", NOW).do
