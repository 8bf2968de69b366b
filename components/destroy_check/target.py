"""Comparison of the cluster that a kubeconfig leads to with the one that a stack was deployed to."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from urllib.parse import quote

from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.cluster.identity import ClusterId, another_cluster, read_cluster_id
from components.ownership.mark import ANNOTATION, Mark, Owner, read_mark

DELETE_UNREACHABLE = "PULUMI_K8S_DELETE_UNREACHABLE"
"""Variable of the Kubernetes plugin: with ``true``, it removes the objects of a cluster that gives no answer from the
state."""

Connect = Callable[[], AbstractContextManager[Api]]
"""Opens a connection to the cluster that the Kubernetes plugin uses."""


class WrongTarget(Exception):
    """The kubeconfig does not lead to what the stack deployed. The text is for the operator."""


@dataclass(frozen=True)
class Target:
    """The place where a stack was deployed, as kept in its state."""

    cluster: ClusterId
    namespace: str
    owner: Owner


def verify_target(deployed: Target, connect: Connect, environment: Mapping[str, str]) -> None:
    """Verify that the engine's operations reach what the stack deployed.

    A cluster that gives no answer is accepted if ``PULUMI_K8S_DELETE_UNREACHABLE`` is ``true``.

    Raises:
        WrongTarget: they would reach something else, or the cluster cannot be identified.
    """
    if environment.get(DELETE_UNREACHABLE) == "true" and not _answers(connect):
        return
    try:
        with connect() as api:
            found = read_cluster_id(api)
            is_same = found.uid == deployed.cluster.uid
            mark = _read_mark(api, deployed.namespace) if is_same else None
    except CannotAsk as error:
        raise WrongTarget(
            f"the stack's cluster {deployed.cluster} cannot be identified: {error}. If the cluster no longer exists, "
            f"set {DELETE_UNREACHABLE}=true"
        ) from None
    message = find_difference(deployed, found, mark)
    if message:
        raise WrongTarget(message)


def find_difference(deployed: Target, found: ClusterId, mark: Mark | None) -> str | None:
    """Return why the target is another one than the deployed one, with the fix; None if it is the same.

    Args:
        deployed: where the stack was deployed.
        found: the cluster that the kubeconfig leads to.
        mark: the mark of the namespace there. None is accepted: somebody may have removed it.
    """
    refusal = another_cluster(deployed.cluster, found)
    if refusal:
        return refusal
    if mark is None or mark.belongs_to(deployed.owner):
        return None
    return (
        f"the namespace {deployed.namespace} in the cluster {found} belongs to {mark.owner}, not to this deployment "
        f"({deployed.owner}); run the command in the stack that the namespace belongs to. To let this stack go without "
        "a change in the cluster: pulumi stack rm --force"
    )


def _answers(connect: Connect) -> bool:
    try:
        with connect() as api:
            api.get("/version")
    except CannotAsk:
        return False
    return True


def _read_mark(api: Api, namespace: str) -> Mark | None:
    found = api.get(f"/api/v1/namespaces?fieldSelector={quote(f'metadata.name={namespace}')}").get("items") or []
    annotations = [(each.get("metadata") or {}).get("annotations") or {} for each in found]
    return read_mark(str(annotations[0].get(ANNOTATION) or "")) if annotations else None
