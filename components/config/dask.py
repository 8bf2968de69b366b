"""What a tenancy's users get of Dask: the bounds of a worker, of a cluster, of a user and of all users together."""

from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from components.config.notebook import MAX_CPUS, MAX_RAM_GB
from components.config.section import Section, metadata
from components.config.types import Number, WholeNumber

NEVER = "never"
MOST_IDLE_MINUTES = 60 * 24 * 7

SCHEDULER_CORES, SCHEDULER_RAM_GB = 1, 2.0
"""What the chart dask-gateway 2026.3.0 gives a cluster's scheduler; a cluster's bounds count it."""


def _idle_minutes(value: object) -> int | str:
    """Zero is dask-gateway's word for never, and too near to ``at once`` to be taken for it."""
    if isinstance(value, str) and value.strip().lower() == NEVER:
        return NEVER
    minutes = None if isinstance(value, bool) else _whole(value)
    if minutes is None:
        raise ValueError(f"is not a whole number of minutes; write e.g. 30, or {NEVER}")
    if minutes == 0:
        raise ValueError(f"would let idle clusters run for ever; write {NEVER} if that is meant, or at least 1 minute")
    if not 1 <= minutes <= MOST_IDLE_MINUTES:
        raise ValueError(f"is out of bounds; write 1 to {MOST_IDLE_MINUTES} minutes, or {NEVER}")
    return minutes


def _whole(value: object) -> int | None:
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
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST_IDLE_MINUTES}, {"const": NEVER}]}),
]


class _Range(Section):
    """A choice between bounds: ``min`` ≤ ``default`` ≤ ``max``."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        lowest, default, highest = (float(getattr(self, name)) for name in ("min", "default", "max"))
        if not lowest <= default <= highest:
            raise ValueError(f"has default {default:g} outside min {lowest:g} and max {highest:g}; write them in order")
        return self


class WorkerCores(_Range):
    """Cores of one Dask worker."""

    min: WholeNumber = Field(1, ge=1, le=MAX_CPUS, description="Least", json_schema_extra=metadata(unit="cores"))
    max: WholeNumber = Field(8, ge=1, le=MAX_CPUS, description="Most", json_schema_extra=metadata(unit="cores"))
    default: WholeNumber = Field(1, ge=1, le=MAX_CPUS, description="Unasked", json_schema_extra=metadata(unit="cores"))


class WorkerRam(_Range):
    """Memory of one Dask worker."""

    min: Number = Field(1, gt=0, le=MAX_RAM_GB, description="Least", json_schema_extra=metadata(unit="GB"))
    max: Number = Field(16, gt=0, le=MAX_RAM_GB, description="Most", json_schema_extra=metadata(unit="GB"))
    default: Number = Field(2, gt=0, le=MAX_RAM_GB, description="Unasked", json_schema_extra=metadata(unit="GB"))


class Dask(Section):
    """Dask Gateway: clusters users start from a notebook. The workers' bounds are those of CaaS."""

    enabled: bool = Field(True, description="Whether users can start Dask clusters")
    worker_cores: WorkerCores = Field(
        default_factory=WorkerCores,
        description="Cores of one worker",
        examples=[{"max": 4}],
    )
    worker_ram_gb: WorkerRam = Field(
        default_factory=WorkerRam,
        description="Memory of one worker",
        examples=[{"max": 8}],
    )
    max_workers: WholeNumber = Field(
        20,
        ge=1,
        le=10_000,
        description="Most workers of one cluster",
        json_schema_extra=metadata(unit="workers"),
    )
    max_cores: WholeNumber = Field(
        40,
        ge=1,
        le=100_000,
        description="Most cores of one cluster, its scheduler's among them",
        json_schema_extra=metadata(unit="cores"),
    )
    max_ram_gb: Number = Field(
        160,
        gt=0,
        le=1_000_000,
        description="Most memory of one cluster, its scheduler's in it",
        json_schema_extra=metadata(unit="GB"),
    )
    clusters_per_user: WholeNumber = Field(
        2,
        ge=1,
        le=100,
        description="Most clusters of one user at a time; another is refused until one is shut down",
        json_schema_extra=metadata(unit="clusters"),
    )
    total_cores: WholeNumber | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Most cores of all users' clusters together; left out, what the stated `workers` have for pods, "
        "and without `workers` no bound but the cluster's own",
        examples=[64],
        json_schema_extra=metadata(unit="cores"),
    )
    total_ram_gb: Number | None = Field(
        None,
        gt=0,
        le=10_000_000,
        description="Most memory of all users' clusters together; left out, as with `totalCores`",
        examples=[256],
        json_schema_extra=metadata(unit="GB"),
    )
    idle_minutes: IdleMinutes = Field(
        30,
        description=f"A cluster without work is stopped after so long, 1 to {MOST_IDLE_MINUTES}; "
        f"`{NEVER}` where that is meant",
        json_schema_extra=metadata(unit="minutes"),
    )

    @property
    def idle_seconds(self) -> int:
        """As dask-gateway counts it: 0 is never."""
        return 0 if isinstance(self.idle_minutes, str) else self.idle_minutes * 60

    @model_validator(mode="after")
    def _a_cluster_has_room_for_a_worker(self) -> Self:
        for bound, within in (("max", "one cluster needs"), ("total", "all clusters need")):
            cores: int | None = getattr(self, f"{bound}_cores")
            ram_gb: float | None = getattr(self, f"{bound}_ram_gb")
            least_cores = SCHEDULER_CORES + self.worker_cores.default
            least_ram_gb = SCHEDULER_RAM_GB + self.worker_ram_gb.default
            if cores is not None and cores < least_cores:
                raise ValueError(
                    f"has {bound}Cores {cores}, and {within} {least_cores} for a scheduler "
                    f"({SCHEDULER_CORES}) and one worker of the default size; raise it"
                )
            if ram_gb is not None and ram_gb < least_ram_gb:
                raise ValueError(
                    f"has {bound}RamGb {ram_gb:g}, and {within} {least_ram_gb:g} for a scheduler "
                    f"({SCHEDULER_RAM_GB:g}) and one worker of the default size; raise it"
                )
        return self
