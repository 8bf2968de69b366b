"""The door: what ``hub.extraConfig`` calls, after the chart's own configuration and ``hub.config`` are loaded."""

from traitlets.config import Config  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.authenticator import FreeIpaAuthenticator
from components.in_hub.profiles import for_groups
from components.in_hub.volume_growth import grow_home


def configure(c: Config) -> None:
    """Put our parts in their places; their settings come from ``hub.config``."""
    c.JupyterHub.authenticator_class = FreeIpaAuthenticator
    c.KubeSpawner.pre_spawn_hook = grow_home
    profiles = c.KubeSpawner.get("profile_list") or []
    if any(profile.get("groups") for profile in profiles):
        c.KubeSpawner.profile_list = for_groups(profiles)
