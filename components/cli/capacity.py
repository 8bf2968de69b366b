"""The command ``capacity``: how many notebooks fit on the nodes that a stack file states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.capacity.node import TEMPORARY_STORAGE, VOLUMES, PodSize
from components.capacity.pools import PoolCapacity
from components.capacity.total import Capacity, compute_capacity
from components.cli.check import chosen_stacks
from components.cli.output import print_json, print_rows
from components.config.pools import Purpose
from components.config.problems import InvalidTenancy
from components.config.stack_file import read_stack, stack_path
from components.config.tenancy import Tenancy
from components.config.types import format_count

COLUMNS = {
    "workers": "nodes",
    "notebooksPerWorker": "notebooks per node",
    "notebooks": "notebooks",
    "limitedBy": "limited by",
    "expectedUsers": "expected users",
    "workersNeeded": "nodes needed",
    "daskWorkers": "Dask workers besides",
}
"""Keys of the stack's output ``capacity``, and the headings of their columns."""


PURPOSES: Mapping[Purpose, str] = {
    "hub": "hub",
    "notebooks": "notebooks",
    "daskSchedulers": "Dask schedulers",
    "daskWorkers": "Dask workers",
}

POOLS_HEADING = "Each pool, if all of its pods are notebooks of one size or Dask workers of the default size:"
SIZES_HEADING = "Each size, if all notebooks have it:"
SIZE_COLUMNS = ("stack", "size", "CPUs", "GB", "GPUs", "notebooks", "nodes needed")

POOL_COLUMNS = ("stack", "pool", "nodes", "for", "pods can use per node", "GPUs", "notebooks", "Dask workers")


@dataclass(frozen=True)
class StackCapacity:
    """Capacity of one stack; ``capacity`` is None where the stack file does not state the nodes."""

    stack: str
    tenancy: Tenancy
    capacity: Capacity | None

    def as_json(self) -> dict[str, Any]:
        """Return it as an object for ``--json``."""
        return {
            "stack": self.stack,
            "notebookCpus": self.tenancy.notebook_cpus,
            "notebookRamGb": self.tenancy.notebook_ram_gb,
            "notebookStorageGb": self.tenancy.notebook_storage_gb,
            **({"sizes": sizes} if (sizes := self.tenancy.as_inputs().get("sizes")) else {}),
            "capacity": self.capacity.as_output() if self.capacity else None,
            "warnings": list(self.capacity.warnings) if self.capacity else [],
        }

    def row(self) -> list[str]:
        """Return the cells of the stack's row in the table."""
        values = self.capacity.as_output() if self.capacity else {}
        own = PodSize(self.tenancy.notebook_cpus, self.tenancy.notebook_ram_gb)
        counted = self.capacity.notebook if self.capacity else own
        gpus = f", {format_count(counted.gpus, 'GPU')}" if counted.gpus else ""
        size = f"{counted.cpus:g} CPUs, {counted.ram_gb:g} GB{gpus}"
        return [self.stack, size, *(_format_cell(values.get(key)) for key in COLUMNS)]

    def pool_rows(self) -> list[list[str]]:
        """Return the cells of the rows of the stack's pools."""
        return [
            [
                *(self.stack, each.name, str(each.nodes), ", ".join(PURPOSES[purpose] for purpose in each.purposes)),
                f"{each.cpus:.2f} CPUs, {each.ram_gb:.1f} GB",
                *(str(each.gpus) if each.gpus else "–", _describe_notebooks(each), _describe_workers(each)),
            ]
            for each in (self.capacity.pools if self.capacity else ())
        ]

    def size_rows(self) -> list[list[str]]:
        """Return the cells of the rows of the stack's sizes; none if users and groups have no sizes of their own."""
        return [
            [
                *(self.stack, each.label or "all others", f"{each.cpus:g}", f"{each.ram_gb:g}"),
                *(str(each.gpus or "–"), str(each.notebooks), str(each.nodes_needed or "–")),
            ]
            for each in (self.capacity.sizes if self.capacity else ())
        ]

    def notes(self) -> list[str]:
        """Return the lines to print below the table."""
        if self.capacity is None:
            return [f"{self.stack}: the stack file does not state the nodes; set pangeo:workers"]
        return [f"{self.stack}: warning: {warning}" for warning in self.capacity.warnings]


def _format_cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "–"
    return "–" if value is None else str(value)


def _describe_notebooks(pool: PoolCapacity) -> str:
    counts = []
    for size, count in pool.notebooks.items():
        scarce = [name for name in pool.limited_by[size] if name in (TEMPORARY_STORAGE, VOLUMES)]
        text = f"{size}: {count}" if size else str(count)
        counts.append(f"{text} ({', '.join(scarce)})" if scarce else text)
    return "; ".join(counts) or "–"


def _describe_workers(pool: PoolCapacity) -> str:
    counts = ([] if pool.dask_workers is None else [str(pool.dask_workers)]) + (
        [] if pool.dask_gpu_workers is None else [f"with a GPU: {pool.dask_gpu_workers}"]
    )
    return "; ".join(counts) or "–"


def stack_capacities(names: Sequence[str], folder: Path) -> tuple[list[StackCapacity], list[InvalidTenancy]]:
    """Return the capacity of each stack, and the errors of the stack files that could not be read.

    Args:
        names: stack names or paths; all stacks in ``folder`` when empty.
        folder: the folder of the stack files.

    Raises:
        InvalidTenancy: there are no stack files.
    """
    capacities: list[StackCapacity] = []
    errors: list[InvalidTenancy] = []
    for name in chosen_stacks(names, folder):
        try:
            tenancy = read_stack(stack_path(name, folder))
        except InvalidTenancy as invalid:
            errors.append(invalid)
        else:
            capacities.append(StackCapacity(name, tenancy, compute_capacity(tenancy)))
    return capacities, errors


def print_capacities(capacities: Sequence[StackCapacity], *, as_json: bool) -> None:
    """Print the capacities as a table or as JSON."""
    if as_json:
        print_json([each.as_json() for each in capacities])
    elif capacities:
        print_rows(["stack", "notebook", *COLUMNS.values()], [each.row() for each in capacities])
        if rows := [row for each in capacities for row in each.pool_rows()]:
            print(f"\n{POOLS_HEADING}")
            print_rows(POOL_COLUMNS, rows)
        if rows := [row for each in capacities for row in each.size_rows()]:
            print(f"\n{SIZES_HEADING}")
            print_rows(SIZE_COLUMNS, rows)
        print("\n".join(note for each in capacities for note in each.notes()))
