"""Custom resource definitions (CRDs) that a cluster has, and the programs that changed them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from components.chart.crds import VERSION_ANNOTATION, InstalledCrd

if TYPE_CHECKING:
    from components.cluster.client import Api

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Media type of a list without schemas, which are megabytes in a cluster with many operators."""

PULUMI = "pulumi-kubernetes"
"""Field manager of the Kubernetes provider: this name, or this name followed by a number for each object.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
"""


def installed_crds(api: "Api") -> dict[str, InstalledCrd]:
    """Return every CRD of the cluster by name.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not list CRDs.
    """
    items = api.get(PATH, accept=METADATA_ONLY).get("items") or []
    return {str(each["metadata"]["name"]): read_crd(each["metadata"]) for each in items}


def read_crd(metadata: Mapping[str, Any]) -> InstalledCrd:
    """Return a CRD's chart version and owner from its metadata."""
    # A manager of the status alone, such as the API server, did not change the definition.
    managers = [
        str(entry.get("manager", "")) for entry in metadata.get("managedFields") or [] if not entry.get("subresource")
    ]
    return InstalledCrd(
        chart_version=(metadata.get("annotations") or {}).get(VERSION_ANNOTATION),
        changed_by_others=any(not manager.startswith(PULUMI) for manager in managers),
    )
