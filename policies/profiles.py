"""The spawner's settings that users choose, in a release's values: those of profiles, and of the choices in them."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.tree import get


def profile_overrides(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each ``kubespawner_override`` with the path of its profile or choice.

    Args:
        values: the values of the hub's chart.
    """
    for path, profile in _profiles(values):
        yield path, get(profile, "kubespawner_override", default={})
        for place, option in _options(path, profile):
            choices = get(option, "choices", default={})
            for choice in choices:
                yield f"{place}.choices.{choice}", get(choices, choice, "kubespawner_override", default={})
            yield f"{place}.unlisted_choice", get(option, "unlisted_choice", "kubespawner_override", default={})


def unlisted_choices(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each ``unlisted_choice``, for which users write a text, with its path.

    Args:
        values: the values of the hub's chart.
    """
    for path, profile in _profiles(values):
        for place, option in _options(path, profile):
            yield f"{place}.unlisted_choice", get(option, "unlisted_choice", default={})


def _profiles(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for index, profile in enumerate(get(values, "singleuser", "profileList", default=[])):
        yield f"singleuser.profileList[{index}]", profile


def _options(path: str, profile: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - values of any kind
    options = get(profile, "profile_options", default={})
    for name in options:
        yield f"{path}.profile_options.{name}", get(options, name, default={})
