"""What a tenancy's users get of notebook servers."""

from typing import Self

from pydantic import Field, model_validator

from components.config.section import Section, metadata
from components.config.types import FixedImage, FreeIpaName, Number, ServerPath, Text, WholeNumber

MAX_CPUS = 512
MAX_RAM_GB = 4096


class Culling(Section):
    """When a notebook server is stopped by itself; homes stay."""

    idle_minutes: WholeNumber = Field(
        60,
        ge=0,
        le=60 * 24 * 30,
        description="Stopped after so long without activity; 0 is never",
        json_schema_extra=metadata(unit="minutes"),
    )
    max_age_hours: WholeNumber = Field(
        0,
        ge=0,
        le=24 * 365,
        description="Stopped at this age, active or not; 0 is never",
        json_schema_extra=metadata(unit="hours"),
    )


class NotebookProfile(Section):
    """A choice on the page that starts a server. What is left out is as the tenancy has it."""

    name: Text = Field(min_length=1, max_length=80, description="What the user reads", examples=["Large memory"])
    description: Text = Field("", max_length=400, description="A sentence below the name")
    cpus: Number | None = Field(
        None,
        gt=0,
        le=MAX_CPUS,
        description="CPUs of the server, limit and guarantee",
        json_schema_extra=metadata(unit="CPUs"),
    )
    ram_gb: Number | None = Field(
        None,
        gt=0,
        le=MAX_RAM_GB,
        description="Memory of the server, limit and guarantee",
        json_schema_extra=metadata(unit="GB"),
    )
    image: FixedImage | None = Field(None, description="Container image with tag or digest")
    groups: tuple[FreeIpaName, ...] = Field(
        (),
        description="FreeIPA groups whose members see this profile; left out, all users",
        examples=[["modellers"]],
    )
    default: bool = Field(False, description="Chosen beforehand; otherwise the first profile is")


class Notebook(Section):
    """A user's notebook server beside its size."""

    image: FixedImage = Field(
        "docker.io/pangeo/pangeo-notebook:2026.01.30",
        validate_default=True,
        description="Container image with tag or digest, of the notebook and of Dask's workers",
    )
    default_url: ServerPath = Field("/lab", description="Where a user lands")
    start_timeout_seconds: WholeNumber = Field(
        900,
        ge=30,
        le=7200,
        description="How long a server may take to start; the first pull of an image counts",
        json_schema_extra=metadata(unit="seconds"),
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
