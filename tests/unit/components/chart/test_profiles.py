"""The profiles in the chart's values: images and sizes to choose from, and images that users write."""

import re
from typing import Any

from components.chart.profiles import profile_list
from tests.support.tenancies import tenancy

PANGEO, LEARNING = "quay.io/pangeo/pangeo-notebook:1", "quay.io/pangeo/ml-notebook:1"
IMAGES = [{"name": "Pangeo", "image": PANGEO}, {"name": "Machine <learning>", "image": LEARNING, "default": True}]
SIZES = [{"name": "Small", "cpus": 1}, {"name": "Large", "cpus": 0.5, "ramGb": 32, "default": True}, {"name": "Same"}]


def profile(registries: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    """Return the only profile of a tenancy."""
    profiles = [{"name": "Free", **settings}]
    (found,) = profile_list(tenancy(notebook={"image": PANGEO, "profiles": profiles}, registries=registries or {}))
    return found


def test_profile_without_choices_has_no_options() -> None:
    assert profile(cpus=2) == {
        "display_name": "Free",
        "description": "",
        "default": False,
        "kubespawner_override": {"cpu_limit": 2, "cpu_guarantee": 2},
    }


def test_images_to_choose_from_are_pulled_from_the_mirror() -> None:
    options = profile({"mirror": "registry.example.org/cache"}, images=IMAGES)["profile_options"]
    assert options == {
        "image": {
            "display_name": "Image",
            "choices": {
                "Pangeo": {
                    "display_name": "Pangeo",
                    "default": False,
                    "order": 0,
                    "kubespawner_override": {"image": f"registry.example.org/cache/{PANGEO}"},
                },
                "Machine <learning>": {
                    "display_name": "Machine &lt;learning&gt;",
                    "default": True,
                    "order": 1,
                    "kubespawner_override": {"image": f"registry.example.org/cache/{LEARNING}"},
                },
            },
        }
    }


def test_size_changes_what_it_names() -> None:
    choices = profile(cpus=4, ramGb=8, sizes=SIZES)["profile_options"]["size"]["choices"]
    assert {name: (each["display_name"], each["kubespawner_override"]) for name, each in choices.items()} == {
        "Small": ("Small (1 CPU)", {"cpu_limit": 1, "cpu_guarantee": 1}),
        "Large": (
            "Large (0.5 CPUs, 32 GB)",
            {"cpu_limit": 0.5, "cpu_guarantee": 0.5, "mem_limit": "32G", "mem_guarantee": "32G"},
        ),
        "Same": ("Same", {}),
    }
    assert [each["default"] for each in choices.values()] == [False, True, False]


def test_image_that_users_write_is_an_alternative_to_the_profiles_image() -> None:
    for image in (PANGEO, LEARNING):
        given: dict[str, Any] = {} if image == PANGEO else {"image": image}
        option = profile(**given, customImages={"pattern": "quay.io/own/*"})["profile_options"]["image"]
        assert list(option["choices"]) == [image]
        assert option["choices"][image]["default"]
        assert option["unlisted_choice"]["enabled"]
        assert "quay.io/own/*" in option["unlisted_choice"]["validation_message"]
        assert re.match(option["unlisted_choice"]["validation_regex"], "quay.io/own/a:1")


def test_image_that_users_write_is_pulled_from_the_mirror_unless_it_is_there() -> None:
    for mirror, image in (
        ("registry.example.org/cache", "registry.example.org/cache/{value}"),
        ("quay.io/cache", "{value}"),
    ):
        found = profile({"mirror": mirror}, customImages={"pattern": "quay.io/own/*"})["profile_options"]["image"]
        assert found["unlisted_choice"]["kubespawner_override"] == {"image": image}
