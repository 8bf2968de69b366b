"""Which cluster this is: the UID of the namespace ``kube-system``, which every cluster has and no other shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.cluster.errors import CannotAsk

if TYPE_CHECKING:
    from components.cluster.client import Api

PATH = "/api/v1/namespaces/kube-system"


@dataclass(frozen=True)
class ClusterId:
    """A cluster. The server's URL may change with the road to it; the UID is what it is known by."""

    server: str
    uid: str

    def __str__(self) -> str:
        return f"{self.server} (kube-system {self.uid})"

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> "ClusterId":
        """What :meth:`as_props` gave."""
        return cls(server=str(props["server"]), uid=str(props["uid"]))

    def as_props(self) -> dict[str, str]:
        """As a resource's properties."""
        return {"server": self.server, "uid": self.uid}


def read_cluster_id(api: "Api") -> ClusterId:
    """Ask a cluster who it is.

    Raises:
        CannotAsk: it does not say.
    """
    uid = (api.get(PATH).get("metadata") or {}).get("uid")
    if not uid:
        raise CannotAsk(f"{api.server}: what answers there is no Kubernetes API")
    return ClusterId(server=api.server, uid=str(uid))


def another_cluster(deployed: ClusterId, wanted: ClusterId) -> str | None:
    """Why ``wanted`` is not where the stack was deployed, naming both; None where it is."""
    if deployed.uid == wanted.uid:
        return None
    return (
        f"kubernetes: {deployed} → {wanted} is another cluster; set kubernetes.context or KUBECONFIG back, or make a "
        "new stack for this cluster. If the old one is gone for good and this one stands in its place: "
        "pulumi refresh, pulumi destroy, pulumi up"
    )
