"""Devices that the local node advertises without having any, as a resource that pods request."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.paths import State
from tests.support.kubectl import kubectl, list_objects

PARTS = ("capacity", "allocatable")


@contextmanager
def advertised_devices(state: State, resource: str, count: int) -> Iterator[None]:
    """Advertise devices of the node inside the block; after it, the node is as before.

    Kubelet keeps the capacity of resources that it does not know.
    Source: https://kubernetes.io/docs/tasks/administer-cluster/extended-resource-node/
    """
    [node] = [each["metadata"]["name"] for each in list_objects(state, "nodes")]
    _change_status(state, node, resource, str(count))
    try:
        yield
    finally:
        _change_status(state, node, resource, None)


def _change_status(state: State, node: str, resource: str, count: str | None) -> None:
    # Null removes a key (https://datatracker.ietf.org/doc/html/rfc7396).
    status: dict[str, Any] = {part: {resource: count} for part in PARTS}
    patch = json.dumps({"status": status})
    kubectl(state, "patch", "node", node, "--subresource=status", "--type=merge", f"--patch={patch}")
