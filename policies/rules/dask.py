"""What users may take with Dask."""

import ast
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from policies.kinds import RELEASE, gateway
from policies.rule import NUMBER, Context, Resource, Rule, Setting
from policies.tree import at, shown

MAXIMA = ("cluster_max_workers", "cluster_max_cores", "cluster_max_memory")
IDLE = "idle_timeout"
PER_USER = "clusters_per_user"
CLASSES = ("ClusterConfig", "KubeClusterConfig", "BoundedKubeBackend")
"""The classes that these settings belong to: dask-gateway's own, what its Kubernetes backend makes of it, and ours."""

_NOT_PLAIN = object()


def _bounded(release: Resource, context: Context) -> Iterator[str]:
    values = gateway(release)
    if values is None:
        return
    pieces = at(values, "gateway", "extraConfig", default={})
    settled: dict[str, Any] = {}
    # In this order the chart lays them out.
    for name in sorted(pieces) if isinstance(pieces, Mapping) else ():
        try:
            settled |= _settings(pieces[name])
        except SyntaxError as wrong:
            yield f"gateway.extraConfig.{name} is no Python: {wrong.msg} in line {wrong.lineno}"
    for trait in (IDLE, *MAXIMA, PER_USER):
        value = settled.get(trait)
        if value is _NOT_PLAIN:
            yield f"gateway.extraConfig sets {trait} to something computed, which cannot be checked"
        elif not value:
            yield f"gateway.extraConfig does not set {trait}, or to nothing: for the gateway that is without end"
    longest = float(context.settings["longestIdleMinutes"])
    idle = settled.get(IDLE)
    if isinstance(idle, int | float) and idle > longest * 60:
        yield f"{IDLE} is {shown(idle / 60)} minutes, more than {longest:g}"


@functools.lru_cache(maxsize=32)  # most of it is the same in every tenancy
def _settings(code: str) -> Mapping[str, Any]:
    """``c.ClusterConfig.idle_timeout = 1800`` in a piece of configuration; the last one counts.

    Raises:
        SyntaxError: it is no Python.
    """
    return dict(_assigned(code))


def _assigned(code: str) -> Iterator[tuple[str, Any]]:
    for statement in ast.walk(ast.parse(code)):
        if not isinstance(statement, ast.Assign):
            continue
        for target in statement.targets:
            if (
                isinstance(target, ast.Attribute)
                and isinstance(target.value, ast.Attribute)
                and target.value.attr in CLASSES
            ):
                plain = isinstance(statement.value, ast.Constant)
                yield target.attr, statement.value.value if plain else _NOT_PLAIN  # type: ignore[attr-defined]


RULES = (
    Rule(
        "dask-limits",
        "A user has most Dask clusters, a cluster most workers, cores and memory, and an idle one ends",
        "A forgotten cluster keeps notebooks from starting, for as long as nobody notices.",
        "Set pangeo:dask.maxWorkers, maxCores, maxRamGb and idleMinutes, or pangeo:dask.enabled to false.",
        "high",
        on=(RELEASE,),
        settings=(Setting("longestIdleMinutes", "Longest idle time of a cluster in minutes", NUMBER, 1440),),
        find=_bounded,
    ),
)
