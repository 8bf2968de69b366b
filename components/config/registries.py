"""The section ``registries``: the registries that nodes pull the release's images from."""

import re
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field

from components.config.image import Image, check_registry_port
from components.config.section import Section, metadata
from components.config.types import EMPTY_IS_NONE, SecretName

DOCKER_HUB = "docker.io"
"""Registry of images without one."""

OFFICIAL = "library"
"""Namespace of images at Docker Hub without one, such as ``traefik``."""

MAX_MIRROR_LENGTH = 128
"""Most characters of a mirror. With the longest names of the charts' images, a name stays below the limit of 255."""

_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-z0-9]+(?:-+[a-z0-9]+)*"
_MIRROR = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})+(?::[0-9]{{1,5}})?|{_LABEL}:[0-9]{{1,5}})(?:/{_PART})*")


def _mirror(value: str) -> str:
    """Check a registry's host with an optional path, in which the mirror has one folder for each registry."""
    if "://" in value:
        raise ValueError("is a URL; write the registry without the protocol, for example registry.example.org/cache")
    if value.endswith("/"):
        raise ValueError("ends with a slash; write for example registry.example.org/cache")
    if not _MIRROR.fullmatch(value):
        raise ValueError(
            "is not a registry's host with an optional port and path; write for example registry.example.org/cache"
        )
    check_registry_port(value.partition("/")[0])
    return value


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise ValueError(f"contains {repeated} twice; remove one of them")
    return names


Mirror = Annotated[str, Field(max_length=MAX_MIRROR_LENGTH), AfterValidator(_mirror)]


class Registries(Section):
    """Registries that the nodes pull the images of the hub, the notebooks and Dask from."""

    mirror: Annotated[Mirror | None, EMPTY_IS_NONE] = Field(
        None,
        description="Registry, with a path if it has one, that all images are pulled from, also those of the charts. "
        "An image `<registry>/<repository>:<tag>` becomes `<mirror>/<registry>/<repository>:<tag>`, without the "
        "registry's port. An image without a registry is in `docker.io`, and there one without a namespace in "
        "`library`. An image in the mirror's own registry keeps its name",
        examples=["registry.example.org/cache"],
    )
    pull_secrets: Annotated[tuple[SecretName, ...], AfterValidator(_unique)] = Field(
        (),
        description="Secrets of the type `kubernetes.io/dockerconfigjson` in the hub's namespace, with which the nodes "
        "pull the images of all pods",
        examples=[["registry-login"]],
        json_schema_extra=metadata(names_secrets=True),
    )

    def locate(self, image: Image) -> Image:
        """Return the image as the nodes pull it: from the mirror, or unchanged without one."""
        registry, repository = split_registry(image.name)
        prefix = self.mirror_prefix(registry)
        # A colon cannot be in the path of a name.
        return replace(image, name=f"{prefix}{registry.partition(':')[0]}/{repository}") if prefix else image

    def mirror_prefix(self, registry: str) -> str:
        """Return the beginning of the names in the mirror that a registry's images have; empty if they keep theirs."""
        is_own = self.mirror is None or registry == self.mirror.partition("/")[0]
        return "" if is_own else f"{self.mirror}/"

    @property
    def pull_secret_references(self) -> list[dict[str, str]]:
        """The Secrets in the form of a pod's ``imagePullSecrets``."""
        return [{"name": name} for name in self.pull_secrets]


def split_registry(name: str) -> tuple[str, str]:
    """Return an image's registry and repository, e.g. ``docker.io`` and ``library/traefik`` for ``traefik``.

    Source: ``splitDockerDomain`` in github.com/distribution/reference, ``normalize.go``.
    """
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, repository = first, rest
    else:
        registry, repository = DOCKER_HUB, name
    if registry == DOCKER_HUB and "/" not in repository:
        repository = f"{OFFICIAL}/{repository}"
    return registry, repository
