"""The community's logo: an image of the repository, checked by its content, as text for the hub's pod."""

import base64
import re
from pathlib import Path
from xml.etree import ElementTree

from components.chart.mounted_code import COMPONENTS, mounted_file
from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.tenancy import Tenancy
from components.in_hub.logo_file import FILE

ROOT = COMPONENTS.parent
"""Folder of the repository, to which the stack file's path is relative."""

MAX_BYTES = 32 * 1024
"""Largest file: the hub's Secret contains it twice, a third longer."""

MAX_PIXELS = 4096
"""Largest width and height of a PNG: a small file can have more pixels than a browser has memory for."""

PNG, SVG = "image/png", "image/svg+xml"

_PNG_BEGIN, _PNG_END = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\0\0\0\0IEND\xaeB`\x82"
_SVG_NAMESPACE = "{http://www.w3.org/2000/svg}"
_DECLARATION = re.compile(r"<!DOCTYPE|<!ENTITY|<\?(?!xml\s)", re.IGNORECASE)
_OUTSIDE = re.compile(r"@import|javascript:|url\((?!\s*[\"']?#)", re.IGNORECASE)
_INSIDE = re.compile(r"#|data:image/(png|jpeg);base64,")
_ACTIVE = {"script", "foreignobject", "iframe", "object", "embed", "audio", "video", "handler", "listener"}


class InvalidLogo(ValueError):
    """The file is no image that the hub may serve. The text continues a sentence that begins with the file's name."""


def find_type(content: bytes) -> str:
    """Return the media type of an image.

    The hub serves the image from its own origin, so an SVG must contain nothing that runs or that loads other files.

    Raises:
        InvalidLogo: It is neither a PNG nor such an SVG, or is too large.
    """
    if len(content) > MAX_BYTES:
        raise InvalidLogo(f"has {len(content):,} bytes; write a file of at most {MAX_BYTES:,}")
    if content.startswith(_PNG_BEGIN):
        if not content.endswith(_PNG_END):
            raise InvalidLogo("is an incomplete PNG image; export it again")
        width, height = (int.from_bytes(content[at : at + 4]) for at in (16, 20))
        if max(width, height) > MAX_PIXELS:
            largest = f"{MAX_PIXELS:,} x {MAX_PIXELS:,}"
            raise InvalidLogo(f"has {width:,} x {height:,} pixels; export it with at most {largest}")
        return PNG
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidLogo("is neither a PNG nor an SVG image in UTF-8; export it again") from None
    if _DECLARATION.search(text):
        raise InvalidLogo("is an SVG with a document type, an entity or a style sheet; export it as plain SVG")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - it has no entities, which could expand
    except (ElementTree.ParseError, RecursionError):
        raise InvalidLogo("is neither a PNG nor an SVG image; write the path of one") from None
    if root.tag != f"{_SVG_NAMESPACE}svg":
        raise InvalidLogo("is XML, but not an SVG image; write the path of one")
    for element in root.iter():
        _check_element(element)
    return SVG


def _check_element(element: ElementTree.Element) -> None:
    tag = element.tag.rpartition("}")[2]
    if tag.lower() in _ACTIVE:
        raise InvalidLogo(f"is an SVG with the element {tag}; export it as plain SVG")
    for qualified, value in element.attrib.items():
        name = qualified.rpartition("}")[2]
        if name.lower().startswith("on"):
            raise InvalidLogo(f"is an SVG with the script {name}; export it as plain SVG")
        if name.lower() in ("href", "src") and not _INSIDE.match(value.strip()):
            raise InvalidLogo("is an SVG that refers to another file; export it with everything embedded")
    if any(_OUTSIDE.search(text) for text in (element.text or "", element.tail or "", *element.attrib.values())):
        raise InvalidLogo("is an SVG that refers to another file; export it with everything embedded")


def logo_text(content: bytes) -> str:
    """Return an image as the mounted file has it: the media type, and the content in base64.

    Raises:
        InvalidLogo: The hub must not serve it.
    """
    return f"{find_type(content)}\n{base64.b64encode(content).decode()}\n"


def is_logo(text: object) -> bool:
    """Return whether a mounted file is a logo that the hub may serve."""
    if not isinstance(text, str):
        return False
    try:
        return text == logo_text(base64.b64decode(text.partition("\n")[2], validate=False))
    except ValueError:  # also InvalidLogo
        return False


def logo_file(tenancy: Tenancy, root: Path = ROOT) -> dict[str, object]:
    """Return the entry of ``hub.extraFiles`` with the logo; empty without one.

    ``check_logo`` reports a file that is missing or invalid; here, its content is then empty.
    """
    if tenancy.branding is None or tenancy.branding.logo is None:
        return {}
    try:
        text = _read(root / tenancy.branding.logo)
    except InvalidLogo:
        text = ""
    return mounted_file(f"in_hub/{FILE.name}", text)


LOGO_KEY = next(iter(mounted_file(f"in_hub/{FILE.name}", "")))
"""The key of that entry."""


def check_logo(tenancy: Tenancy, source: str, root: Path = ROOT) -> None:
    """Check that the stack file's logo exists and that the hub may serve it.

    Raises:
        InvalidTenancy: It does not.
    """
    if tenancy.branding is None or tenancy.branding.logo is None:
        return
    try:
        _read(root / tenancy.branding.logo)
    except InvalidLogo as invalid:
        key = format_key(("branding", "logo"))
        raise InvalidTenancy(source, [Problem(key, tenancy.branding.logo, str(invalid))]) from None


def _read(file: Path) -> str:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise InvalidLogo("does not exist; write the path from the repository's folder") from None
    except OSError as error:
        raise InvalidLogo(f"cannot be read: {error.strerror}") from None
    return logo_text(content)
