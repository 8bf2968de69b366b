"""Profiles: the choices offered before a notebook server starts."""

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from components.config.environment import Environment, Found
from components.config.image import FixedImage, Image
from components.config.image_pattern import EXAMPLE, ImagePatternText
from components.config.pools import MAX_NODE_GPUS
from components.config.problems import format_key
from components.config.schema import Location
from components.config.section import Place, Section, metadata
from components.config.types import MIN_CPUS, MIN_RAM_GB, FreeIpaName, Number, PoolName, Text, WholeNumber

MAX_CPUS = 512
"""Most CPUs of a notebook server or Dask worker."""

MAX_RAM_GB = 4096
"""Most memory of a notebook server or Dask worker, in GB."""


ServerCpus = Annotated[
    Number | None,
    Field(
        ge=MIN_CPUS,
        le=MAX_CPUS,
        description="CPUs of the server, both guaranteed and the limit",
        examples=[8],
        json_schema_extra=metadata(unit="CPUs"),
    ),
]

ServerRamGb = Annotated[
    Number | None,
    Field(
        ge=MIN_RAM_GB,
        le=MAX_RAM_GB,
        description="Memory of the server, both guaranteed and the limit",
        examples=[32],
        json_schema_extra=metadata(unit="GB"),
    ),
]


class ImageChoice(Section):
    """An image that users of a profile can choose."""

    name: Text = Field(
        min_length=1, max_length=80, description="Name that users see on the page", examples=["Machine learning"]
    )
    image: FixedImage = Field(
        description="Container image of the server and of the Dask clusters that it starts, with a tag or digest",
        examples=["quay.io/pangeo/ml-notebook:2026.06.04"],
    )
    default: bool = Field(False, description="Preselected; if no image is, the first one is preselected")


class SizeChoice(Section):
    """A size that users of a profile can choose. Keys that are not set have the profile's values."""

    name: Text = Field(min_length=1, max_length=80, description="Name that users see on the page", examples=["Large"])
    cpus: ServerCpus = None
    ram_gb: ServerRamGb = None
    gpus: WholeNumber | None = Field(
        None,
        ge=0,
        le=MAX_NODE_GPUS,
        description="GPUs of the server",
        examples=[1],
        json_schema_extra=metadata(unit="GPUs"),
    )
    default: bool = Field(False, description="Preselected; if no size is, the first one is preselected")


class CustomImages(Section):
    """Images that users of a profile write themselves."""

    pattern: ImagePatternText = Field(
        description="Names of the images: a registry and a path, in which `*` stands for one part of the path between "
        "slashes, or for characters in it, and `**` at the end for one or more parts. Users add a tag other than "
        "`latest`, or a digest",
        examples=[EXAMPLE],
    )


class NotebookProfile(Section):
    """A choice on the page that starts a server. Keys that are not set have the tenancy's values."""

    name: Text = Field(
        min_length=1, max_length=80, description="Name that users see on the page", examples=["Large memory"]
    )
    description: Text = Field("", max_length=400, description="Sentence below the name")
    cpus: ServerCpus = None
    ram_gb: ServerRamGb = None
    gpus: WholeNumber | None = Field(
        None,
        ge=0,
        le=MAX_NODE_GPUS,
        description="GPUs of the server, by default none. It requests the `gpuResource` of the pools in "
        "`workers.pools`, or `nvidia.com/gpu` if `workers` is not set",
        examples=[1],
        json_schema_extra=metadata(unit="GPUs"),
    )
    image: FixedImage | None = Field(
        None,
        description="Container image of the server and of the Dask clusters that it starts, with a tag or digest",
        examples=["quay.io/pangeo/ml-notebook:2026.06.04"],
    )
    images: tuple[ImageChoice, ...] = Field(
        (),
        exclude_if=operator.not_,
        description="Images to choose from, in place of `image`",
        examples=[
            [
                {"name": "Pangeo", "image": "quay.io/pangeo/pangeo-notebook:2026.06.04"},
                {"name": "Machine learning", "image": "quay.io/pangeo/ml-notebook:2026.06.04"},
            ]
        ],
    )
    custom_images: CustomImages | None = Field(
        None,
        description="Images that users write themselves instead of a listed one; by default none. The "
        "publisher of an image that matches can run programs with the files of users who choose it",
        examples=[{"pattern": EXAMPLE}],
    )
    sizes: tuple[SizeChoice, ...] = Field(
        (),
        exclude_if=operator.not_,
        description="Sizes to choose from. Keys that a size does not set have the values of the profile",
        examples=[[{"name": "Small", "cpus": 1, "ramGb": 4}, {"name": "Large", "cpus": 8, "ramGb": 32}]],
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

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str | Place, str]]:
        """Refuse an image beside the images to choose from."""
        if given.get("image") and given.get("images"):
            yield "image", "must not be set together with images; add it to images as the default, or remove it"

    def own_images(self) -> list[Image]:
        """Return the listed images; empty if the profile has the tenancy's image."""
        return [each.image for each in self.images] or ([] if self.image is None else [self.image])

    def own_sizes(self, cpus: float, ram_gb: float) -> list[tuple[SizeChoice | None, float, float]]:
        """Return each size of the profile with its CPUs and GB; None in place of a choice if there is only one size.

        Args:
            cpus: the tenancy's CPUs of a server.
            ram_gb: the tenancy's memory of a server.
        """
        cpus, ram_gb = self.cpus or cpus, self.ram_gb or ram_gb
        return [(each, each.cpus or cpus, each.ram_gb or ram_gb) for each in self.sizes] or [(None, cpus, ram_gb)]

    def gpus_of(self, size: SizeChoice | None) -> int:
        """Return the GPUs of a size of the profile; None is the only size of a profile without sizes to choose."""
        return (self.gpus if size is None or size.gpus is None else size.gpus) or 0


def find_repetitions(profiles: Sequence[NotebookProfile]) -> Iterator[Found]:
    """Yield each name that an earlier profile has, and each preselected profile after the first.

    The same is yielded for the images and the sizes of each profile.
    """
    yield from _repeated(("profiles",), profiles)
    for number, profile in enumerate(profiles):
        yield from _repeated(("profiles", number, "images"), profile.images)
        yield from _repeated(("profiles", number, "sizes"), profile.sizes)


def _repeated(place: Location, choices: Iterable[NotebookProfile | ImageChoice | SizeChoice]) -> Iterator[Found]:
    first: dict[str | bool, int] = {}
    for number, choice in enumerate(choices):
        for key, value, message in (
            ("name", choice.name, "is also the name of {}; write another name"),
            ("default", choice.default, "is also true in {}; keep it on one of them"),
        ):
            if value and (earlier := first.setdefault(value, number)) != number:
                yield (*place, number, key), value, message.format(format_key(("notebook", *place, earlier)))
