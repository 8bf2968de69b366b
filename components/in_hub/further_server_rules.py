"""Rules of further servers of a user beside the usual one, JupyterHub's named servers. Pure.

All servers of a user have one home, which other nodes than the first may be unable to mount. So they run on one node.
"""

import re
from collections.abc import Mapping
from typing import Any

from components.in_hub import messages
from components.in_hub.api_names import VERIFICATION_USER

NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
"""Names of further servers; a part of their addresses and of the names of their pods."""

_PATHS = """
    api build code custom dask desktop directory doc edit extensions files git hub jupyter kernels kernelspecs lab login
    logout logs lsp metrics nbclassic nbconvert nbextensions notebooks oauth-callback pangeo proxy public rstudio search
    services sessions spawn static terminals tree user view voila vscode workspaces
"""
RESERVED = frozenset(_PATHS.split())
"""Names that are the first part of paths in the usual server, whose requests a further server would get."""

NODE_LABEL = "kubernetes.io/hostname"
USER_LABEL, COMPONENT_LABEL = "hub.jupyter.org/username", "component"
"""Labels of the pods of a user's servers (KubeSpawner 7.0.0)."""

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
"""Key of the terms of an affinity without which no node runs a pod."""

OTHER_NODE = "didn't match pod affinity rules"
"""Part of the scheduler's message about nodes without the user's other servers (Kubernetes 1.34)."""


def find_refusal(user: str, name: str, limit: int, others: int) -> str:
    """Return why a further server does not start, for the user; empty if it may.

    Args:
        user: the name of the user.
        name: the server's name.
        limit: number of further servers of each user; 0 if there are none.
        others: number of the user's further servers that count, without this one.
    """
    if not limit or user == VERIFICATION_USER:
        return messages.no_further_servers()
    if not NAME.fullmatch(name) or name in RESERVED:
        return messages.invalid_server_name(name)
    return messages.further_servers_reached(limit) if others >= limit else ""


def add_affinity(affinity: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the affinity of a pod that runs on the node of its user's other servers.

    The first of them may run on every node: Kubernetes lets a pod start that is the only one to match its own affinity.

    Args:
        affinity: the pod's affinity so far, as in Kubernetes.
        labels: the pod's labels.
    """
    term = {
        "labelSelector": {"matchLabels": {key: labels[key] for key in (USER_LABEL, COMPONENT_LABEL)}},
        "topologyKey": NODE_LABEL,
    }
    beside = affinity.get("podAffinity") or {}
    return {**affinity, "podAffinity": {**beside, REQUIRED: [*(beside.get(REQUIRED) or []), term]}}


def explain_wait(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event of a server's start; one about a server that must wait for its node also says what to do."""
    message = str(event.get("message") or "")
    return {**event, "message": f"{message} {messages.node_is_full()}"} if OTHER_NODE in message else {**event}
