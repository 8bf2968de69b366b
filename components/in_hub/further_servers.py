"""Further servers at their start, whichever way: which may start, with which home, and on which node."""

from typing import Any

from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.further_server_rules import add_affinity, find_refusal
from components.in_hub.user_objects import REQUEST_SECONDS

MANY_NODES = "ReadWriteMany"
"""Access mode of claims that several nodes mount at the same time."""


def check_request(user: Any, name: str) -> None:  # noqa: ANN401 - JupyterHub has no types
    """Check a request for a user's server, before the hub knows a new one.

    Raises:
        HTTPError: 400 if it is a further server that must not start.
    """
    if not name:
        return
    settings, running = user.settings, {other for other, each in user.spawners.items() if each.active}
    limit = settings.get("named_server_limit_per_user", 0) if settings.get("allow_named_servers") else 0
    # Of the servers that the hub knows, those that do not run take no room: the limit may have been larger.
    counted = running if name in user.orm_spawners else set(user.orm_spawners)
    refusal = find_refusal(user.name, name, limit, len(counted - {"", name}))
    if refusal:
        error = HTTPError(400, refusal)
        error.jupyterhub_message = refusal  # JupyterHub replaces the text of a failed start by a general one
        raise error


def prepare_further_server(spawner: Any) -> None:  # noqa: ANN401 - KubeSpawner has no types
    """Check a server that starts, whichever way, and let a further one mount the home of the usual one.

    Raises:
        HTTPError: 400 if it is a further server that must not start.
    """
    check_request(spawner.user, spawner.name)
    if spawner.name:
        spawner.pvc_name = spawner.user.spawners[""].pvc_name


async def keep_together(spawner: Any, pod: Any) -> Any:  # noqa: ANN401 - KubeSpawner has no types
    """Return a server's pod; if only one node can mount the home, only the node of the user's other servers runs it."""
    if not spawner.user.settings.get("allow_named_servers"):
        return pod
    try:
        claim = await spawner.api.read_namespaced_persistent_volume_claim(
            spawner.pvc_name, spawner.namespace, _request_timeout=REQUEST_SECONDS
        )
        modes = claim.spec.access_modes or ()
    except Exception as error:
        spawner.log.warning("the access modes of home %s are not known: %s", spawner.pvc_name, type(error).__name__)
        modes = ()
    if MANY_NODES not in modes:
        plain = spawner.api.api_client.sanitize_for_serialization(pod)
        pod.spec.affinity = add_affinity(plain["spec"].get("affinity") or {}, pod.metadata.labels)
    return pod
