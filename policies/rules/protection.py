"""What outlives mistakes: the namespace with its volumes, the group, homes, the hub's database. And idle servers."""

from collections.abc import Iterator

from policies.kinds import GROUP, NAMESPACE, RELEASE, SPAWNERS, TENANCY, given, hub
from policies.rule import NUMBER, Context, Resource, Rule, Setting
from policies.tree import at, shown

KEEP = "helm.sh/resource-policy"


def _protected(resource: Resource, _: Context) -> Iterator[str]:
    if resource.protect:
        return
    if resource.type == NAMESPACE.type:
        # The tenancy retains its namespace while its own `protect` holds, which is looked at on the tenancy.
        if resource.parent_type != TENANCY.type:
            yield "it is no part of a PangeoCluster, which would retain it, and has no protect option"
    elif at(resource.props, "protect") is not True:
        yield f"protect is {shown(at(resource.props, 'protect'))}: pulumi destroy would delete it and what is in it"


def _homes(release: Resource, _: Context) -> Iterator[str]:
    found = given(release, SPAWNERS, "delete_pvc")
    if not found:
        yield "hub.config.KubeSpawner.delete_pvc is not set; its default deletes the home with the user"
    for where, value in found.items():
        if value is not False:
            yield f"{where} is {shown(value)}: deleting a user in the hub would delete the home"
    if at(hub(release), "cull", "users", default=False) is not False:
        yield "cull.users is on: idle users, and admins named by hand, would be deleted from the hub"
    pvc = at(hub(release), "hub", "db", "pvc", default={})
    if at(hub(release), "hub", "db", "type", default="sqlite-pvc") == "sqlite-pvc" and (
        at(pvc, "annotations", KEEP) != "keep"
    ):
        yield f"hub.db.pvc.annotations has no {KEEP}: keep; the hub's database would go with the release"


def _idle_servers(release: Resource, context: Context) -> Iterator[str]:
    cull = at(hub(release), "cull", default={})
    longest = float(context.settings["longestIdleMinutes"])
    timeout = float(at(cull, "timeout", default=0))
    if at(cull, "enabled", default=True) is not True or not timeout:
        yield "idle servers are never stopped (cull.timeout)"
    elif timeout > longest * 60:
        yield f"idle servers are stopped after {shown(timeout / 60)} minutes (cull.timeout), more than {longest:g}"


def _sessions(release: Resource, context: Context) -> Iterator[str]:
    longest = float(context.settings["longestDays"])
    days = at(hub(release), "hub", "config", "JupyterHub", "cookie_max_age_days", default=14)
    if float(days) > longest:
        yield f"who left the group can go on for {shown(days)} days with an open session, more than {longest:g}"


RULES = (
    Rule(
        "tenancy-protected",
        "Namespace and group stay when the stack is destroyed",
        "The namespace holds every user's files; the group holds who the users are.",
        "Leave pangeo:protect at true. To remove a tenancy for good, set it to false and make this rule advisory for "
        "that one up.",
        "critical",
        on=(TENANCY, NAMESPACE, GROUP),
        find=_protected,
    ),
    Rule(
        "homes-outlive-users",
        "Deleting or culling a user deletes no files, and the hub's database outlives its release",
        "The defaults of the hub's chart delete a home with its user.",
        "Leave delete_pvc, cull.users and hub.db.pvc.annotations to components/chart/values.py; keep pangeo:protect.",
        "critical",
        on=(RELEASE,),
        find=_homes,
    ),
    Rule(
        "idle-servers-stop",
        "Idle notebook servers are stopped",
        "What they hold reserved, nobody else can use.",
        "Set pangeo:notebook.culling.idleMinutes.",
        "low",
        level="advisory",
        on=(RELEASE,),
        settings=(Setting("longestIdleMinutes", "Longest idle time of a server in minutes", NUMBER, 1440),),
        find=_idle_servers,
    ),
    Rule(
        "sessions-are-short",
        "A session ends after a few days, so that who left the group is out",
        "Group membership is asked at log-in only.",
        "Leave cookie_max_age_days to components/chart/values.py.",
        "medium",
        level="advisory",
        on=(RELEASE,),
        settings=(Setting("longestDays", "Longest session in days", NUMBER, 2),),
        find=_sessions,
    ),
)
