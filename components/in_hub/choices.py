"""Users' choices on the page that starts a server: profile, image and size. Pure.

JupyterHub stores a user's last choice in its database (``user_options``), and repeats it for a start without one. It
can therefore be about a profile, an image or a size that the user is no longer offered. KubeSpawner 7.0.0 refuses only
unknown profiles and images that do not match the beginning of an expression (``_validate_user_options``); for a choice
without a profile, it does not even compare images, and ignores everything that it does not know.
"""

import copy
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Profile = Mapping[str, Any]
"""A profile as KubeSpawner completes it (``_get_initialized_profile_list``)."""

PROFILE = "profile"
"""Key of the profile's slug in a choice."""

WRITTEN = "--unlisted-choice"
"""End of the key of a text that the user has written, in place of a listed choice of the option before it."""

ORDER = "order"
"""Key of a choice's place on the page, which KubeSpawner ignores."""

MAX_WRITTEN = 512
"""Most characters of a text that is compared with an expression."""

MAX_SHOWN = 100
"""Most characters of a user's value in a message."""


def find_problems(choice: Mapping[str, Any], profiles: Sequence[Profile]) -> list[str]:
    """Return why a server would not be as chosen, in sentences for the user; empty if it would.

    Args:
        choice: the user's choice; empty for the default.
        profiles: the profiles that the user is offered.
    """
    return list(_problems(choice, profiles)) if choice else []


def preselect(profiles: Sequence[Profile], choice: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the profiles with the choice as default, as far as it is offered now.

    A text that the user has written is in ``unlisted_choice.value``, if it is permitted.
    """
    found: list[dict[str, Any]] = copy.deepcopy([dict(profile) for profile in profiles])
    chosen = next((each for each in found if each["slug"] == choice.get(PROFILE)), None)
    if chosen is None:
        return found
    for profile in found:
        profile["default"] = profile is chosen
    for name, option in _options(chosen).items():
        written = choice.get(f"{name}{WRITTEN}")
        if written and not list(_written_problems(name, written, option)):
            option["unlisted_choice"]["value"] = written
            selected = None
        elif isinstance(choice.get(name), str) and choice[name] in option["choices"]:
            selected = choice[name]
        else:
            continue
        for key, each in option["choices"].items():
            each["default"] = key == selected
    return found


def in_order(profiles: Sequence[Profile]) -> list[dict[str, Any]]:
    """Return the profiles with their choices in the order of the stack file.

    Helm sorts the keys of mappings. KubeSpawner preselects the first choice if none is the default.
    """
    found: list[dict[str, Any]] = copy.deepcopy([dict(profile) for profile in profiles])
    for profile in found:
        for option in _options(profile).values():
            choices = sorted(option["choices"].items(), key=lambda each: each[1].get(ORDER, 0))
            option["choices"] = dict(choices)
    return found


def unique_slugs(profiles: Sequence[Profile]) -> list[dict[str, Any]]:
    """Return the profiles with slugs that differ: other names can have the same slug, or none."""
    slugs: list[str] = []
    for number, profile in enumerate(profiles):
        slug = profile["slug"]
        while not slug or slug in slugs:
            slug = f"{slug or 'profile'}-{number + 1}"
        slugs.append(slug)
    return [{**profile, "slug": slug} for profile, slug in zip(profiles, slugs, strict=True)]


def _problems(choice: Mapping[str, Any], profiles: Sequence[Profile]) -> Iterator[str]:
    slug = choice.get(PROFILE)
    profile = next((each for each in profiles if each["slug"] == slug), None)
    if profile is None:
        offered = ", ".join(f"{each['slug']}" for each in profiles) or "none"
        what = f"the profile {_show(slug)} is not offered to you" if slug else "no profile is chosen"
        yield f"{what} (offered: {offered})"
        return
    options, name = _options(profile), html.unescape(profile["display_name"])
    for key in choice:
        if key != PROFILE and str(key).removesuffix(WRITTEN) not in options:
            yield f"{_show(key)} is not a choice of the profile {name}"
    for key, option in options.items():
        yield from _option_problems(key, option, choice)


def _option_problems(name: str, option: Mapping[str, Any], choice: Mapping[str, Any]) -> Iterator[str]:
    written, listed = choice.get(f"{name}{WRITTEN}"), choice.get(name)
    if written:
        if listed:
            yield f"both a listed {name} and one of your own are chosen; choose one of them"
        yield from _written_problems(name, written, option)
    elif name in choice or f"{name}{WRITTEN}" in choice:
        if not listed and option["unlisted_choice"]["enabled"]:
            yield f"no {name} is written. {option['unlisted_choice']['validation_message']}"
        elif not isinstance(listed, str) or listed not in option["choices"]:
            yield f"the {name} {_show(listed)} is not offered to you (offered: {', '.join(option['choices'])})"


def _written_problems(name: str, written: object, option: Mapping[str, Any]) -> Iterator[str]:
    unlisted = option["unlisted_choice"]
    if not unlisted["enabled"]:
        yield f"the profile has no {name} of your own"
    elif (
        not isinstance(written, str)
        or len(written) > MAX_WRITTEN
        or not re.fullmatch(unlisted["validation_regex"], written)
    ):
        yield f"the {name} {_show(written)} is not permitted. {unlisted['validation_message']}"


def _options(profile: Profile) -> Mapping[str, Any]:
    options: Mapping[str, Any] = profile.get("profile_options") or {}
    return options


def _show(value: object) -> str:
    """Return a user's value for a message, shortened and without control characters."""
    text = value if isinstance(value, str) and value.strip() and value.isprintable() else repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
