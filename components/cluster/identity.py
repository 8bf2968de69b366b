"""Identity of a cluster: the UID of its namespace ``kube-system``, which every cluster has and no other shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.cluster.errors import CannotAsk

if TYPE_CHECKING:
    from components.cluster.client import Api

PATH = "/api/v1/namespaces/kube-system"


@dataclass(frozen=True)
class ClusterId:
    """Identity of a cluster. Clusters are compared by UID; the server's URL, which may change, is for messages."""

    server: str
    uid: str

    def __str__(self) -> str:
        return f"{self.server} (kube-system {self.uid})"

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> "ClusterId":
        """Create the identity from the result of :meth:`as_props`."""
        return cls(server=str(props["server"]), uid=str(props["uid"]))

    def as_props(self) -> dict[str, str]:
        """Return the identity as properties of a resource."""
        return {"server": self.server, "uid": self.uid}


def read_cluster_id(api: "Api") -> ClusterId:
    """Read a cluster's identity.

    Raises:
        CannotAsk: the cluster gives no answer, or is not a Kubernetes cluster.
    """
    uid = (api.get(PATH).get("metadata") or {}).get("uid")
    if not uid:
        raise CannotAsk(f"{api.server}: the server is not a Kubernetes API; check its address")
    return ClusterId(server=api.server, uid=str(uid))


def another_cluster(deployed: ClusterId, wanted: ClusterId) -> str | None:
    """Return the message that refuses another cluster than the deployed one; None for the same cluster."""
    if deployed.uid == wanted.uid:
        return None
    return (
        f"kubernetes: {deployed} → {wanted} is another cluster; set kubernetes.context or KUBECONFIG back, or make a "
        "new stack for this cluster. If the old cluster no longer exists, see docs/changing-a-tenancy.md, section "
        "A cluster that no longer exists"
    )


def other_cluster(deployed: ClusterId, reached: ClusterId, stack: str) -> str:
    """Return the message about a kubeconfig that leads to another cluster than the one in the stack's state."""
    return f"the stack {stack} is deployed in the cluster {deployed}, and the kubeconfig leads to {reached}"
