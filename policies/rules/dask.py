"""Dask: the limits of users' clusters."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.code_settings import read_settings
from policies.kinds import RELEASE, gateway_values
from policies.rule import BOOLEAN, NUMBER, Context, Resource, Rule, Setting
from policies.tree import format_value, get

MAXIMA = ("cluster_max_workers", "cluster_max_cores", "cluster_max_memory")
IDLE = "idle_timeout"
PER_USER = "clusters_per_user"
CLASSES = ("ClusterConfig", "KubeClusterConfig", "BoundedKubeBackend")
"""The classes of these settings: dask-gateway's own, its subclass for Kubernetes, and this project's backend."""


def _check_limits(release: Resource, context: Context) -> Iterator[str]:
    values = gateway_values(release, context)
    if values is None:
        return
    pieces = get(values, "gateway", "extraConfig", default={})
    limits: dict[str, Any] = {}
    # The gateway runs the pieces in this order.
    for name in sorted(pieces) if isinstance(pieces, Mapping) else ():
        try:
            limits |= {each.trait: each.value for each in read_settings(pieces[name]) if each.class_name in CLASSES}
        except SyntaxError as error:
            yield f"gateway.extraConfig.{name} is not valid Python: {error.msg} in line {error.lineno}"
    for trait in (IDLE, *MAXIMA, PER_USER):
        value = limits.get(trait)
        if not isinstance(value, str | int | float | None):
            yield f"gateway.extraConfig sets {trait} to a computed value, which cannot be checked"
        elif not value and not (trait == IDLE and value == 0 and _may_never_stop(context)):
            yield f"gateway.extraConfig sets no {trait}, so there would be no limit"
    longest = float(context.settings["longestIdleMinutes"])
    idle = limits.get(IDLE)
    if isinstance(idle, int | float) and idle > longest * 60:
        yield f"{IDLE} is {format_value(idle / 60)} minutes, more than {longest:g}"


def _may_never_stop(context: Context) -> bool:
    """Return whether the tenancy states, and the organisation accepts, that idle clusters are not stopped."""
    return bool(context.settings["acceptNever"]) and context.tenancy.dask.idle_seconds == 0


RULES = (
    Rule(
        "dask-limits",
        "Dask clusters are limited in number per user, workers, cores, memory and idle time",
        "A forgotten cluster takes up the capacity that other users' notebooks need.",
        "Below pangeo:dask, set clustersPerUser, maxWorkers, maxCores, maxRamGb and idleMinutes; or set enabled to "
        "false.",
        "high",
        kinds=(RELEASE,),
        settings=(
            Setting("longestIdleMinutes", "Longest idle time of a cluster in minutes", NUMBER, 1440),
            Setting("acceptNever", "Whether pangeo:dask.idleMinutes may be never", BOOLEAN, True),
        ),
        check=_check_limits,
    ),
)
