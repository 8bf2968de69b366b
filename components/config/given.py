"""Sections of a stack file before the whole of it is valid, for checks of several sections together."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError

from components.config.section import Section

S = TypeVar("S", bound=Section)


def read_valid(section: type[S], given: object) -> S | None:
    """Return a section that is valid by itself; None for another, whose own problems are reported elsewhere."""
    try:
        return section.model_validate(given)
    except ValidationError:
        return None


def list_items(section: object, key: str) -> Sequence[object]:
    """Return the items of a list in a section; none if there is no such list."""
    items = section.get(key) if isinstance(section, Mapping) else None
    return items if isinstance(items, Sequence) and not isinstance(items, str) else ()
