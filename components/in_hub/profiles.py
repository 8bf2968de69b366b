"""Profiles that only members of some FreeIPA groups are offered."""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any, Protocol

Profile = Mapping[str, Any]
"""A profile of KubeSpawner, which ignores our key ``groups``: the names of the groups that see it, all when empty."""


class User(Protocol):
    """What is needed of JupyterHub's user."""

    async def get_auth_state(self) -> Mapping[str, Any] | None:
        """What the authenticator kept at the last log-in, or None."""


class Spawner(Protocol):
    """What is needed of KubeSpawner."""

    @property
    def user(self) -> User:
        """Whose server it is."""


def offered(profiles: Sequence[Profile], groups: Collection[str]) -> list[Profile]:
    """The profiles for somebody who is in ``groups``, in their order."""
    return [profile for profile in profiles if not profile.get("groups") or set(profile["groups"]) & set(groups)]


def for_groups(profiles: Sequence[Profile]) -> Callable[[Spawner], Coroutine[None, None, list[Profile]]]:
    """``KubeSpawner.profile_list`` by the groups a user was in at the last log-in; in none when that is not known.

    KubeSpawner asks it for the page of choices and again when the server starts, where it refuses any other choice.
    """

    async def profile_list(spawner: Spawner) -> list[Profile]:
        state = await spawner.user.get_auth_state() or {}
        return offered(profiles, state.get("groups", ()))

    return profile_list
