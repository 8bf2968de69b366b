"""The spawner's settings that users choose, in a release's values: those of profiles, and of the choices in them."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.tree import get


def profile_overrides(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each ``kubespawner_override`` with the path of its profile or choice.

    Args:
        values: the values of the hub's chart.
    """
    for index, profile in enumerate(get(values, "singleuser", "profileList", default=[])):
        path = f"singleuser.profileList[{index}]"
        yield path, get(profile, "kubespawner_override", default={})
        options = get(profile, "profile_options", default={})
        for name in options:
            choices = get(options, name, "choices", default={})
            for choice in choices:
                place = f"{path}.profile_options.{name}.choices.{choice}"
                yield place, get(choices, choice, "kubespawner_override", default={})
            unlisted = f"{path}.profile_options.{name}.unlisted_choice"
            yield unlisted, get(options, name, "unlisted_choice", "kubespawner_override", default={})
