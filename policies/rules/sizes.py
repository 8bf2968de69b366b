"""CPUs, memory, GPUs and home of a notebook: guaranteed, and within the bounds of the organisation and the nodes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from policies.kinds import RELEASE, SPAWNERS, class_settings, hub_values
from policies.profiles import profile_overrides
from policies.rule import NUMBER, Context, Resource, Rule, Setting
from policies.tree import format_value, get

_MEMORY = re.compile(r"(\d+(?:\.\d+)?)([KMGT])")
_GIGABYTES = {"K": 1 / 1024**2, "M": 1 / 1024, "G": 1.0, "T": 1024.0}


DEVICES = ("extra_resource_limits", "extra_resource_guarantees")
"""Settings of spawners for GPUs and other devices; the program sets the first one in profiles."""


class _Size(NamedTuple):
    """A notebook's size at one place of the values; None for a value that is not set there."""

    path: str
    cpu_limit: Any
    cpu_guarantee: Any
    memory_limit: Any
    memory_guarantee: Any


def _check_sizes(release: Resource, context: Context) -> Iterator[str]:
    from components.chart.profiles import memory  # imports pydantic, which loads at the same time as the program

    tenancy, default = context.tenancy, _default_size(hub_values(release, context))
    for key, name, limit, configured in (
        ("notebookCpus", "cpu", default.cpu_limit, tenancy.notebook_cpus),
        ("notebookRamGb", "memory", default.memory_limit, memory(tenancy.notebook_ram_gb)),
    ):
        if limit is None:
            yield f"singleuser.{name}.limit is not set: one notebook could use a whole node"
        elif limit != configured:
            required = format_value(configured)
            yield f"singleuser.{name}.limit is {format_value(limit)}; for pangeo:{key} it must be {required}"
    max_cpus, max_ram_gb = _bounds(context)
    for size in (default, *_profile_sizes(hub_values(release, context))):
        for name, limit, guarantee in (
            ("CPU", size.cpu_limit, size.cpu_guarantee),
            ("memory", size.memory_limit, size.memory_guarantee),
        ):
            if limit != guarantee:
                yield f"{size.path}: {name} limit {format_value(limit)} is not the guarantee {format_value(guarantee)}"
        if size.cpu_limit is not None and not 0 < float(size.cpu_limit) <= max_cpus:
            yield f"{size.path}: {format_value(size.cpu_limit)} CPUs is not between 0 and {max_cpus:g}"
        ram_gb = parse_gigabytes(size.memory_limit)
        if size.memory_limit is not None and (ram_gb is None or not 0 < ram_gb <= max_ram_gb):
            yield f"{size.path}: memory {format_value(size.memory_limit)} is not between 0 and {max_ram_gb:g}G"
    yield from _check_users_sizes(context, max_cpus, max_ram_gb)
    yield from _check_devices(release, context)
    for trait in ("cpu_limit", "cpu_guarantee", "mem_limit", "mem_guarantee", *DEVICES):
        for path in class_settings(release, context, SPAWNERS, trait):
            yield f"{path} overrides the tenancy's size"


def _check_users_sizes(context: Context, max_cpus: float, max_ram_gb: float) -> Iterator[str]:
    """Check the sizes of users and groups, which the hub has as the stack file states them (``program-values``)."""
    max_storage_gb, sizes = float(context.settings["mostStorageGb"]), context.tenancy.sizes
    for kind, entries in (("groups", sizes.groups), ("users", sizes.users)):
        for name, size in entries.items():
            for amount, most, unit in (
                (size.cpus, max_cpus, "CPUs"),
                (size.ram_gb, max_ram_gb, "GB of memory"),
                (size.storage_gb, max_storage_gb, "GB of a home"),
            ):
                if amount is not None and amount > most:
                    yield f"pangeo:sizes.{kind}.{name}: {amount:g} {unit} is more than {most:g}"
    most, further = float(context.settings["mostFurtherServers"]), context.tenancy.notebook.further_servers
    if further > most:
        yield f"pangeo:notebook.furtherServers: {further} is more than {most:g}"
    if context.tenancy.notebook_storage_gb > max_storage_gb:
        yield f"pangeo:notebookStorageGb: {context.tenancy.notebook_storage_gb} is more than {max_storage_gb:g}"


def _check_devices(release: Resource, context: Context) -> Iterator[str]:
    from components.config.gpus import pools_with_gpus  # imports pydantic, like the import above
    from components.config.pools import GPU_RESOURCE

    most, nodes = float(context.settings["mostGpus"]), context.tenancy.nodes
    known = {pool.gpu_resource for pool in pools_with_gpus(context.tenancy)} if nodes else {GPU_RESOURCE}
    for path, override in profile_overrides(hub_values(release, context)):
        for trait in DEVICES:
            limits = get(override, trait, default={})
            for name in limits:
                count = get(limits, name)
                if name not in known:
                    yield f"{path}: {name} is not the gpuResource of a pool in pangeo:workers.pools"
                if not str(count).isdecimal() or float(count) > most:
                    yield f"{path}: {format_value(count)} of {name} is not between 0 and {most:g}"


def parse_gigabytes(memory: object) -> float | None:
    """Return ``"4G"`` or ``"512M"`` in GB, powers of 1024 as in JupyterHub; None for text that JupyterHub refuses."""
    parts = _MEMORY.fullmatch(memory) if isinstance(memory, str) else None
    return None if parts is None else float(parts[1]) * _GIGABYTES[parts[2]]


def _default_size(values: Mapping[str, Any]) -> _Size:
    sizes = [get(values, "singleuser", name, bound) for name in ("cpu", "memory") for bound in ("limit", "guarantee")]
    return _Size("singleuser", *sizes)


def _profile_sizes(values: Mapping[str, Any]) -> Iterator[_Size]:
    """Yield the sizes of the profiles and of their choices; None for what one does not change."""
    names = ("cpu_limit", "cpu_guarantee", "mem_limit", "mem_guarantee")
    for path, override in profile_overrides(values):
        yield _Size(path, *(get(override, name) for name in names))


def _bounds(context: Context) -> tuple[float, float]:
    """Return the largest CPUs and GB: the organisation's bounds, or those of a node where the tenancy states them."""
    cpus, ram_gb = float(context.settings["mostCpus"]), float(context.settings["mostRamGb"])
    nodes = context.tenancy.nodes
    if nodes is None:
        return cpus, ram_gb
    return min(cpus, max(kind.cpus for kind in nodes.kinds)), min(ram_gb, max(kind.ram_gb for kind in nodes.kinds))


RULES = (
    Rule(
        "guaranteed-resources",
        "A notebook's CPUs and memory are fully guaranteed, and within the bounds of the organisation and of the "
        "nodes, as are its GPUs; homes and the number of a user's servers are within those of the organisation",
        "Overcommitted memory gets running kernels killed, and a GPU serves nobody else while a server has it.",
        "Lower pangeo:notebookCpus, pangeo:notebookRamGb, the entry in pangeo:sizes, or cpus, ramGb and gpus of the "
        "profile or of its sizes in pangeo:notebook.profiles, or pangeo:notebook.furtherServers; or raise this rule's "
        "settings mostCpus, mostRamGb, mostGpus, mostStorageGb and mostFurtherServers. A home that exists does not "
        "shrink.",
        "high",
        kinds=(RELEASE,),
        settings=(
            Setting("mostCpus", "Most CPUs of one notebook", NUMBER, 64),
            Setting("mostRamGb", "Most memory of one notebook in GB", NUMBER, 512),
            Setting("mostGpus", "Most GPUs of one notebook", NUMBER, 8),
            Setting("mostStorageGb", "Largest home in GB", NUMBER, 65536),
            Setting("mostFurtherServers", "Most servers of a user beside the usual one", NUMBER, 3),
        ),
        check=_check_sizes,
    ),
)
