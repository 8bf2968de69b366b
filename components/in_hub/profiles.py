"""The profiles that each user is offered, with the last choice as default.

A profile of KubeSpawner has one key more here, ``groups``: names of the groups that are offered it; empty for all
users. KubeSpawner ignores keys that it does not know.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from components.in_hub.choices import Profile, in_order, preselect, unique_slugs


def select_profiles(profiles: Sequence[Profile], groups: Collection[str]) -> list[Profile]:
    """Return the profiles for a user who is in ``groups``, in the same order."""
    return [profile for profile in profiles if not profile.get("groups") or set(profile["groups"]) & set(groups)]


def make_profile_list(profiles: Sequence[Profile]) -> Callable[[Any], Sequence[Profile]]:
    """Return a ``KubeSpawner.profile_list`` that depends on the user's groups in the hub, and on the last choice.

    KubeSpawner calls the function for the page and again when the server starts, where it refuses any other profile.
    """

    def profile_list(spawner: Any) -> Sequence[Profile]:  # noqa: ANN401 - KubeSpawner has no types
        return preselect(offered_profiles(spawner, profiles), spawner.user_options or {})

    profile_list.profiles = profiles  # type: ignore[attr-defined]  # for the check of the profiles' settings
    return profile_list


def offered_profiles(spawner: Any, profiles: Sequence[Profile]) -> list[Profile]:  # noqa: ANN401
    """Return the profiles that the owner of a server is offered, as KubeSpawner completes them."""
    named = unique_slugs(spawner._get_initialized_profile_list(in_order(profiles)))
    groups = {group.name for group in spawner.user.groups}
    # Completed again, because the default may be a profile of other groups.
    offered: list[Profile] = spawner._get_initialized_profile_list(select_profiles(named, groups))
    return offered
