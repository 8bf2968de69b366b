"""The section ``termsOfUse``: a text that users accept before their first server starts."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from components.config.plain_text import check_text
from components.config.section import Section

MAX_LENGTH = 20_000
"""Most characters of the terms. The hub's Secret contains them twice."""

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def _text(value: str) -> str:
    text = check_text(value).strip()
    if not text:
        raise ValueError("is empty; write the terms, or remove the section")
    return text


def _version(value: str) -> str:
    if not _VERSION.fullmatch(value):
        raise ValueError("must have 1 to 32 letters, digits, dots, dashes and underscores; write for example 2026-12")
    return value


class TermsOfUse(Section):
    """Terms that each user must accept before a server starts."""

    text: Annotated[str, Field(max_length=MAX_LENGTH), AfterValidator(_text)] = Field(
        description="The terms, as text that is never read as HTML. Lines are kept, and addresses that begin with "
        "`https://` become links",
        examples=["Use this service for research only. Details: https://example.org/terms"],
    )
    version: Annotated[str, AfterValidator(_version)] = Field(
        description="Version of the text. After a change, users are asked again; running servers go on",
        examples=["2026-12"],
    )
