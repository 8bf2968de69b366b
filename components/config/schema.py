"""Look-ups in the model: the section and field of a key, a field's metadata, and the known key nearest to a typo."""

import difflib
from collections.abc import Iterable
from typing import get_args, get_origin

from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from components.config.section import Section

Location = tuple[int | str, ...]
"""Path from the top level of the configuration to a value: keys, and indices of lists."""


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most similar to ``word``, ignoring case and underscores; None if none is similar."""
    lowered = {name.lower(): name for name in known}
    matches = difflib.get_close_matches(to_camel(word.replace("-", "_")).lower(), lowered, n=1, cutoff=0.6)
    return lowered[matches[0]] if matches else None


def field_metadata(field: FieldInfo | None, key: str) -> object:
    """Return one property that ``section.metadata`` gave a field, such as ``unit`` or ``updates``, or None."""
    extra = field.json_schema_extra if field is not None else None
    return extra.get(key) if isinstance(extra, dict) else None


def find_section(annotation: object) -> type[Section] | None:
    """Return the section in a field's annotation, also if it is optional or the item of a list; None for a value."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((section for inner in get_args(annotation) if (section := find_section(inner))), None)


def list_nested_fields(field: FieldInfo) -> Iterable[FieldInfo]:
    """Return the fields of the section that a field holds; none if it holds a value."""
    section = find_section(field.annotation)
    return section.model_fields.values() if section else ()


def is_map_of_sections(field: FieldInfo) -> bool:
    """Return whether a field holds sections by name."""
    return get_origin(field.annotation) is dict and find_section(field.annotation) is not None


def find_field(model: type[Section], location: Location) -> tuple[type[Section] | None, FieldInfo | None]:
    """Return the section that contains a location, and the location's field; None for what does not exist."""
    section: type[Section] | None = model
    field: FieldInfo | None = None
    is_name = False
    for depth, part in enumerate(location):
        if isinstance(part, int) or is_name:
            is_name = False
            continue
        if section is None:
            return None, field
        field = next((known for name, known in section.model_fields.items() if part in (known.alias, name)), None)
        if field is None or depth == len(location) - 1:
            return section, field
        section, is_name = find_section(field.annotation), is_map_of_sections(field)
    return section, field


def list_keys(section: type[Section] | None) -> list[str]:
    """Return the keys of a section as a stack file spells them, sorted."""
    return sorted(field.alias or name for name, field in section.model_fields.items()) if section else []
