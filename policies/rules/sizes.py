"""What a notebook gets: all of it reserved, and no more than the organisation and the workers have."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from policies.kinds import RELEASE, SPAWNERS, given, hub
from policies.rule import NUMBER, Context, Resource, Rule, Setting
from policies.tree import at, shown

_MEMORY = re.compile(r"(\d+(?:\.\d+)?)([KMGT])")
_GIGABYTES = {"K": 1 / 1024**2, "M": 1 / 1024, "G": 1.0, "T": 1024.0}


class _Size(NamedTuple):
    """A notebook's size as it is given in one place. None: not given there."""

    where: str
    cpu_limit: Any
    cpu_guarantee: Any
    memory_limit: Any
    memory_guarantee: Any


def _reserved(release: Resource, context: Context) -> Iterator[str]:
    tenancy = _tenancys(hub(release))
    for what, value in zip(("cpu", "memory"), (tenancy.cpu_limit, tenancy.memory_limit), strict=True):
        if value is None:
            yield f"singleuser.{what}.limit is not set: one notebook could take a whole node"
    for key, value in (("notebookCpus", tenancy.cpu_limit), ("notebookRamGb", gigabytes(tenancy.memory_limit))):
        asked = context.text(key)
        if asked and value is not None and float(value) != float(asked):
            yield f"singleuser gives {shown(value)} where pangeo:{key} is {asked}"
    most_cpus, most_ram_gb = _bounds(context)
    for size in (tenancy, *_profiles(hub(release))):
        for what, limit, guarantee in (
            ("CPU", size.cpu_limit, size.cpu_guarantee),
            ("memory", size.memory_limit, size.memory_guarantee),
        ):
            if limit != guarantee:
                yield f"{size.where}: {what} limit {shown(limit)} is not the guarantee {shown(guarantee)}"
        if size.cpu_limit is not None and not 0 < float(size.cpu_limit) <= most_cpus:
            yield f"{size.where}: {shown(size.cpu_limit)} CPUs are not within {most_cpus:g}"
        ram_gb = gigabytes(size.memory_limit)
        if size.memory_limit is not None and (ram_gb is None or not 0 < ram_gb <= most_ram_gb):
            yield f"{size.where}: memory {shown(size.memory_limit)} is not within {most_ram_gb:g}G"
    for trait in ("cpu_limit", "cpu_guarantee", "mem_limit", "mem_guarantee"):
        for where in given(release, SPAWNERS, trait):
            yield f"{where} overrides the tenancy's size"


def gigabytes(memory: object) -> float | None:
    """``"4G"``, ``"512M"`` in powers of 1024, as JupyterHub reads them; None for what it would refuse."""
    parts = _MEMORY.fullmatch(memory) if isinstance(memory, str) else None
    return None if parts is None else float(parts[1]) * _GIGABYTES[parts[2]]


def _tenancys(values: Mapping[str, Any]) -> _Size:
    sizes = [at(values, "singleuser", what, which) for what in ("cpu", "memory") for which in ("limit", "guarantee")]
    return _Size("singleuser", *sizes)


def _profiles(values: Mapping[str, Any]) -> Iterator[_Size]:
    for index, profile in enumerate(at(values, "singleuser", "profileList", default=[])):
        override = at(profile, "kubespawner_override", default={})
        names = ("cpu_limit", "cpu_guarantee", "mem_limit", "mem_guarantee")
        yield _Size(f"singleuser.profileList[{index}]", *(at(override, name) for name in names))


def _bounds(context: Context) -> tuple[float, float]:
    """The organisation's, and a worker's where the tenancy states its workers."""
    workers = context.group("workers")
    cpus = min(float(context.settings["mostCpus"]), float(workers.get("cpus", "inf")))
    return cpus, min(float(context.settings["mostRamGb"]), float(workers.get("ramGb", "inf")))


RULES = (
    Rule(
        "guaranteed-resources",
        "A notebook's CPUs and memory are guaranteed in full, and within the organisation's and the workers' bounds",
        "What is promised twice is taken from whoever runs at that moment: their kernel is killed.",
        "Set pangeo:notebookCpus, pangeo:notebookRamGb and the profiles' cpus and ramGb; a larger bound is a setting.",
        "high",
        on=(RELEASE,),
        settings=(
            Setting("mostCpus", "Most CPUs of one notebook", NUMBER, 64),
            Setting("mostRamGb", "Most memory of one notebook in GB", NUMBER, 512),
        ),
        find=_reserved,
    ),
)
