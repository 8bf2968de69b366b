"""The reason why a user's server ended, on the page that offers to start it again.

Kubernetes stores it in an event, for an hour by default. The hub follows the events of pods since the first start of
a server after its own start (KubeSpawner 7.0.0, ``event_reflector``).
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).with_name("templates")

EVICTED = "Evicted"
"""Reason of the kubelet's events about pods that it ended to protect the node."""

OWN_STORAGE = ("exceeds the total limit of containers", "exceeded its local ephemeral storage limit")
"""Parts of the kubelet's messages about a pod above its limit (``eviction_manager.go``, Kubernetes 1.34)."""

LOW_ON = "low on resource: "
"""Part of its message about a node, before the name of the resource."""

RESOURCES = {"memory": "memory", "ephemeral-storage": "disk space", "pids": "processes"}

KEPT = "The files in your home folder are unchanged; files elsewhere and variables in memory are lost."


def install(c: Any) -> None:  # noqa: ANN401 - traitlets' Config; the hub alone has that package
    """Let JupyterHub find the page and its function."""
    c.JupyterHub.template_paths = [*(c.JupyterHub.get("template_paths") or []), str(TEMPLATES)]
    c.JupyterHub.template_vars = {**(c.JupyterHub.get("template_vars") or {}), "server_end": template_function}


def template_function(_: Any) -> Callable[[Any, str], str]:  # noqa: ANN401 - JupyterHub has no types
    """Return a template's function: JupyterHub calls each function among the variables, with the page's visitor."""
    return describe_end


def describe_end(user: Any, server_name: str) -> str:  # noqa: ANN401 - JupyterHub has no types
    """Return why a user's server ended, for the user; empty if it did not end by itself, or if that is not known."""
    spawner = user.spawners.get(server_name or "")
    # Before the first start, events are about a server of an earlier account with this name.
    if spawner is None or spawner.active or spawner.orm_spawner.last_activity is None:
        return ""
    return explain_eviction(spawner.events, spawner.extra_resource_limits.get("ephemeral-storage", ""))


def explain_eviction(events: Iterable[Mapping[str, Any]], limit: str) -> str:
    """Return the sentences for the eviction of a server's last pod; empty if it was not evicted.

    Args:
        events: events of all its pods, which have the same name, the latest last. KubeSpawner leaves out those before
            the last start, but a hub that was restarted does not know them.
        limit: limit of its temporary storage, as a Kubernetes quantity.
    """
    listed = [(_pod_uid(each), each) for each in events]
    last = next((uid for uid, _ in reversed(listed) if uid), "")
    found = [each for uid, each in listed if last and uid == last and each.get("reason") == EVICTED]
    if not found:
        return ""
    message, time = str(found[-1].get("message") or ""), str(found[-1].get("lastTimestamp") or "")
    # 2026-12-01T07:30:00Z
    when = f" at {time[11:16]} UTC" if time else ""
    if any(part in message for part in OWN_STORAGE):
        size = f"{limit.removesuffix('Gi')} GB" if limit.endswith("Gi") else limit or "its limit"
        return (
            f"Your server was stopped{when} because it wrote more than {size} of temporary files, for example to /tmp. "
            f"{KEPT} Write large files to your home folder, or delete temporary files earlier."
        )
    resource = message.partition(LOW_ON)[2].partition(".")[0].strip()
    if resource in RESOURCES:
        return (
            f"Your server was stopped{when} because the computer that it ran on had too little free "
            f"{RESOURCES[resource]}. {KEPT} Start it again; if it happens often, tell your administrator."
        )
    return f"Your server was stopped{when} by its computer. {KEPT}"


def _pod_uid(event: Mapping[str, Any]) -> str:
    """Return the UID of the pod that an event is about; empty if it has none, or is about another kind of object."""
    concerned = event.get("involvedObject") or {}
    return str(concerned.get("uid") or "") if concerned.get("kind") == "Pod" else ""
