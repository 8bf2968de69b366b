"""The section ``branding``: the community's name, logo and links on the hub's pages."""

import re
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from components.config.plain_text import check_line
from components.config.problems import HiddenValue
from components.config.section import Section
from components.config.types import EMPTY_IS_NONE

MAX_LINKS = 8
MAX_URL_LENGTH = 500
LOGO_TYPES = (".svg", ".png")

_ADDRESS = re.compile(r"[^\s<>\"'`{}|\\^@]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_FORBIDDEN = re.compile(r"[\s<>\"'`{}|\\^\x00-\x1f\x7f]")


def _logo(value: str) -> str:
    example = "for example stacks/logos/ocean.svg"
    if "://" in value or value.startswith(("//", "data:")):
        raise ValueError(
            "is a URL; save the image in the repository and write its path: an image of another host would show that "
            f"host the address of each visitor; {example}"
        )
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value:
        raise ValueError(f"is not a path below the repository's folder; write {example}")
    if path.suffix.lower() not in LOGO_TYPES:
        raise ValueError(f"is neither an SVG nor a PNG file; write {example}")
    return str(path)


def _url(value: str) -> str:
    example = "write for example https://example.org/help, or mailto:help@example.org"
    if _FORBIDDEN.search(value):
        raise ValueError(f"contains a blank or another character that no URL has; {example}")
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        raise ValueError(f"is not a URL; {example}") from None
    if parts.scheme == "mailto" and _ADDRESS.fullmatch(parts.path):
        return value
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError(f"is not the URL of a page or an e-mail address; {example}")
    if "@" in parts.netloc:
        raise HiddenValue(f"contains a user name or a password; {example}")
    return value


def _check_count(value: tuple["Link", ...]) -> tuple["Link", ...]:
    if len(value) > MAX_LINKS:
        raise ValueError(f"has {len(value)} links; write at most {MAX_LINKS}")
    return value


class Link(Section):
    """A link at the end of each of the hub's pages."""

    text: Annotated[str, Field(max_length=60), AfterValidator(check_line)] = Field(
        description="Text of the link", examples=["Help"]
    )
    url: Annotated[str, Field(max_length=MAX_URL_LENGTH), AfterValidator(_url)] = Field(
        description="Address: `https://`, `http://` or `mailto:`", examples=["https://example.org/help"]
    )


class Branding(Section):
    """The community's name, logo and links."""

    name: Annotated[Annotated[str, Field(max_length=60), AfterValidator(check_line)] | None, EMPTY_IS_NONE] = Field(
        None,
        description="Name of the community, in the titles and at the top of the hub's pages; by default `JupyterHub` "
        "in the titles only",
        examples=["Ocean Modelling"],
    )
    logo: Annotated[Annotated[str, AfterValidator(_logo)] | None, EMPTY_IS_NONE] = Field(
        None,
        description="Image at the top of the hub's pages: path of an SVG or PNG file in the repository, of at most "
        "32 KiB. By default JupyterHub's",
        examples=["stacks/logos/ocean.svg"],
    )
    links: Annotated[tuple[Link, ...], AfterValidator(_check_count)] = Field(
        (),
        description="Links at the end of each of the hub's pages",
        examples=[[{"text": "Help", "url": "https://example.org/help"}]],
    )
