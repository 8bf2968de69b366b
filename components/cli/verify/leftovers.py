"""Objects of a verification that the hub may not delete: volumes that outlive their claims, ended Dask clusters."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from components.cli.verify.context import Context
from components.cluster.client import Api, ReadWriteApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import change_object, read_claims, volume_path
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.user_id import NAME_ANNOTATION
from components.readiness.objects import field, items, name

CLUSTERS = "/apis/gateway.dask.org/v1alpha1/namespaces/{namespace}/daskclusters"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
VOLUMES = "/api/v1/persistentvolumes"

DELETED = "Delete"
"""Policy with which a volume ends with its claim."""


class Home(NamedTuple):
    """Claim of the verification's home. The claims of all runs have the same name."""

    name: str
    class_name: str


def find_homes(api: ReadWriteApi, namespace: str) -> list[Home]:
    """Return the claims of the verification's homes.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    return [
        Home(name(claim), str(field(claim, "spec", "storageClassName") or ""))
        for claim in read_claims(api, namespace)
        if field(claim, "metadata", "annotations", NAME_ANNOTATION) == VERIFICATION_USER
    ]


def release_volumes(api: ReadWriteApi, namespace: str, homes: Sequence[Home]) -> None:
    """Let Kubernetes delete the homes' volumes, also those of earlier runs, in a class that retains users' volumes.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not change volumes, and they would stay.
    """
    try:
        for volume in items(api.get(VOLUMES), "items") if homes else ():
            claim = field(volume, "spec", "claimRef") or {}
            is_own = claim.get("namespace") == namespace and claim.get("name") in {home.name for home in homes}
            if is_own and field(volume, "spec", "persistentVolumeReclaimPolicy") != DELETED:
                change_object(api, volume_path(name(volume)), None, _let_delete)
    except CannotAsk:
        if not all(_is_deleting(api, home.class_name) for home in homes):
            raise


def delete_ended_clusters(api: ReadWriteApi, namespace: str) -> None:
    """Delete the objects of the verification's Dask clusters, which the gateway keeps for a while after their end.

    Raises:
        CannotAsk: the cluster gives no answer, or refuses one of the deletions.
    """
    path = CLUSTERS.format(namespace=namespace)
    refused: list[CannotAsk] = []
    for cluster in items(api.get(path), "items"):
        if field(cluster, "spec", "username") == VERIFICATION_USER:
            try:
                api.send("DELETE", f"{path}/{name(cluster)}")
            except CannotAsk as failure:
                refused.append(failure)
    if refused:
        raise refused[0]


class Leftovers:
    """Objects of a run that the cluster still has after the hub has removed the user."""

    def __init__(self, context: Context) -> None:
        """Read the homes, whose names are not known any more after the removal."""
        self._context = context
        self._homes: list[Home] = []
        self._problems: list[str] = []
        self._try("the home's volume", self._read_homes)

    def remove(self) -> list[str]:
        """Remove the objects, and return those that may still be there, each with the reason."""
        if not self._problems:
            self._try("the home's volume", lambda api, namespace: release_volumes(api, namespace, self._homes))
        if self._context.tenancy.dask.enabled:
            self._try("objects of ended Dask clusters", delete_ended_clusters)
        return self._problems

    def _read_homes(self, api: ReadWriteApi, namespace: str) -> None:
        self._homes = find_homes(api, namespace)

    def _try(self, what: str, work: Callable[[ReadWriteApi, str], None]) -> None:
        try:
            with self._context.cluster() as api:
                work(api, self._context.tenancy.namespace)
        except CannotAsk as failure:
            self._problems.append(f"{what} ({failure})")


def _is_deleting(api: Api, class_name: str) -> bool:
    try:
        return bool(field(api.get(f"{CLASSES}/{quote(class_name)}"), "reclaimPolicy") == DELETED)
    except CannotAsk:
        return False


def _let_delete(manifest: dict[str, Any]) -> None:
    manifest["spec"]["persistentVolumeReclaimPolicy"] = DELETED
