"""Protection against mistakes: the namespace with its volumes, the group, homes, the hub's database; idle servers."""

from collections.abc import Iterator

from policies.kinds import GROUP, NAMESPACE, RELEASE, SPAWNERS, TENANCY, class_settings, hub_values
from policies.rule import NUMBER, Context, Resource, Rule, Setting
from policies.tree import format_value, get

RESOURCE_POLICY = "helm.sh/resource-policy"

NEVER_SECONDS = 365 * 24 * 3600
"""Idle time from which a server is never stopped; the stack file's own limit is 30 days."""


def _check_protection(resource: Resource, _: Context) -> Iterator[str]:
    if resource.protect:
        return
    if resource.type == NAMESPACE.type:
        # The tenancy retains its namespace if its own `protect` is true, which is checked on the tenancy.
        if resource.parent_type != TENANCY.type:
            yield "it does not belong to a PangeoCluster, which would retain it, and its option protect is not set"
    elif get(resource.props, "protect") is not True:
        protect = format_value(get(resource.props, "protect"))
        yield f"protect is {protect}: pulumi destroy would delete it with its content"


def _check_homes(release: Resource, context: Context) -> Iterator[str]:
    found = class_settings(release, context, SPAWNERS, "delete_pvc")
    if not found:
        yield "hub.config.KubeSpawner.delete_pvc is not set; by default, the home is deleted with the user"
    for path, value in found.items():
        if value is not False:
            yield f"{path} is {format_value(value)}: the home would be deleted with the user"
    hub = hub_values(release, context)
    if get(hub, "cull", "users", default=False) is not False:
        yield "cull.users is true: idle users, including admins added in the hub, would be deleted from the hub"
    pvc = get(hub, "hub", "db", "pvc", default={})
    if get(hub, "hub", "db", "type", default="sqlite-pvc") == "sqlite-pvc" and (
        get(pvc, "annotations", RESOURCE_POLICY) != "keep"
    ):
        yield (
            f"hub.db.pvc.annotations does not contain {RESOURCE_POLICY}: keep; the hub's database would be deleted "
            "with the release"
        )


def _check_idle_servers(release: Resource, context: Context) -> Iterator[str]:
    cull = get(hub_values(release, context), "cull", default={})
    longest = float(context.settings["longestIdleMinutes"])
    timeout = float(get(cull, "timeout", default=0))
    if get(cull, "enabled", default=True) is not True or not 0 < timeout < NEVER_SECONDS:
        yield "idle servers are never stopped (cull.timeout)"
    elif timeout > longest * 60:
        yield f"idle servers stop after {format_value(timeout / 60)} minutes (cull.timeout), more than {longest:g}"


def _check_sessions(release: Resource, context: Context) -> Iterator[str]:
    longest = float(context.settings["longestDays"])
    days = get(hub_values(release, context), "hub", "config", "JupyterHub", "cookie_max_age_days", default=14)
    if float(days) > longest:
        yield f"a session lasts {format_value(days)} days (cookie_max_age_days), more than {longest:g}"


RULES = (
    Rule(
        "tenancy-protected",
        "The namespace and the group survive pulumi destroy",
        "The namespace contains every user's files; the group contains the list of users.",
        "Set pangeo:protect to true. To remove a tenancy for good, set it to false and make this rule advisory for "
        "that one pulumi up.",
        "critical",
        kinds=(TENANCY, NAMESPACE, GROUP),
        check=_check_protection,
    ),
    Rule(
        "homes-outlive-users",
        "Deleting or culling a user deletes no files, and the hub's database survives the removal of its release",
        "By default, the hub's chart deletes a home with its user.",
        "Set pangeo:protect to true. The program sets delete_pvc and cull.users to false; no configuration key changes "
        "them.",
        "critical",
        kinds=(RELEASE,),
        check=_check_homes,
    ),
    Rule(
        "idle-servers-stop",
        "Idle notebook servers are stopped",
        "Idle servers reserve CPUs and memory that other users need.",
        "Set pangeo:notebook.culling.idleMinutes.",
        "low",
        level="advisory",
        kinds=(RELEASE,),
        settings=(Setting("longestIdleMinutes", "Longest idle time of a server in minutes", NUMBER, 1440),),
        check=_check_idle_servers,
    ),
    Rule(
        "sessions-are-short",
        "A log-in session ends after a few days",
        "Without pangeo:identity.membershipCheck, users who were removed in FreeIPA itself stay logged in until then.",
        "Set pangeo:identity.logInHours to at most 48, or to what the rule's setting longestDays allows.",
        "medium",
        level="advisory",
        kinds=(RELEASE,),
        settings=(Setting("longestDays", "Longest session in days", NUMBER, 2),),
        check=_check_sessions,
    ),
)
