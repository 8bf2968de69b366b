"""Server profiles that are offered only to members of certain FreeIPA groups."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

Profile = Mapping[str, Any]
"""A profile of KubeSpawner with one key more, ``groups``: names of the groups that are offered it; empty for all users.

KubeSpawner ignores keys that it does not know.
"""


class Group(Protocol):
    """The part of JupyterHub's group that is needed here."""

    name: str


class User(Protocol):
    """The part of JupyterHub's user that is needed here."""

    @property
    def groups(self) -> Sequence[Group]:
        """The hub's groups of the user."""


class Spawner(Protocol):
    """The part of KubeSpawner that is needed here."""

    @property
    def user(self) -> User:
        """The owner of the server."""


def select_profiles(profiles: Sequence[Profile], groups: Collection[str]) -> list[Profile]:
    """Return the profiles for a user who is in ``groups``, in the same order."""
    return [profile for profile in profiles if not profile.get("groups") or set(profile["groups"]) & set(groups)]


def make_profile_list(profiles: Sequence[Profile]) -> Callable[[Spawner], list[Profile]]:
    """Return a ``KubeSpawner.profile_list`` that depends on the user's groups in the hub.

    KubeSpawner calls the function for the page of choices and again when the server starts, where it refuses any other
    choice.
    """

    def profile_list(spawner: Spawner) -> list[Profile]:
        return select_profiles(profiles, {group.name for group in spawner.user.groups})

    profile_list.profiles = profiles  # type: ignore[attr-defined]  # for the check of the profiles' settings
    return profile_list
