"""What a tenancy's users get: notebook servers and Dask clusters."""

from typing import Self

from pydantic import Field, model_validator

from components.field_types import (
    FreeIpaName,
    Image,
    Number,
    ServerPath,
    Text,
    WholeNumber,
)
from components.settings import Settings, notes

MAX_CPUS = 512
MAX_RAM_GB = 4096


class Culling(Settings):
    """When a notebook server is stopped by itself; homes stay."""

    idle_minutes: WholeNumber = Field(
        60,
        ge=0,
        le=60 * 24 * 30,
        description="Stopped after so long without activity; 0 is never",
        json_schema_extra=notes(unit="minutes"),
    )
    max_age_hours: WholeNumber = Field(
        0,
        ge=0,
        le=24 * 365,
        description="Stopped at this age, active or not; 0 is never",
        json_schema_extra=notes(unit="hours"),
    )


class NotebookProfile(Settings):
    """A choice on the page that starts a server. What is left out is as the tenancy has it."""

    name: Text = Field(min_length=1, max_length=80, description="What the user reads", examples=["Large memory"])
    description: Text = Field("", max_length=400, description="A sentence below the name")
    cpus: Number | None = Field(
        None,
        gt=0,
        le=MAX_CPUS,
        description="CPUs of the server, limit and guarantee",
        json_schema_extra=notes(unit="CPUs"),
    )
    ram_gb: Number | None = Field(
        None,
        gt=0,
        le=MAX_RAM_GB,
        description="Memory of the server, limit and guarantee",
        json_schema_extra=notes(unit="GB"),
    )
    image: Image | None = Field(None, description="Container image with tag or digest")
    groups: tuple[FreeIpaName, ...] = Field(
        (),
        description="FreeIPA groups whose members see this profile; left out, all users",
        examples=[["modellers"]],
    )
    default: bool = Field(False, description="Chosen beforehand; otherwise the first profile is")


class Notebook(Settings):
    """A user's notebook server beside its size."""

    image: Image = Field(
        "docker.io/pangeo/pangeo-notebook:2026.01.30",
        description="Container image with tag or digest, of the notebook and of Dask's workers",
    )
    default_url: ServerPath = Field("/lab", description="Where a user lands")
    start_timeout_seconds: WholeNumber = Field(
        900,
        ge=30,
        le=7200,
        description="How long a server may take to start; the first pull of an image counts",
        json_schema_extra=notes(unit="seconds"),
    )
    pre_pull: bool = Field(True, description="Whether every worker keeps the image, so that no user waits for its pull")
    profiles: tuple[NotebookProfile, ...] = Field(
        (), description="Choices offered before a server starts; left out, none"
    )
    culling: Culling = Field(default_factory=Culling, description="When a server is stopped by itself")

    @model_validator(mode="after")
    def _profiles_can_be_told_apart(self) -> Self:
        names = [profile.name for profile in self.profiles]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"has two profiles named {twice!r}; give each its own name")
        if sum(profile.default for profile in self.profiles) > 1:
            raise ValueError("has more than one default profile; keep `default: true` on one")
        return self


class _Range(Settings):
    """A choice between bounds: ``min`` ≤ ``default`` ≤ ``max``."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        lowest, default, highest = (float(getattr(self, name)) for name in ("min", "default", "max"))
        if not lowest <= default <= highest:
            raise ValueError(f"has default {default:g} outside min {lowest:g} and max {highest:g}; write them in order")
        return self


class WorkerCores(_Range):
    """Cores of one Dask worker."""

    min: WholeNumber = Field(1, ge=1, le=MAX_CPUS, description="Least", json_schema_extra=notes(unit="cores"))
    max: WholeNumber = Field(8, ge=1, le=MAX_CPUS, description="Most", json_schema_extra=notes(unit="cores"))
    default: WholeNumber = Field(1, ge=1, le=MAX_CPUS, description="Unasked", json_schema_extra=notes(unit="cores"))


class WorkerRam(_Range):
    """Memory of one Dask worker."""

    min: Number = Field(1, gt=0, le=MAX_RAM_GB, description="Least", json_schema_extra=notes(unit="GB"))
    max: Number = Field(16, gt=0, le=MAX_RAM_GB, description="Most", json_schema_extra=notes(unit="GB"))
    default: Number = Field(2, gt=0, le=MAX_RAM_GB, description="Unasked", json_schema_extra=notes(unit="GB"))


class Dask(Settings):
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
        json_schema_extra=notes(unit="workers"),
    )
    max_cores: WholeNumber = Field(
        40,
        ge=1,
        le=100_000,
        description="Most cores of one cluster",
        json_schema_extra=notes(unit="cores"),
    )
    max_ram_gb: Number = Field(
        160,
        gt=0,
        le=1_000_000,
        description="Most memory of one cluster",
        json_schema_extra=notes(unit="GB"),
    )
    idle_minutes: WholeNumber = Field(
        30,
        ge=0,
        le=60 * 24 * 7,
        description="A cluster without work is stopped after so long; 0 is never",
        json_schema_extra=notes(unit="minutes"),
    )

    @model_validator(mode="after")
    def _a_worker_fits_a_cluster(self) -> Self:
        if self.max_cores < self.worker_cores.default:
            raise ValueError(
                f"has maxCores {self.max_cores}, less than one worker's default of "
                f"{self.worker_cores.default}; raise it"
            )
        if self.max_ram_gb < self.worker_ram_gb.default:
            raise ValueError(
                f"has maxRamGb {self.max_ram_gb:g}, less than one worker's default of "
                f"{self.worker_ram_gb.default:g}; raise it"
            )
        return self
