"""Storage of homes and of the hub's database: volumes that are retained and can be expanded."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from policies.code_settings import COMPUTED
from policies.kinds import RELEASE, SPAWNERS, STORAGE_CLASS, VOLUME, VOLUME_CLAIM, class_settings, hub_values
from policies.merged import declared_values
from policies.pods import GATEWAY, find_volumes, format_place, services_settings, users_settings
from policies.rule import BOOLEAN, STRINGS, Context, Resource, Rule, Setting
from policies.tree import as_list, format_value, get

SHARED_MODES = ("ReadWriteMany", "ReadOnlyMany")
"""Access modes of volumes that many pods can mount."""

VOLUME_SETTINGS = (
    *("capacity", "accessModes", "persistentVolumeReclaimPolicy", "storageClassName", "claimRef", "nfs"),
    "mountOptions",
)
"""Settings of the volume of an NFS export."""

TEMPORARY = ("emptyDir",)
"""Kinds of volumes that are empty when their pod starts and deleted with it."""

OF_SERVICES = ("configMap", "secret", "projected", "downwardAPI")
"""Content of volumes of the charts' own pods, which no user's code reads."""

PARAMETERS = (
    *("type", "availability", "fsType", "fstype", "csi.storage.k8s.io/fstype", "encrypted"),
    *("iops", "iopsPerGB", "throughput", "replication-type", "numberOfReplicas"),
)
"""Parameters of drivers of block storage for the kind of disk, its file system and its speed."""


def _check_volumes(resource: Resource, context: Context) -> Iterator[str]:
    if resource.type == STORAGE_CLASS.type:
        policy = get(resource.props, "reclaimPolicy", default="Delete")
        if policy != "Retain":
            yield f"reclaimPolicy is {format_value(policy)}: deleting a claim would delete its files"
        if get(resource.props, "allowVolumeExpansion") is not True:
            yield "allowVolumeExpansion is not true: homes could not grow"
        return
    if resource.type == VOLUME_CLAIM.type:
        # The claim of an NFS export names its volume, which is retained, and no class.
        if name := get(resource.props, "spec", "storageClassName"):
            yield from _check_class("a shared folder", name, context)
        return
    values = hub_values(resource, context)
    storage_type = get(values, "singleuser", "storage", "type", default="dynamic")
    if storage_type != "dynamic":
        yield f"singleuser.storage.type is {format_value(storage_type)}: users would not have their own volumes"
    else:
        name = get(values, "singleuser", "storage", "dynamic", "storageClass")
        yield from _check_class("users' homes", name, context)
    for path, name in class_settings(resource, context, SPAWNERS, "storage_class").items():
        yield from _check_class(path, name, context)
    database_type = get(values, "hub", "db", "type", default="sqlite-pvc")
    if database_type == "sqlite-memory":
        yield "hub.db.type is sqlite-memory: admins added in the hub would be lost at every restart"
    elif database_type == "sqlite-pvc":
        yield from _check_class("the hub's database", get(values, "hub", "db", "pvc", "storageClassName"), context)


def _check_class(subject: str, name: str | None, context: Context) -> Iterator[str]:
    """Check a class by name: the stack's own class is checked as a resource, others only the organisation knows."""
    if name is None:
        if not context.settings["clusterDefault"]:
            yield f"{subject}: the cluster's default storage class, which a preview cannot check"
        return
    created = context.tenancy.storage.create is not None and name == context.tenancy.storage_class_name
    if not created and name not in context.settings["classes"]:
        yield f"{subject}: the storage class {name}, which this stack does not create and a preview cannot check"


def _check_parameters(storage_class: Resource, context: Context) -> Iterator[str]:
    known = (*PARAMETERS, *context.settings["parameters"])
    for name in get(storage_class.props, "parameters", default={}):
        if name not in known:
            yield f"parameters.{name} is not known to keep each user's volume separate"


def _check_folders(resource: Resource, context: Context) -> Iterator[str]:
    if resource.type == RELEASE.type:
        yield from _check_mounted_claims(resource, context)
        return
    spec = get(resource.props, "spec", default={})
    for mode in as_list(get(spec, "accessModes")) or [""]:
        if mode not in SHARED_MODES:
            yield f"spec.accessModes contains {format_value(mode)}: many pods cannot mount it"
    if resource.type == VOLUME_CLAIM.type:
        return
    for key in spec:
        if key not in VOLUME_SETTINGS:
            yield f"spec.{key} is set: only NFS exports are mounted, not folders of nodes or other disks"
    namespace = get(spec, "claimRef", "namespace")
    if namespace != context.tenancy.namespace:
        yield f"spec.claimRef.namespace is {format_value(namespace)}, not the tenancy's"
    if get(spec, "persistentVolumeReclaimPolicy") != "Retain":
        yield "spec.persistentVolumeReclaimPolicy is not Retain: deleting a claim would delete its files"
    server, servers = get(spec, "nfs", "server"), context.settings["nfsServers"]
    if servers and server not in servers:
        yield f"spec.nfs.server is {format_value(server)}; allowed are {', '.join(servers)}"


def _check_mounted_claims(release: Resource, context: Context) -> Iterator[str]:
    values, own = declared_values(release, context), {folder.claim_name for folder in context.tenancy.shared_folders}
    for place, tree in users_settings(values):
        of_dask = place[0] == GATEWAY
        for path, volume in find_volumes(tree, place):
            foreign = _foreign_sources(volume, TEMPORARY, () if of_dask else own)
            if foreign and of_dask:
                yield f"{format_place(path)} mounts {foreign}; Dask's pods have the folders of their user's server only"
            elif foreign:
                yield f"{format_place(path)} mounts {foreign}, which is no shared folder of this tenancy"
    for place, tree in services_settings(values):
        for path, volume in find_volumes(tree, place):
            if foreign := _foreign_sources(volume, (*TEMPORARY, *OF_SERVICES), ()):
                yield f"{format_place(path)} mounts {foreign}, which is no volume of the program's"


def _foreign_sources(volume: Any, allowed: Sequence[str], claims: Collection[str]) -> str:  # noqa: ANN401 - a setting
    """Return what a volume contains besides the allowed kinds of content and claims; empty if there is nothing."""
    if not isinstance(volume, Mapping):
        return "" if volume is COMPUTED else "something of another form"
    sources = [key for key in volume if key not in ("name", "persistentVolumeClaim", *allowed)]
    if sources:
        return ", ".join(sources)
    claim = get(volume, "persistentVolumeClaim", "claimName")
    return f"the claim {format_value(claim)}" if "persistentVolumeClaim" in volume and claim not in claims else ""


RULES = (
    Rule(
        "retained-expandable-volumes",
        "Homes, shared folders and the hub's database are on volumes that are retained (reclaim policy Retain) and can "
        "be expanded",
        "Deleting a claim must not delete files, and a larger pangeo:notebookStorageGb or sizeGb must take effect for "
        "existing volumes.",
        "Let the stack create the class (pangeo:storage.create). Or name an existing class in "
        "pangeo:storage.className or in create.className of a folder, check that kubectl get storageclass shows Retain "
        "and ALLOWVOLUMEEXPANSION true, and add it to this rule's setting classes.",
        "high",
        kinds=(STORAGE_CLASS, VOLUME_CLAIM, RELEASE),
        settings=(
            Setting("classes", "Existing storage classes that are known to retain and to expand volumes", STRINGS, []),
            Setting("clusterDefault", "Whether the cluster's default storage class is known to do so", BOOLEAN, False),
        ),
        check=_check_volumes,
    ),
    Rule(
        "separate-volumes",
        "The storage class has only parameters that cannot place two users' volumes in one folder, or publish them",
        "Drivers of network file systems have parameters for the folder, the share and its clients: with a fixed "
        "folder, every user would read all homes.",
        "Remove the parameter from pangeo:storage.create.parameters. If the organisation has reviewed it for this "
        "driver, add its name to this rule's setting parameters.",
        "critical",
        kinds=(STORAGE_CLASS,),
        settings=(Setting("parameters", "Names of further reviewed parameters of storage classes", STRINGS, []),),
        check=_check_parameters,
    ),
    Rule(
        "shared-folders",
        "Shared folders are claims and NFS exports of this tenancy that many pods can mount",
        "A folder of a node, the home of another user or the hub's database would be open to all members of a group.",
        "Describe the folder in pangeo:sharedFolders; the program declares its claim and its mounts. To allow only "
        "reviewed NFS servers, list them in this rule's setting nfsServers.",
        "critical",
        kinds=(VOLUME_CLAIM, VOLUME, RELEASE),
        settings=(Setting("nfsServers", "NFS servers that may be mounted; empty for any", STRINGS, []),),
        check=_check_folders,
    ),
)
