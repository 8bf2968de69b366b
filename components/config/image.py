"""Container images in a stack file, which must have a fixed tag or a digest."""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Self

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

PATH_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
"""Expression for a part of an image's path, between slashes."""

REGISTRY = r"[a-z0-9]+(?:[.-]+[a-z0-9]+)*(?::[0-9]{1,5})?"
"""Expression for a registry's host with an optional port."""

TAG = r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}"
"""Expression for a tag. In browsers, a hyphen in brackets must be escaped (``ImagePattern``)."""

_IMAGE_NAME = rf"(?:{REGISTRY}/)?{PATH_PART}(?:/{PATH_PART})*"
_IMAGE = re.compile(rf"{_IMAGE_NAME}:{TAG}(@sha256:[0-9a-f]{{64}})?")
_IMAGE_BY_DIGEST = re.compile(rf"{_IMAGE_NAME}@sha256:[0-9a-f]{{64}}")


@dataclass(frozen=True)
class Image:
    """A container image: ``name``, ``name:tag``, ``name@digest`` or ``name:tag@digest``."""

    name: str
    """Registry and repository, e.g. ``registry.example.org:5000/pangeo/notebook``."""
    tag: str | None = None
    digest: str | None = None
    """Algorithm and hash, e.g. ``sha256:4f53…``. Where there is one, it decides, and the tag has no effect."""

    @classmethod
    def parse(cls, reference: str) -> Self:
        """Split an image reference. A colon before the last slash belongs to the registry's port, not to a tag."""
        rest, _, digest = reference.partition("@")
        registry, slash, last = rest.rpartition("/")
        repository, _, tag = last.partition(":")
        return cls(f"{registry}{slash}{repository}", tag or None, digest or None)

    @property
    def name_and_tag(self) -> tuple[str, str]:
        """Values of ``image.name`` and ``image.tag`` in both charts, which join them with a colon.

        A digest is therefore divided at its own colon.
        """
        if self.digest is None:
            return self.name, self.tag or ""
        algorithm, _, content_hash = self.digest.partition(":")
        return f"{replace(self, digest=None)}@{algorithm}", content_hash

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        digest = "" if self.digest is None else f"@{self.digest}"
        return f"{self.name}{tag}{digest}"


def check_registry_port(registry: str) -> None:
    """Check the port of a registry's host, if it has one.

    Raises:
        ValueError: no server can have it.
    """
    port = registry.partition(":")[2]
    if port and not 0 < int(port) < 65536:
        raise ValueError(f"has the port {port} of a registry, which no server can have; write 1 to 65535")


def _image(value: object) -> Image:
    if isinstance(value, Image):
        return value
    if not isinstance(value, str):
        raise ValueError("is not a string; write for example quay.io/pangeo/pangeo-notebook:2026.06.04")
    value = value.strip()
    if "://" in value:
        raise ValueError("is a URL; write the image without the protocol")
    is_by_digest = bool(_IMAGE_BY_DIGEST.fullmatch(value))
    if not is_by_digest and not _IMAGE.fullmatch(value):
        raise ValueError(
            "is not an image with a tag or digest; write for example quay.io/pangeo/pangeo-notebook:2026.06.04"
        )
    registry, slash, _ = value.partition("/")
    if slash:
        check_registry_port(registry)
    if value.endswith(":latest"):
        raise ValueError(
            "has the tag latest, which is not fixed; write for example quay.io/pangeo/pangeo-notebook:2026.06.04"
        )
    return Image.parse(value)


FixedImage = Annotated[Image, BeforeValidator(_image), PlainSerializer(str), WithJsonSchema({"type": "string"})]
"""An image with a tag other than ``latest``, or with a digest."""
