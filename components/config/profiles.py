"""Profiles: the choices offered before a notebook server starts."""

import operator
from collections.abc import Iterator, Sequence

from pydantic import Field

from components.config.environment import Environment, Found
from components.config.image import FixedImage
from components.config.problems import format_key
from components.config.section import Section, metadata
from components.config.types import MIN_CPUS, MIN_RAM_GB, FreeIpaName, Number, PoolName, Text

MAX_CPUS = 512
"""Most CPUs of a notebook server or Dask worker."""

MAX_RAM_GB = 4096
"""Most memory of a notebook server or Dask worker, in GB."""


class NotebookProfile(Section):
    """A choice on the page that starts a server. Keys that are not set have the tenancy's values."""

    name: Text = Field(
        min_length=1, max_length=80, description="Name that users see on the page", examples=["Large memory"]
    )
    description: Text = Field("", max_length=400, description="Sentence below the name")
    cpus: Number | None = Field(
        None,
        ge=MIN_CPUS,
        le=MAX_CPUS,
        description="CPUs of the server, both guaranteed and the limit",
        examples=[8],
        json_schema_extra=metadata(unit="CPUs"),
    )
    ram_gb: Number | None = Field(
        None,
        ge=MIN_RAM_GB,
        le=MAX_RAM_GB,
        description="Memory of the server, both guaranteed and the limit",
        examples=[32],
        json_schema_extra=metadata(unit="GB"),
    )
    image: FixedImage | None = Field(
        None,
        description="Container image of the server and of the Dask clusters that it starts, with a tag or digest",
        examples=["quay.io/pangeo/ml-notebook:2026.06.04"],
    )
    groups: tuple[FreeIpaName, ...] = Field(
        (),
        description="FreeIPA groups whose members are offered this profile; by default all users",
        examples=[["modellers"]],
    )
    environment: Environment = Field(
        default_factory=dict,
        exclude_if=operator.not_,
        description="Environment variables of servers with this profile, as in `notebook.environment`. They override "
        "variables of the same name there and in `notebook.groupEnvironment`",
        examples=[{"OMP_NUM_THREADS": "8"}],
        json_schema_extra=metadata(names_secrets=True),
    )
    pool: PoolName | None = Field(
        None,
        exclude_if=lambda pool: pool is None,
        description="Node pool in `workers.pools` on which the server runs; by default any one with the purpose "
        "`notebooks`, but without GPUs if there is one",
        examples=["gpu"],
    )
    default: bool = Field(False, description="Preselected; if no profile is, the first one is preselected")


def repeated_profiles(profiles: Sequence[NotebookProfile]) -> Iterator[Found]:
    """Yield each name that an earlier profile has, and each preselected profile after the first."""
    first: dict[str | bool, int] = {}
    for number, profile in enumerate(profiles):
        for key, value, message in (
            ("name", profile.name, "is also the name of {}; write another name"),
            ("default", profile.default, "is also true in {}; keep it on one of them"),
        ):
            if value and (earlier := first.setdefault(value, number)) != number:
                yield ("profiles", number, key), value, message.format(format_key(("notebook", "profiles", earlier)))
