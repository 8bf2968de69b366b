"""Keys looked up in the model: which group one is in, what is noted of it, which known one is nearest."""

import difflib
from collections.abc import Iterable
from typing import get_args

from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from components.config.section import Section

Location = tuple[int | str, ...]
"""Keys and places in lists, from the tenancy inwards."""


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, case and underscores aside; None where none is near."""
    lowered = {name.lower(): name for name in known}
    near = difflib.get_close_matches(to_camel(word.replace("-", "_")).lower(), lowered, n=1, cutoff=0.6)
    return lowered[near[0]] if near else None


def field_metadata(field: FieldInfo | None, key: str) -> object:
    """What ``settings.notes`` says of a field."""
    extra = field.json_schema_extra if field is not None else None
    return extra.get(key) if isinstance(extra, dict) else None


def find_section(annotation: object) -> type[Section] | None:
    """The group of settings a field holds, also where it is optional or one of many."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((group for inner in get_args(annotation) if (group := find_section(inner))), None)


def list_nested_fields(field: FieldInfo) -> Iterable[FieldInfo]:
    """The fields of the group a field holds; none where it holds a value."""
    group = find_section(field.annotation)
    return group.model_fields.values() if group else ()


def find_field(model: type[Section], location: Location) -> tuple[type[Section] | None, FieldInfo | None]:
    """The group a location is in, and its field where it has one."""
    owner: type[Section] | None = model
    field: FieldInfo | None = None
    for place, part in enumerate(location):
        if isinstance(part, int):
            continue
        if owner is None:
            return None, field
        field = next((of for name, of in owner.model_fields.items() if part in (of.alias, name)), None)
        if field is None or place == len(location) - 1:
            return owner, field
        owner = find_section(field.annotation)
    return owner, field


def list_keys(owner: type[Section] | None) -> list[str]:
    """The keys of a group, sorted."""
    return sorted(field.alias or name for name, field in owner.model_fields.items()) if owner else []
