"""The decisions of a run: which volume is read next and where, and which pod must end for a user's server. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.in_backup.pod_names import volume_pod_name
from components.in_backup.volumes import Volume, VolumeUse

Object = Mapping[str, Any]

MOST_ATTEMPTS = 8
"""Number of pods that are created for a volume in a run: users' servers and other pods may end some of them."""


@dataclass(frozen=True)
class Place:
    """How a volume is read."""

    kind: Literal["anywhere", "on node", "later"]
    node: str | None = None


def find_place(volume: Volume, uses: Sequence[VolumeUse]) -> Place:
    """Decide how a volume is read.

    Args:
        volume: the volume.
        uses: the pods that use it.
    """
    nodes = {each.node for each in uses if each.node}
    if volume.user and volume.is_shared:
        return Place("anywhere")
    if any(each.node is None for each in uses) or len(nodes) > 1:
        return Place("later")  # the scheduler is choosing a node, and must be free to do so
    return Place("on node", nodes.pop()) if nodes else Place("anywhere")


def find_obstacles(
    volumes: Iterable[Volume], pods: Mapping[str, Object], uses: Mapping[str, Sequence[VolumeUse]]
) -> list[str]:
    """Return the run's pods that hold a volume which a pod on another node needs.

    Args:
        volumes: the volumes that are being read.
        pods: the run's pods by name.
        uses: the other pods that use each claim.
    """
    found = []
    for volume in volumes:
        name = volume_pod_name(volume.claim)
        pod = pods.get(name)
        if pod is None or volume.is_shared or not _mounts(pod, volume.claim):
            continue
        node = pod["spec"].get("nodeName") or _chosen_node(pod)
        if any(use.node is None or use.node != node for use in uses.get(volume.claim, ())):
            found.append(name)
    return found


def _chosen_node(pod: Object) -> str | None:
    """Return the only node on which a pod may run; None if there are several."""
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or ()
    nodes = [field["values"] for term in terms for field in term.get("matchFields") or ()]
    return str(nodes[0][0]) if nodes else None


def _mounts(pod: Object, claim: str) -> bool:
    volumes = pod["spec"].get("volumes") or ()
    return any((each.get("persistentVolumeClaim") or {}).get("claimName") == claim for each in volumes)
