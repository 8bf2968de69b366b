"""Entry point, called from ``hub.extraConfig`` after the chart's own configuration and ``hub.config`` are loaded."""

from typing import Any

from traitlets.config import Config  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import further_servers_end, guard, server_activity, server_ends, usage_recorder
from components.in_hub.authenticator import FreeIpaAuthenticator
from components.in_hub.further_servers import keep_together
from components.in_hub.gpus import show_requested_gpus
from components.in_hub.home_owner import check_homes
from components.in_hub.listening import wait_until_listening
from components.in_hub.profiles import make_profile_list
from components.in_hub.server_choice import FORM, read_form
from components.in_hub.shared_folders import check_folders
from components.in_hub.start_checks import prepare_start
from components.in_hub.subdomains import user_domain


def configure(c: Config) -> None:
    """Register the authenticator, the spawner's hooks, host names, profiles, activity, a page and the record of usage.

    Their settings come from ``hub.config``. The check of who is admitted runs later, when code after this and the
    command line have been applied, too.
    """
    guard.install()
    further_servers_end.install()
    usage_recorder.install()
    server_activity.install(c)
    server_ends.install(c)
    c.JupyterHub.authenticator_class = FreeIpaAuthenticator
    c.JupyterHub.subdomain_hook = user_domain
    c.KubeSpawner.pre_spawn_hook = prepare_start
    c.KubeSpawner.modify_pod_hook = check_pod
    c.KubeSpawner.after_pod_created_hook = wait_until_listening
    profiles = c.KubeSpawner.get("profile_list") or []
    if profiles:
        c.KubeSpawner.profile_list = make_profile_list(profiles)
        c.KubeSpawner.profile_form_template = FORM.read_text(encoding="utf-8")
        c.KubeSpawner.options_from_form = read_form


async def check_pod(spawner: Any, pod: Any) -> Any:  # noqa: ANN401 - KubeSpawner has no types
    """Check the homes and the shared folders that a pod mounts, place it, and show its GPUs: the ``modify_pod_hook``.

    Raises:
        HTTPError: the server must not start.
    """
    pod = await check_folders(spawner, await check_homes(spawner, pod))
    return show_requested_gpus(await keep_together(spawner, pod))
