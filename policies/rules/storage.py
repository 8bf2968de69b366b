"""Where homes and the hub's database are kept: volumes that outlive their claims and can grow."""

from collections.abc import Iterator

from policies.kinds import RELEASE, STORAGE_CLASS, hub
from policies.rule import SWITCH, TEXTS, Context, Resource, Rule, Setting
from policies.tree import at, shown


def _kept_and_growing(resource: Resource, context: Context) -> Iterator[str]:
    if resource.type == STORAGE_CLASS.type:
        policy = at(resource.props, "reclaimPolicy", default="Delete")
        if policy != "Retain":
            yield f"reclaimPolicy is {shown(policy)}: a claim deleted by mistake would take the files with it"
        if at(resource.props, "allowVolumeExpansion") is not True:
            yield "allowVolumeExpansion is not true: homes could never grow"
        return
    values = hub(resource)
    kind = at(values, "singleuser", "storage", "type", default="dynamic")
    if kind != "dynamic":
        yield f"singleuser.storage.type is {shown(kind)}: users would have no volume of their own"
    else:
        name = at(values, "singleuser", "storage", "dynamic", "storageClass")
        yield from _vouched_for("users' homes", name, context)
    kind = at(values, "hub", "db", "type", default="sqlite-pvc")
    if kind == "sqlite-memory":
        yield "hub.db.type is sqlite-memory: admins named by hand would be lost at every restart"
    elif kind == "sqlite-pvc":
        yield from _vouched_for("the hub's database", at(values, "hub", "db", "pvc", "storageClassName"), context)


def _vouched_for(what: str, name: str | None, context: Context) -> Iterator[str]:
    """A class of this stack's is seen by itself; of another only the organisation can tell."""
    if name is None:
        if not context.settings["clusterDefault"]:
            yield f"{what}: the cluster's default storage class, which no preview sees"
        return
    made_here = bool(context.group("storage").get("create")) and name == f"{context.text('clusterName')}-homes"
    if not made_here and name not in context.settings["classes"]:
        yield f"{what}: the storage class {name}, which this stack does not make and no preview sees"


RULES = (
    Rule(
        "retained-expandable-volumes",
        "Homes and the hub's database are on volumes with reclaim policy Retain that can be expanded",
        "Deleting a claim must not delete files, and a larger pangeo:notebookStorageGb must reach those who have a "
        "home.",
        "Let the stack make the class (pangeo:storage.create), or name one in pangeo:storage.className and, once "
        "kubectl get storageclass shows Retain and ALLOWVOLUMEEXPANSION true, list it in the setting classes.",
        "high",
        on=(STORAGE_CLASS, RELEASE),
        settings=(
            Setting("classes", "Existing storage classes known to retain and to expand", TEXTS, []),
            Setting("clusterDefault", "Whether the cluster's default class is known to", SWITCH, False),
        ),
        find=_kept_and_growing,
    ),
)
