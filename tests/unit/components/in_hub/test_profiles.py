from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
    user_options: dict[str, str] = field(default_factory=dict)

    def _get_initialized_profile_list(self, profiles: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {"slug": each["display_name"].lower(), "default": number == 0, **each}
            for number, each in enumerate(profiles)
        ]


def offered(groups: list[str], **choice: str) -> Mapping[str, bool]:
    """Return whether each offered profile is preselected."""
    profiles = make_profile_list(PROFILES)(Spawner(User([Group(name) for name in groups]), choice))
    return {profile["display_name"]: profile["default"] for profile in profiles}


def test_profiles_depend_on_the_groups_in_the_hub() -> None:
    assert list(offered([])) == ["Small"]
    assert list(offered(["testers", "others"])) == ["Small", "Test"]


def test_last_choice_is_preselected_while_it_is_offered() -> None:
    assert offered(["testers"], profile="test") == {"Small": False, "Test": True}
    assert offered([], profile="test") == offered([])
