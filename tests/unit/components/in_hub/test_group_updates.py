import asyncio
import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from components.in_hub.group_updates import GroupUpdates

LOG = logging.getLogger(__name__)


@dataclass
class User:
    name: str
    state: Mapping[str, Any] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)

    async def get_auth_state(self) -> Mapping[str, Any]:
        return self.state

    def sync_groups(self, groups: Collection[str]) -> None:
        self.groups = set(groups)


@dataclass
class Hub:
    users: dict[str, User]


@pytest.fixture
def anna() -> User:
    return User("anna", {"ipa_unique_id": "anna's"}, {"old"})


async def finish_tasks() -> None:
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))


def test_start_reads_the_groups_of_the_users_account(anna: User) -> None:
    asked: list[Mapping[str, str | None]] = []

    async def read(users: Mapping[str, str | None]) -> Mapping[str, set[str]]:
        asked.append(users)
        return {"anna": {"new"}}

    asyncio.run(GroupUpdates(Hub({"anna": anna}), read, LOG).update_for_start(anna))

    assert asked == [{"anna": "anna's"}]
    assert anna.groups == {"new"}


def test_groups_that_were_not_read_stay(anna: User, caplog: pytest.LogCaptureFixture) -> None:
    async def read(_: Mapping[str, str | None]) -> Mapping[str, set[str]]:
        raise TimeoutError

    asyncio.run(GroupUpdates(Hub({"anna": anna}), read, LOG).update_for_start(anna))

    assert anna.groups == {"old"}
    assert "a server of anna starts with the known groups, which were not read: TimeoutError" in caplog.text


def test_unknown_groups_of_one_user_stay(anna: User) -> None:
    async def read(_: Mapping[str, str | None]) -> Mapping[str, set[str]]:
        return {}

    asyncio.run(GroupUpdates(Hub({"anna": anna}), read, LOG).update_for_start(anna))

    assert anna.groups == {"old"}


def test_comparison_does_not_replace_the_groups_of_a_later_log_in(anna: User) -> None:
    users = {"anna": "anna's", "gone": None}

    async def compare() -> None:
        may_answer = asyncio.Event()

        async def read(_: Mapping[str, str | None]) -> Mapping[str, set[str]]:
            await may_answer.wait()
            return {"anna": {"read before"}, "gone": {"any"}}

        updates = GroupUpdates(Hub({"anna": anna}), read, LOG)
        updates.update_later(users)
        await asyncio.sleep(0)
        updates.note_log_in("anna", time.time() + 1)
        may_answer.set()
        await finish_tasks()

    asyncio.run(compare())

    assert anna.groups == {"old"}


def test_comparison_updates_the_users_that_still_exist(anna: User) -> None:
    async def compare() -> None:
        async def read(_: Mapping[str, str | None]) -> Mapping[str, set[str]]:
            return {"anna": {"new"}, "gone": {"any"}}

        GroupUpdates(Hub({"anna": anna}), read, LOG).update_later({"anna": None, "gone": None})
        await finish_tasks()

    asyncio.run(compare())

    assert anna.groups == {"new"}


@pytest.mark.parametrize(("is_valid", "groups"), [(True, {"modellers"}), (False, {"old"})])
def test_groups_of_a_former_versions_log_in_are_adopted_while_it_is_valid(
    anna: User, is_valid: bool, groups: set[str]
) -> None:
    anna.state = {"groups": ["Modellers", "two words"]}

    async def begin() -> None:
        updates = GroupUpdates(Hub({"anna": anna}), None, LOG)
        updates.begin(["gone", "anna"], lambda name, state: is_valid)
        await updates.update_for_start(anna)

    asyncio.run(begin())

    assert anna.groups == groups
