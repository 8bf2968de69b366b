"""Users' choices of a profile, an image and a size: which are refused, and which are preselected the next time."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.in_hub.choices import find_problems, in_order, preselect, unique_slugs

NO_TEXT = {"enabled": False}
WRITTEN = {"enabled": True, "validation_regex": "^quay\\.io/own/[a-z]+:1$", "validation_message": "Write quay.io/own/*"}
PROFILES: list[Mapping[str, Any]] = [
    {"slug": "plain", "display_name": "Plain", "default": True},
    {
        "slug": "free",
        "display_name": "R &amp; D",
        "profile_options": {
            "image": {"choices": {"A": {"default": True}, "B": {}}, "unlisted_choice": WRITTEN},
            "size": {"choices": {"S": {}, "L": {"default": True}}, "unlisted_choice": NO_TEXT},
        },
    },
]
IMAGE = "quay.io/own/a:1"


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"profile": "plain"},
        {"profile": "free"},
        {"profile": "free", "image": "B"},
        {"profile": "free", "image": "A", "size": "S"},
        {"profile": "free", "image": "A", "image--unlisted-choice": ""},
        {"profile": "free", "image": "", "image--unlisted-choice": IMAGE},
        {"profile": "free", "image--unlisted-choice": IMAGE, "size": "L"},
    ],
)
def test_offered_choice_has_no_problems(choice: dict[str, Any]) -> None:
    assert find_problems(choice, PROFILES) == []


NOT_PERMITTED = "the image {} is not permitted. Write quay.io/own/*"


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ({"profile": "large"}, "the profile large is not offered to you (offered: plain, free)"),
        ({"profile": ["plain"]}, "the profile ['plain'] is not offered to you (offered: plain, free)"),
        ({"profile": ""}, "no profile is chosen (offered: plain, free)"),
        ({"image": "A"}, "no profile is chosen (offered: plain, free)"),
        ({"image--unlisted-choice": "evil.com/a:1"}, "no profile is chosen (offered: plain, free)"),
        ({"profile": "plain", "image": "A"}, "image is not a choice of the profile Plain"),
        (
            {"profile": "plain", "image--unlisted-choice": IMAGE},
            "image--unlisted-choice is not a choice of the profile Plain",
        ),
        ({"profile": "free", "cmd": "sh"}, "cmd is not a choice of the profile R & D"),
        ({"profile": "free", "image": "C"}, "the image C is not offered to you (offered: A, B)"),
        ({"profile": "free", "image": {"A": 1}}, "the image {'A': 1} is not offered to you (offered: A, B)"),
        ({"profile": "free", "size": ""}, "the size '' is not offered to you (offered: S, L)"),
        ({"profile": "free", "size": None}, "the size None is not offered to you (offered: S, L)"),
        ({"profile": "free", "image": ""}, "no image is written. Write quay.io/own/*"),
        ({"profile": "free", "image--unlisted-choice": ""}, "no image is written. Write quay.io/own/*"),
        ({"profile": "free", "image--unlisted-choice": "quay.io/own/A:1"}, NOT_PERMITTED.format("quay.io/own/A:1")),
        ({"profile": "free", "image--unlisted-choice": f"{IMAGE}\n"}, NOT_PERMITTED.format("'quay.io/own/a:1\\n'")),
        ({"profile": "free", "image--unlisted-choice": [IMAGE]}, NOT_PERMITTED.format(f"['{IMAGE}']")),
        ({"profile": "free", "image--unlisted-choice": "x" * 999}, NOT_PERMITTED.format("x" * 100 + "…")),
        ({"profile": "free", "size--unlisted-choice": "XL"}, "the profile has no size of your own"),
        (
            {"profile": "free", "image": "A", "image--unlisted-choice": IMAGE},
            "both a listed image and one of your own are chosen; choose one of them",
        ),
    ],
)
def test_other_choice_is_refused_with_a_reason(choice: dict[str, Any], problem: str) -> None:
    assert find_problems(choice, PROFILES) == [problem]


def test_all_problems_of_a_choice_are_reported() -> None:
    assert len(find_problems({"profile": "free", "image": "C", "size": "C", "gpu": 1}, PROFILES)) == 3


def preselected(**choice: Any) -> dict[str, Any]:
    """Return what is preselected on the page: for each profile whether it is, and a value for each of its options."""
    return {
        profile["slug"]: (
            profile.get("default", False),
            *(
                option["unlisted_choice"].get("value")
                or [key for key, each in option["choices"].items() if each.get("default")]
                for option in profile.get("profile_options", {}).values()
            ),
        )
        for profile in preselect(PROFILES, choice)
    }


def test_default_is_preselected_without_a_choice() -> None:
    assert preselected() == {"plain": (True,), "free": (False, ["A"], ["L"])}
    assert preselected(profile="gone", image="B") == preselected()


def test_last_choice_is_preselected_as_far_as_it_is_offered() -> None:
    assert preselected(profile="free", image="B", size="S") == {"plain": (False,), "free": (True, ["B"], ["S"])}
    assert preselected(profile="free", image="C", size=7) == {"plain": (False,), "free": (True, ["A"], ["L"])}


def test_written_image_is_preselected_while_the_pattern_permits_it() -> None:
    own = {"image": "", "image--unlisted-choice": IMAGE}
    assert preselected(profile="free", **own)["free"] == (True, IMAGE, ["L"])
    assert preselected(profile="free", **{"image--unlisted-choice": "evil.com/{{a}}"})["free"] == (True, ["A"], ["L"])
    assert "profile_options" not in preselect(PROFILES, {"profile": "plain", **own})[0]


@pytest.mark.parametrize(
    ("given", "slugs"),
    [
        (("a", "a", "", "a", "b"), ["a", "a-2", "profile-3", "a-4", "b"]),
        (("a", "a-3", "a"), ["a", "a-3", "a-3-3"]),
        (("a", "a", "a-2"), ["a", "a-2", "a-2-3"]),
        (("profile-2", ""), ["profile-2", "profile-2-2"]),
    ],
)
def test_profiles_have_different_slugs(given: tuple[str, ...], slugs: list[str]) -> None:
    assert [each["slug"] for each in unique_slugs([{"slug": slug} for slug in given])] == slugs


def test_choices_have_the_order_of_the_stack_file() -> None:
    sizes = {"Large": {"order": 1.0}, "Small": {"order": 0.0}, "XL": {"order": 10.0}}
    given: list[Mapping[str, Any]] = [{"slug": "a", "profile_options": {"size": {"choices": sizes}}}, {"slug": "b"}]
    (found, _) = in_order(given)
    assert list(found["profile_options"]["size"]["choices"]) == ["Small", "Large", "XL"]
    assert list(sizes) == ["Large", "Small", "XL"]
