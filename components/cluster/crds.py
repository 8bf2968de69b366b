"""Which custom resource definitions (CRDs) a cluster has, and whose they are: asked before any is declared."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from components.chart.crds import VERSION_ANNOTATION, InstalledCrd

if TYPE_CHECKING:
    from components.cluster.client import Api

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
METADATA_ALONE = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Their schemas are megabytes in a cluster with many operators."""

PULUMI = "pulumi-kubernetes"
"""How the managers of fields are called that the Kubernetes provider sets: this, or this with a number for each object.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
"""


def installed_crds(api: "Api") -> dict[str, InstalledCrd]:
    """Every CRD of the cluster by name.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not list CRDs.
    """
    items = api.get(PATH, accept=METADATA_ALONE).get("items") or []
    return {str(each["metadata"]["name"]): standing(each["metadata"]) for each in items}


def standing(metadata: Mapping[str, Any]) -> InstalledCrd:
    """What a CRD's metadata tells."""
    # Whoever wrote its status alone, as the API server does, changed nothing.
    managers = [
        str(entry.get("manager", "")) for entry in metadata.get("managedFields") or [] if not entry.get("subresource")
    ]
    return InstalledCrd(
        chart_version=(metadata.get("annotations") or {}).get(VERSION_ANNOTATION),
        changed_by_others=any(not manager.startswith(PULUMI) for manager in managers),
    )
