"""Profiles for the members of some groups."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from components.in_hub.profiles import for_groups, offered

PROFILES: list[Mapping[str, Any]] = [
    {"display_name": "Large", "groups": ["modellers", "astronomers"]},
    {"display_name": "Small"},
    {"display_name": "Test", "groups": ["testers"]},
]


def names(groups: set[str]) -> list[str]:
    return [profile["display_name"] for profile in offered(PROFILES, groups)]


def test_a_profile_without_groups_is_for_everybody() -> None:
    assert names(set()) == ["Small"]


def test_one_of_a_profiles_groups_is_enough() -> None:
    assert names({"astronomers", "gardeners"}) == ["Large", "Small"]
    assert names({"modellers", "testers"}) == ["Large", "Small", "Test"]


@dataclass
class User:
    state: Mapping[str, Any] | None

    async def get_auth_state(self) -> Mapping[str, Any] | None:
        return self.state


@dataclass
class Spawner:
    user: User


@pytest.mark.parametrize("state", [None, {}, {"groups": []}])
def test_a_user_whose_groups_are_not_known_is_in_none(state: Mapping[str, Any] | None) -> None:
    offer = asyncio.run(for_groups(PROFILES)(Spawner(User(state))))

    assert [profile["display_name"] for profile in offer] == ["Small"]
