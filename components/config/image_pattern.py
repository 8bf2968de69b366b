"""Patterns of container images, for images that users write themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from components.config.image import PATH_PART, REGISTRY, TAG, check_registry_port

EXAMPLE = "registry.example.org/pangeo/*"

ANY_PARTS = "**"
"""Last part of a pattern: any number of parts, at least one."""

PUBLIC_REGISTRIES = (
    *("codeberg.org", "docker.io", "docker.pkg.github.com", "gcr.io", "ghcr.io", "icr.io", "pkg.dev"),
    *("public.ecr.aws", "quay.io", "registry.digitalocean.com", "registry.gitlab.com", "registry.hub.docker.com"),
)
"""Registries in which everybody can publish images: the owner's name must be in the pattern.

Hosts below them are such registries, too, for example ``index.docker.io`` and ``eu.gcr.io``.
"""

MAX_PATTERN_LENGTH = 200

_REGISTRY = re.compile(REGISTRY)
_PART = re.compile(r"(?=.*[a-z0-9*])[a-z0-9._-]*\*?[a-z0-9._-]*")
_CHARACTERS = r"[a-z0-9._\-]"


@dataclass(frozen=True)
class ImagePattern:
    """The names of some images: a registry and a path, in which ``*`` stands for characters other than a slash."""

    text: str

    @property
    def registry(self) -> str:
        """Host of the registry, with its port if it has one."""
        return self.text.partition("/")[0]

    @property
    def regular_expression(self) -> str:
        """The images that the pattern matches: its names with a tag other than ``latest``, or with a digest.

        It has the same meaning in Python and in browsers, also for a search that is anchored at one end only. Python's
        ``$`` also matches before a line break at the end. Of the parts of a name, each has at most one repetition that
        can end at several places, so that the time of a match grows with the length only.
        """
        path = self.text.partition("/")[2].split("/")
        parts = [
            f"{_CHARACTERS}+(?:/{_CHARACTERS}+)*" if part == ANY_PARTS else _part_expression(part) for part in path
        ]
        name = f"{PATH_PART}(?:/{PATH_PART})*"
        digest = "@sha256:[0-9a-f]{64}"
        return (
            rf"^{_literal(self.registry)}/(?={name}[:@]){'/'.join(parts)}"
            rf"(?::(?!latest$){TAG}(?:{digest})?|{digest})$(?!\n)"
        )

    def names_owner_in_mirror(self, mirror: str) -> bool:
        """Return whether the pattern names the registry, and its owner if it is public, of images of a mirror.

        Args:
            mirror: host and folder of the mirror, which has a folder for each registry. The pattern may also be for
                other images than those of the mirror.
        """
        host, *folders = mirror.split("/")
        parts = self.text.split("/")[1:]
        if self.registry != host:
            return True
        for folder, part in zip(folders, parts, strict=False):
            if part == ANY_PARTS:
                return False
            if not re.fullmatch(_part_expression(part), folder):
                return True
        below = parts[len(folders) :]
        return not below or ("*" not in below[0] and _names_owner(below[0], below[1:]))

    def __str__(self) -> str:
        return self.text


def _names_owner(registry: str, path: Sequence[str]) -> bool:
    """Return whether a pattern's path names the owner of images, if everybody can publish some in the registry."""
    host = registry.partition(":")[0]
    is_public = any(host == each or host.endswith(f".{each}") for each in PUBLIC_REGISTRIES)
    return not is_public or (len(path) > 1 and "*" not in path[0])


def _part_expression(part: str) -> str:
    before, star, after = part.partition("*")
    return f"{_literal(before)}{f'{_CHARACTERS}+' if star else ''}{_literal(after)}"


def _literal(text: str) -> str:
    """Return an expression for the text. Browsers refuse needless escapes, as those of ``re.escape``, in a pattern."""
    return text.replace(".", r"\.")


def _pattern(value: object) -> ImagePattern:
    if isinstance(value, ImagePattern):
        return value
    if not isinstance(value, str):
        raise ValueError(f"is not a string; write for example {EXAMPLE}")
    text = value.strip()
    if "://" in text:
        raise ValueError(f"is a URL; write it without the protocol, for example {EXAMPLE}")
    if len(text) > MAX_PATTERN_LENGTH:
        raise ValueError(f"has {len(text)} characters; write at most {MAX_PATTERN_LENGTH}")
    registry, slash, path = text.partition("/")
    if not slash or not _REGISTRY.fullmatch(registry) or not ("." in registry or ":" in registry):
        raise ValueError(f"does not begin with the host of a registry; write for example {EXAMPLE}")
    check_registry_port(registry)
    if ":" in path or "@" in path:
        raise ValueError(f"has a tag or digest, which users add to the name; write for example {EXAMPLE}")
    parts = path.split("/")
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        if part == ANY_PARTS and not is_last:
            raise ValueError(f"has {ANY_PARTS} before its end; write * for one part of the name")
        if part != ANY_PARTS and not _PART.fullmatch(part):
            raise ValueError(
                f"is not a pattern of image names: between slashes, there may be small letters, digits, . _ - and one "
                f"*; write for example {EXAMPLE}"
            )
    if not _names_owner(registry, parts):
        raise ValueError(
            f"permits images of everybody who has an account at {registry}; write an owner's name, for example "
            f"{registry}/pangeo/*"
        )
    return ImagePattern(text)


ImagePatternText = Annotated[
    ImagePattern, BeforeValidator(_pattern), PlainSerializer(str), WithJsonSchema({"type": "string"})
]
"""A pattern of images in a stack file."""
