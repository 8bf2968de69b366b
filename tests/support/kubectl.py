"""kubectl as the administrator of the running local cluster."""

import json
from typing import Any

from local.host.commands import output
from local.paths import State
from local.tenancy import web

TIMEOUT_SECONDS = 120.0


def kubectl(
    state: State,
    *arguments: str,
    namespace: str = web.NAMESPACE,
    stdin: str | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> str:
    """Run kubectl and return its standard output.

    Args:
        state: the local tenancy's state folder, which contains kubectl and the administrator's kubeconfig.
        arguments: kubectl's arguments.
        namespace: the namespace of the objects; by default the local tenancy's.
        stdin: kubectl's standard input.
        timeout_seconds: after this time kubectl is killed.

    Raises:
        Failure: kubectl failed or took too long.
    """
    return output(
        [state.bin / "kubectl", "--kubeconfig", state.kubeconfig, "--namespace", namespace, *arguments],
        stdin=stdin,
        timeout_seconds=timeout_seconds,
    )


def read_object(state: State, *object_and_options: str, namespace: str = web.NAMESPACE) -> dict[str, Any]:
    """Return an object, e.g. ``read_object(state, "pod", "hub")``."""
    found: dict[str, Any] = json.loads(
        kubectl(state, "get", *object_and_options, "--output", "json", namespace=namespace)
    )
    return found


def list_objects(state: State, kinds: str, *options: str, namespace: str = web.NAMESPACE) -> list[dict[str, Any]]:
    """Return all objects of one or several kinds, e.g. ``list_objects(state, "pods,services", "--all-namespaces")``."""
    return list(read_object(state, kinds, *options, namespace=namespace)["items"])


def volumes_by_claim(state: State, namespace: str) -> dict[str, str]:
    """Return the persistent volumes that are bound to claims of a namespace, by claim."""
    references = {
        volume["metadata"]["name"]: volume["spec"].get("claimRef", {})
        for volume in list_objects(state, "persistentvolumes")
    }
    return {claim["name"]: volume for volume, claim in references.items() if claim.get("namespace") == namespace}
