"""The section ``dask``: the limits of a Dask worker, of a cluster, of a user and of all users together."""

from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from components.config.environment import Found, raise_problems
from components.config.pools import MAX_NODE_GPUS
from components.config.profiles import MAX_CPUS, MAX_RAM_GB
from components.config.section import Section, metadata
from components.config.temporary_storage import (
    DEFAULT_SCHEDULER_STORAGE_GB,
    DEFAULT_STORAGE_GB,
    StorageGb,
    StorageRequestGb,
    find_larger_request,
)
from components.config.types import MIN_CPUS, MIN_RAM_GB, FreeIpaName, Number, WholeNumber

NEVER = "never"
MAX_IDLE_MINUTES = 60 * 24 * 7


def _idle_minutes(value: object) -> int | str:
    """Validate the time; refuse 0, which means ``never`` to dask-gateway and could be taken for ``at once``."""
    if isinstance(value, str) and value.strip().lower() == NEVER:
        return NEVER
    minutes = None if isinstance(value, bool) else _to_whole_number(value)
    if minutes is None:
        raise ValueError(f"is not a whole number of minutes; write for example 30, or {NEVER}")
    if minutes == 0:
        raise ValueError(f"would never stop idle clusters; write {NEVER} if that is intended, or at least 1")
    if not 1 <= minutes <= MAX_IDLE_MINUTES:
        raise ValueError(f"must be 1 to {MAX_IDLE_MINUTES} minutes, or {NEVER}")
    return minutes


def _to_whole_number(value: object) -> int | None:
    if not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
        return int(number) if number == int(number) else None
    except (ValueError, OverflowError):
        return None


IdleMinutes = Annotated[
    int | Literal["never"],
    PlainValidator(_idle_minutes),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": MAX_IDLE_MINUTES}, {"const": NEVER}]}),
]


class _Range(Section):
    """A range with a default: ``min`` ≤ ``default`` ≤ ``max``."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        lowest, default, highest = (float(getattr(self, name)) for name in ("min", "default", "max"))
        if not lowest <= default <= highest:
            raise ValueError(
                f"has min {lowest:g}, default {default:g} and max {highest:g}; default must be between min and max"
            )
        return self


class WorkerCores(_Range):
    """Cores of a Dask worker: the range from which users choose, and the default."""

    min: WholeNumber = Field(1, ge=1, le=MAX_CPUS, description="Minimum", json_schema_extra=metadata(unit="cores"))
    max: WholeNumber = Field(8, ge=1, le=MAX_CPUS, description="Maximum", json_schema_extra=metadata(unit="cores"))
    default: WholeNumber = Field(1, ge=1, le=MAX_CPUS, description="Default", json_schema_extra=metadata(unit="cores"))


class WorkerRam(_Range):
    """Memory of a Dask worker: the range from which users choose, and the default."""

    min: Number = Field(1, ge=MIN_RAM_GB, le=MAX_RAM_GB, description="Minimum", json_schema_extra=metadata(unit="GB"))
    max: Number = Field(16, ge=MIN_RAM_GB, le=MAX_RAM_GB, description="Maximum", json_schema_extra=metadata(unit="GB"))
    default: Number = Field(
        2, ge=MIN_RAM_GB, le=MAX_RAM_GB, description="Default", json_schema_extra=metadata(unit="GB")
    )


class WorkerGpus(Section):
    """GPUs of a Dask worker: the maximum that users choose, the default, and the groups that may choose any.

    All GPUs of workers are one resource: that of the nodes in `workers.pools` for `daskWorkers`, or `nvidia.com/gpu` if
    `workers` is not set.
    """

    max: WholeNumber = Field(
        1, ge=1, le=MAX_NODE_GPUS, description="Maximum per worker", json_schema_extra=metadata(unit="GPUs")
    )
    default: WholeNumber = Field(
        0,
        ge=0,
        le=MAX_NODE_GPUS,
        description="Default per worker, for users who may choose",
        json_schema_extra=metadata(unit="GPUs"),
    )
    groups: tuple[FreeIpaName, ...] = Field(
        (),
        description="FreeIPA groups whose members may choose GPUs; by default all users",
        examples=[["gpu_users"]],
    )
    max_per_cluster: WholeNumber | None = Field(
        None,
        ge=1,
        le=100_000,
        description="Maximum per cluster; by default only `maxWorkers` limits them",
        examples=[4],
        json_schema_extra=metadata(unit="GPUs"),
    )
    total: WholeNumber | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Maximum of all clusters together; by default the GPUs of the nodes in `workers.pools` for "
        "`daskWorkers`, and without `workers` no limit",
        examples=[8],
        json_schema_extra=metadata(unit="GPUs"),
    )

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        found: list[Found] = []
        if self.default > self.max:
            found.append((("default",), self.default, f"is more than max {self.max}; reduce it, or raise max"))
        for key, limit in (("maxPerCluster", self.max_per_cluster), ("total", self.total)):
            if limit is not None and limit < self.max:
                message = f"is less than max {self.max}, so a worker with the most GPUs could not start; raise it"
                found.append(((key,), limit, message))
        raise_problems("WorkerGpus", found)
        return self


class Dask(Section):
    """Dask clusters that users start from a notebook, with Dask Gateway. Limits of a cluster include its scheduler."""

    enabled: bool = Field(True, description="Whether users can start Dask clusters")
    worker_cores: WorkerCores = Field(
        default_factory=WorkerCores,
        description="Cores per Dask worker",
        examples=[{"max": 4}],
    )
    worker_ram_gb: WorkerRam = Field(
        default_factory=WorkerRam,
        description="Memory per Dask worker",
        examples=[{"max": 8}],
    )
    worker_gpus: WorkerGpus | None = Field(
        None,
        description="GPUs per Dask worker; by default workers have none",
        examples=[{"max": 1, "groups": ["gpu_users"]}],
    )
    scheduler_cores: Number = Field(
        1,
        ge=MIN_CPUS,
        le=MAX_CPUS,
        description="Cores of a cluster's scheduler",
        json_schema_extra=metadata(unit="cores"),
    )
    scheduler_ram_gb: Number = Field(
        2,
        ge=MIN_RAM_GB,
        le=MAX_RAM_GB,
        description="Memory of a cluster's scheduler",
        json_schema_extra=metadata(unit="GB"),
    )
    cpu_request: Number | None = Field(
        None,
        ge=MIN_CPUS,
        le=MAX_CPUS,
        description="CPUs that are reserved for each scheduler and worker, by default all of its cores; with less, "
        "they share CPUs that no other pod uses at the moment",
        examples=[0.5],
        json_schema_extra=metadata(unit="CPUs"),
    )
    scheduler_temporary_storage_gb: StorageGb = Field(
        DEFAULT_SCHEDULER_STORAGE_GB,
        description="Limit of what a scheduler writes to its node's disk. One that exceeds it is stopped",
    )
    worker_temporary_storage_gb: StorageGb = Field(
        DEFAULT_STORAGE_GB,
        description="Limit of what a worker writes to its node's disk. Four fifths of it are for data that Dask moves "
        "out of memory (spills); a worker that exceeds the whole is stopped",
    )
    temporary_storage_request_gb: StorageRequestGb = Field(
        None,
        description="Temporary storage that is reserved for each scheduler and worker; the default is that of "
        "`notebook.temporaryStorageRequestGb`",
    )
    max_workers: WholeNumber = Field(
        20,
        ge=1,
        le=10_000,
        description="Maximum number of workers per cluster",
        json_schema_extra=metadata(unit="workers"),
    )
    max_cores: WholeNumber = Field(
        40,
        ge=1,
        le=100_000,
        description="Maximum number of cores per cluster",
        json_schema_extra=metadata(unit="cores"),
    )
    max_ram_gb: Number = Field(
        160,
        ge=MIN_RAM_GB,
        le=1_000_000,
        description="Maximum memory per cluster",
        json_schema_extra=metadata(unit="GB"),
    )
    clusters_per_user: WholeNumber = Field(
        2,
        ge=1,
        le=100,
        description="Maximum number of clusters per user at the same time",
        json_schema_extra=metadata(unit="clusters"),
    )
    total_cores: WholeNumber | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Maximum number of cores of all clusters together; by default what the nodes in `workers` have for "
        "pods, and without `workers` no limit",
        examples=[64],
        json_schema_extra=metadata(unit="cores"),
    )
    total_ram_gb: Number | None = Field(
        None,
        ge=MIN_RAM_GB,
        le=10_000_000,
        description="Maximum memory of all clusters together; the default is as for `totalCores`",
        examples=[256],
        json_schema_extra=metadata(unit="GB"),
    )
    idle_minutes: IdleMinutes = Field(
        30,
        description=f"Time after which a cluster without work is stopped, 1 to {MAX_IDLE_MINUTES}, or `{NEVER}`",
        json_schema_extra=metadata(unit="minutes"),
    )

    @property
    def idle_seconds(self) -> int:
        """Idle time as dask-gateway reads it, in seconds; 0 means never."""
        return 0 if isinstance(self.idle_minutes, str) else self.idle_minutes * 60

    def requested_cpus(self, cores: float) -> float:
        """Return the CPUs that are reserved for a scheduler or worker with this number of cores."""
        return cores if self.cpu_request is None else min(self.cpu_request, cores)

    @model_validator(mode="after")
    def _check_storage(self) -> Self:
        limits = [
            ("schedulerTemporaryStorageGb", self.scheduler_temporary_storage_gb),
            ("workerTemporaryStorageGb", self.worker_temporary_storage_gb),
        ]
        raise_problems("Dask", list(find_larger_request(self.temporary_storage_request_gb, limits)))
        return self

    @model_validator(mode="after")
    def _check_minimum_size(self) -> Self:
        cores = self.scheduler_cores + self.worker_cores.default
        ram_gb = self.scheduler_ram_gb + self.worker_ram_gb.default
        for key, limit, needed, scheduler in (
            ("maxCores", self.max_cores, cores, self.scheduler_cores),
            ("maxRamGb", self.max_ram_gb, ram_gb, self.scheduler_ram_gb),
            ("totalCores", self.total_cores, cores, self.scheduler_cores),
            ("totalRamGb", self.total_ram_gb, ram_gb, self.scheduler_ram_gb),
        ):
            if limit is not None and limit < needed:
                raise ValueError(
                    f"has {key} {limit:.12g}, but a scheduler ({scheduler:g}) and a worker of the default size need "
                    f"{needed:g}; raise {key}"
                )
        return self
