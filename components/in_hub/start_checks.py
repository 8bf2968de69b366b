"""Checks before a server starts."""

from collections.abc import Mapping
from typing import Any

from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import messages
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.dask_clusters import ClustersUnreachable, DaskClusters
from components.in_hub.folders import read_folders
from components.in_hub.further_servers import prepare_further_server
from components.in_hub.home_owner import prepare_home
from components.in_hub.outdated_clusters import everyones_variables, find_outdated, profile_overrides
from components.in_hub.server_choice import check_choice
from components.in_hub.user_sizes import apply_size

VERIFICATION_HOME = "1Gi"
"""Size of the home of a verification. Provisioners with a larger smallest size round it up."""


async def prepare_start(spawner: Any) -> None:  # noqa: ANN401 - KubeSpawner has no types
    """Check the server's name, the user's choice and home, set sizes, and end outdated Dask clusters.

    This is the ``pre_spawn_hook``.

    Raises:
        HTTPError: the server must not start.
    """
    prepare_further_server(spawner)
    check_choice(spawner)
    apply_size(spawner)
    if spawner.user.name == VERIFICATION_USER:
        spawner.storage_capacity = VERIFICATION_HOME
    await prepare_home(spawner)
    await end_outdated_clusters(spawner)


async def end_outdated_clusters(spawner: Any) -> None:  # noqa: ANN401 - KubeSpawner has no types
    """End the user's clusters that have more than the user may have now, before the server starts.

    Raises:
        HTTPError: 503 if Kubernetes does not answer, and the tenancy has folders, settings or GPUs of groups.
    """
    # The program's own function has the list that it selects from. The hub starts with no other code in these settings.
    profiles = getattr(spawner.profile_list, "profiles", spawner.profile_list)
    of_groups = spawner.group_overrides if isinstance(spawner.group_overrides, Mapping) else {}
    overrides = {**of_groups, **profile_overrides(profiles)}
    namespace = getattr(spawner.authenticator, "dask_namespace", "")
    gpu_groups = getattr(spawner.authenticator, "dask_gpu_groups", [])
    folders = read_folders()
    if not namespace:
        return
    clusters = DaskClusters(namespace)
    user, groups = spawner.user.name, {group.name for group in spawner.user.groups}
    try:
        # Groups have changed the variables of this server, so those of all servers are in the configuration.
        common = dict(spawner.config.KubeSpawner.get("environment") or {})
        everyones = spawner._expand_all([*common.values(), *everyones_variables(profiles)])
        outdated = find_outdated(
            await clusters.of(user), spawner._expand_all(overrides), groups, everyones, folders, gpu_groups
        )
        await clusters.stop(outdated)
    except ClustersUnreachable as error:
        spawner.log.error("the Dask clusters of %s were not compared with the user's groups: %s", user, error)
        if not (overrides or folders or gpu_groups):  # probably none has ever been given anything
            return
        failure = HTTPError(503, messages.clusters_unknown())
        failure.jupyterhub_message = messages.clusters_unknown()
        raise failure from None
    if outdated:
        spawner.log.warning(
            "ended Dask clusters of %s with folders, Secrets or GPUs that the user may no longer use: %s",
            user,
            ", ".join(outdated),
        )
