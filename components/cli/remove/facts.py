"""What remains of a tenancy, read from the cluster and from the directory."""

from collections.abc import Iterator

from components.cli.diagnose.deployed_hub import user_of
from components.cli.remove.plan import GroupFound, Remains, Volume
from components.cluster.client import ReadWriteApi
from components.cluster.identity import read_cluster_id
from components.cluster.objects import (
    ObjectPath,
    find_object,
    namespace_path,
    object_path,
    read_claims,
    storage_class_path,
)
from components.cluster.releases import installed_releases
from components.config.tenancy import Tenancy
from components.freeipa.users import open_users
from components.ownership.claims import is_home, is_of_hub
from components.ownership.existing import FoundObject
from components.resources.shared_folders import folder_manifests


def places(tenancy: Tenancy) -> Iterator[ObjectPath]:
    """Return the places of what a destroy keeps in the cluster."""
    yield namespace_path(tenancy.namespace)
    if tenancy.storage.create is not None and tenancy.storage_class_name:
        yield storage_class_path(tenancy.storage_class_name)
    # Claims are deleted together with the namespace.
    for manifest in folder_manifests(tenancy):
        if manifest["kind"] == "PersistentVolume":
            yield object_path(manifest)


def read_remains(tenancy: Tenancy, api: ReadWriteApi, password: str) -> Remains:
    """Read what exists under the names of the tenancy.

    Raises:
        CannotAsk: the cluster gives no answer.
        FreeIpaError: the directory gives no answer.
    """
    objects = []
    for place in places(tenancy):
        if live := find_object(api, place):
            objects.append(FoundObject.of(live, place.kind))
    has_namespace = any(each.kind == "Namespace" for each in objects)
    return Remains(
        cluster=read_cluster_id(api),
        objects=tuple(objects),
        volumes=tuple(_read_volumes(api, tenancy.namespace)) if has_namespace else (),
        releases=tuple(installed_releases(api, tenancy.namespace)) if has_namespace else (),
        group=_read_group(tenancy, password),
    )


def _read_volumes(api: ReadWriteApi, namespace: str) -> Iterator[Volume]:
    claims = read_claims(api, namespace)
    policies = {
        str(volume["metadata"]["name"]): (volume.get("spec") or {}).get("persistentVolumeReclaimPolicy")
        for volume in (api.get("/api/v1/persistentvolumes").get("items") or [] if claims else [])
    }
    for claim in claims:
        volume = str((claim.get("spec") or {}).get("volumeName") or "")
        yield Volume(
            claim=str(claim["metadata"]["name"]),
            user=user_of(claim) if is_home(claim) else "",
            volume=volume,
            outlives_claim=policies.get(volume) == "Retain",
            is_of_hub=is_of_hub(claim),
            mark=FoundObject.of(claim, "PersistentVolumeClaim").mark,
        )


def _read_group(tenancy: Tenancy, password: str) -> GroupFound | None:
    name = tenancy.notebook_users_group
    with open_users(tenancy.identity.directory(), tenancy.directory_suffix, password) as directory:
        found = directory.find_group(name)
        if found is None:
            return None
        members = directory.members(name)
    return GroupFound(name, found.description, len(members.users) + len(members.groups) + len(members.others))
