"""Objects of a verification that the hub may not delete: volumes that outlive their claims, ended Dask clusters."""

from contextlib import suppress
from typing import Any

from components.cli.verify.context import Context
from components.cluster.client import ReadWriteApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import change_object, read_claims, volume_path
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.user_id import NAME_ANNOTATION
from components.readiness.objects import field, items, name

CLUSTERS = "/apis/gateway.dask.org/v1alpha1/namespaces/{namespace}/daskclusters"


def release_volumes(context: Context) -> None:
    """Let Kubernetes delete the home's volume with its claim, also in a class that retains the volumes of users.

    Without that permission, the volume stays.
    """
    with suppress(CannotAsk), context.cluster() as api:
        for claim in read_claims(api, context.tenancy.namespace):
            volume = field(claim, "spec", "volumeName")
            if field(claim, "metadata", "annotations", NAME_ANNOTATION) == VERIFICATION_USER and volume:
                _let_delete(api, str(volume))


def delete_ended_clusters(context: Context) -> None:
    """Delete the objects of the verification's Dask clusters, which the gateway keeps for a while after their end."""
    if not context.tenancy.dask.enabled:
        return
    path = CLUSTERS.format(namespace=context.tenancy.namespace)
    with suppress(CannotAsk), context.cluster() as api:
        for cluster in items(api.get(path), "items"):
            if field(cluster, "spec", "username") == VERIFICATION_USER:
                api.send("DELETE", f"{path}/{name(cluster)}")


def _let_delete(api: ReadWriteApi, volume: str) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["spec"]["persistentVolumeReclaimPolicy"] = "Delete"

    change_object(api, volume_path(volume), None, change)
