from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from components.in_hub.profiles import make_profile_list, select_profiles

PROFILES: list[Mapping[str, Any]] = [
    {"display_name": "Large", "groups": ["modellers", "astronomers"]},
    {"display_name": "Small"},
    {"display_name": "Test", "groups": ["testers"]},
]


def names(groups: set[str]) -> list[str]:
    return [profile["display_name"] for profile in select_profiles(PROFILES, groups)]


def test_profile_without_groups_is_offered_to_all_users() -> None:
    assert names(set()) == ["Small"]


def test_membership_in_one_of_the_groups_is_enough() -> None:
    assert names({"astronomers", "gardeners"}) == ["Large", "Small"]
    assert names({"modellers", "testers"}) == ["Large", "Small", "Test"]


@dataclass
class Group:
    name: str


@dataclass
class User:
    groups: list[Group]


@dataclass
class Spawner:
    user: User


@pytest.mark.parametrize(("groups", "offered"), [([], ["Small"]), (["testers", "others"], ["Small", "Test"])])
def test_profiles_depend_on_the_groups_in_the_hub(groups: list[str], offered: list[str]) -> None:
    profiles = make_profile_list(PROFILES)(Spawner(User([Group(name) for name in groups])))

    assert [profile["display_name"] for profile in profiles] == offered
