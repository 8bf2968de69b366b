"""The section ``notebook``: users' notebook servers."""

import json
import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from components.config.environment import (
    Environment,
    Found,
    GroupEnvironments,
    SecretKey,
    Variable,
    is_repeated,
    raise_problems,
)
from components.config.image import FixedImage
from components.config.problems import format_key
from components.config.profiles import NotebookProfile, find_repetitions
from components.config.schema import Location
from components.config.section import Section, metadata
from components.config.temporary_storage import (
    DEFAULT_REQUEST_GB,
    DEFAULT_STORAGE_GB,
    StorageGb,
    StorageRequestGb,
    find_larger_request,
)
from components.config.types import ServerPath, WholeNumber

DEFAULT_IMAGE = "quay.io/pangeo/pangeo-notebook:2026.06.04"
"""Image of a stack file without one: that of Pangeo with Dask in the version of the gateway's chart, 2026.3.0.

The tag 2026.01.30 has Dask 2026.1.1 and dask-gateway 2025.4.0 (github.com/pangeo-data/pangeo-docker-images,
``pangeo-notebook/packages.txt``); 2026.04.29 and 2026.06.04 come next. The versions of 2026.06.04 are concluded,
not read: an image with xarray 2026.4.0 and s3fs 2026.4.0, which is of May or June, has dask, distributed and
dask-gateway 2026.3.0, and Dask's next release is of 11 June. It has JupyterHub 5.4 at most, as 5.5.0 is of 10 June; the
hub needs the same major version (``_check_version`` of JupyterHub 5.5.0). Docker Hub limits pulls by address, so a
cluster's nodes behind one address share a limit; quay.io does not.
"""

MAX_ENVIRONMENT_SIZE = 64 * 1024
"""Most characters of all environment variables together, as JSON with the escapes of the spawner.

The hub's Secret, which may have 1 MiB, contains them up to three times, besides the program's code.
"""


Work = Literal["kernels", "programs", "dask"]
WORK: tuple[Work, ...] = get_args(Work)
"""Kinds of work that run without a person."""


class Culling(Section):
    """Automatic stop of notebook servers and their kernels. Users' files are kept."""

    idle_minutes: WholeNumber = Field(
        60,
        ge=0,
        le=60 * 24 * 30,
        description="Time without activity after which a server is stopped; 0: never. Use by a person and "
        "`runningWork` are activity, an open page is not",
        json_schema_extra=metadata(unit="minutes"),
    )
    kernel_idle_minutes: WholeNumber = Field(
        120,
        ge=0,
        le=60 * 24 * 30,
        description="Time after which an idle kernel ends in a server that goes on, even if its notebook is open; 0: "
        "never. A kernel ends with its server in any case",
        json_schema_extra=metadata(unit="minutes"),
    )
    running_work: tuple[Work, ...] = Field(
        WORK,
        description="Work that counts as activity although nobody uses the server: `kernels` (cells that run), "
        "`programs` (in terminals, or in the background with at least a tenth of a CPU), `dask` (tasks that run or "
        "wait); by default all",
        examples=[["kernels", "dask"]],
    )
    unattended_hours: WholeNumber = Field(
        168,
        ge=0,
        le=24 * 365,
        description="Time after a person's last use for which running work counts, as a bound for work without an end; "
        "0: without a bound",
        json_schema_extra=metadata(unit="hours"),
    )
    max_age_hours: WholeNumber = Field(
        0,
        ge=0,
        le=24 * 365,
        description="Age at which a server is stopped, even if it is active; 0: never",
        json_schema_extra=metadata(unit="hours"),
    )


class Notebook(Section):
    """Notebook server settings other than its size."""

    image: FixedImage = Field(
        DEFAULT_IMAGE,
        validate_default=True,
        description="Container image of notebook servers and the Dask clusters that they start, with a tag or digest",
    )
    default_url: ServerPath = Field("/lab", description="Path that opens after log-in")
    start_timeout_seconds: WholeNumber = Field(
        900,
        ge=30,
        le=7200,
        description="Time that a server may take to start, including the first pull of its image",
        json_schema_extra=metadata(unit="seconds"),
    )
    pre_pull: bool = Field(
        True, description="Whether every node pulls the image in advance, so that no user waits for it"
    )
    profiles: tuple[NotebookProfile, ...] = Field(
        (),
        description="Choices offered before a server starts; by default none",
        examples=[[{"name": "Small", "default": True}, {"name": "Large memory", "ramGb": 32}]],
    )
    environment: Environment = Field(
        default_factory=dict,
        exclude_if=operator.not_,
        description="Environment variables of all notebook servers: text in quotes, or a key "
        "of a Secret in the tenancy's namespace. Secrets must not be written as text",
        examples=[{"OMP_NUM_THREADS": "1", "AWS_SECRET_ACCESS_KEY": {"secret": "s3", "key": "secret-key"}}],
        json_schema_extra=metadata(names_secrets=True),
    )
    group_environment: GroupEnvironments = Field(
        default_factory=dict,
        exclude_if=operator.not_,
        description="Environment variables of the servers of a FreeIPA group's members, by group. They override "
        "`notebook.environment`. For a member of several groups with the same variable, the group whose name is the "
        "last in alphabetical order decides",
        examples=[{"ocean": {"AWS_SECRET_ACCESS_KEY": {"secret": "s3-ocean", "key": "secret-key"}}}],
        json_schema_extra=metadata(names_secrets=True),
    )
    culling: Culling = Field(default_factory=Culling, description="Automatic stop of notebook servers")
    further_servers: WholeNumber = Field(
        0,
        ge=0,
        le=10,
        exclude_if=operator.not_,
        description="Servers that each user may have beside the usual one, each with a name, an own choice of profile, "
        "and the same home. All servers of a user run on one node, as long as only one node can mount the home",
    )
    temporary_storage_gb: StorageGb = Field(
        DEFAULT_STORAGE_GB,
        description="Limit of what a server writes to its node's disk outside of the home and of shared folders, for "
        "example to `/tmp`. A server that exceeds it is stopped",
    )
    temporary_storage_request_gb: StorageRequestGb = Field(
        None,
        description="Temporary storage that is reserved for each server, by default "
        f"{DEFAULT_REQUEST_GB} GB if the nodes' `diskGb` is set in `workers`, and otherwise none",
    )

    def environments(self) -> Iterator[tuple[Location, Mapping[str, Variable]]]:
        """Yield every mapping of variables with its place below ``notebook``, the most general first."""
        yield ("environment",), self.environment
        for group, environment in self.group_environment.items():
            yield ("groupEnvironment", group), environment
        for number, profile in enumerate(self.profiles):
            yield ("profiles", number, "environment"), profile.environment

    def secret_keys(self) -> Iterator[tuple[Location, SecretKey]]:
        """Yield every key of a Secret that variables refer to, with its place below ``notebook``."""
        for place, environment in self.environments():
            for name, value in environment.items():
                if isinstance(value, SecretKey) and not is_repeated(name, environment):
                    yield (*place, name), value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        limits = [("temporaryStorageGb", self.temporary_storage_gb)]
        raise_problems(
            "Notebook",
            [
                *_mixed_kinds(self.environments()),
                *find_repetitions(self.profiles),
                *find_larger_request(self.temporary_storage_request_gb, limits),
            ],
        )
        size = sum(_stored_size(f"{name}{value}") for _, each in self.environments() for name, value in each.items())
        if size > MAX_ENVIRONMENT_SIZE:
            raise ValueError(
                f"has environment variables of {size} characters in all; write at most {MAX_ENVIRONMENT_SIZE}"
            )
        return self


def _mixed_kinds(environments: Iterable[tuple[Location, Mapping[str, Variable]]]) -> Iterator[Found]:
    """Yield each variable that is text in one place and from a Secret in another.

    JupyterHub merges the mappings (``recursive_update``), and cannot merge a reference into a text.
    """
    first: dict[str, tuple[Location, bool]] = {}
    reported: set[Location] = set()
    kinds = {True: "from a Secret", False: "text"}
    for place, environment in environments:
        for name, value in environment.items():
            is_reference = isinstance(value, SecretKey)
            other, is_other_reference = first.setdefault(name, (place, is_reference))
            # A name in small letters that the program adds is reported as the one in the stack file.
            at = (*place, name.upper() if is_repeated(name, environment) else name)
            if is_other_reference is not is_reference and at not in reported:
                reported.add(at)
                yield (
                    at,
                    {} if is_reference else value,
                    f"is {kinds[is_reference]} here, but {kinds[is_other_reference]} in "
                    f"{format_key(('notebook', *other))}; write the same kind in both",
                )


def _stored_size(text: str) -> int:
    return len(json.dumps(text)) + sum(text.count(each) for each in "{}$")
