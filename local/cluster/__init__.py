"""The Kubernetes cluster of the local tenancy: one real node.

``supervisor.conf`` defines its processes, ``config/`` the templates of their configuration files, ``manifests/`` the
objects that the cluster has from the start. ``down`` keeps the data in the state folder (etcd, images, volumes) and
removes everything else from the machine.
"""

from local.cluster.names import CONTAINERD_SOCKET, PROGRAMS
from local.cluster.network import enforces_policies
from local.cluster.service import (
    down,
    is_ready,
    leftovers,
    refuse_other_clusters,
    start_control_plane,
    start_node,
    up,
)

__all__ = [
    "CONTAINERD_SOCKET",
    "PROGRAMS",
    "down",
    "enforces_policies",
    "is_ready",
    "leftovers",
    "refuse_other_clusters",
    "start_control_plane",
    "start_node",
    "up",
]
