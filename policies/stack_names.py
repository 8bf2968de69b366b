"""What a stack file takes that no other may have, without reading the rest of it.

Every preview compares itself with every other stack file, so among N previews each file is read N times. To read a
whole file costs ten times as much as this, most of it in PyYAML's own parser. This has libyaml's events for all of the
file but the values of four keys only, and gives up on all that is not plain: then the whole file is read. So what the
program would not take is found unreadable here too, but for wrong values of keys that name nothing.
"""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ValidationError, create_model

from components.config.problems import NAMESPACE
from components.config.section import Section
from components.config.stack_file import PASSWORD_KEY, read_stack
from components.config.tenancy import Tenancy

NAMING = ("cluster_name", "external_ip", "pangeo_domain", "domain_suffix")
"""The fields of a tenancy that its names are made of."""

DEEPEST = 50
"""How many groups inside each other are followed; a stack file has six."""

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KNOWN = {field.alias or name for name, field in Tenancy.model_fields.items()} | {PASSWORD_KEY}
_RESOLVER = yaml.resolver.Resolver()
_TEXT = "tag:yaml.org,2002:str"


class Names(NamedTuple):
    """What is a tenancy's alone."""

    namespace: str
    domain: str
    group: str


def names_of(tenancy: Tenancy) -> Names:
    """The names of a tenancy that is read."""
    return Names(tenancy.namespace, tenancy.domain, tenancy.notebook_users_group)


def names_in(path: Path) -> Names:
    """The names in a stack file.

    Raises:
        InvalidTenancy: they cannot be told; with every problem of the file.
    """
    try:
        given = _naming_settings(path.read_text(encoding="utf-8"))
        named = _naming().model_validate(given, by_alias=True, by_name=False)
    except (_NotPlain, ValidationError, yaml.YAMLError, OSError, UnicodeDecodeError):
        return names_of(read_stack(path))
    return names_of(Tenancy.model_construct(**dict(named)))


class _NotPlain(Exception):
    """The file may be good or not; this reading does not tell."""


@functools.cache
def _naming() -> type[BaseModel]:
    """A tenancy of only the fields that its names are made of, each read as a tenancy's is."""
    fields = {name: (Tenancy.model_fields[name].annotation, Tenancy.model_fields[name]) for name in NAMING}
    return create_model("Naming", __base__=Section, **fields)  # type: ignore[call-overload,no-any-return]


def _naming_settings(text: str) -> Mapping[str, str]:
    """The values of the keys that name something.

    Raises:
        _NotPlain: as :func:`_document`; a key that the program does not know; a name that is no text.
        yaml.YAMLError: the text is no YAML.
    """
    document = _document(text)
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise _NotPlain
    naming = {Tenancy.model_fields[name].alias for name in NAMING}
    given: dict[str, str] = {}
    for full_key, value in config.items():
        namespace, colon, key = full_key.partition(":")
        if not colon or (namespace == NAMESPACE) != (key in _KNOWN):
            raise _NotPlain
        if namespace == NAMESPACE and key in naming:
            if not isinstance(value, str):
                raise _NotPlain
            given[key] = value
    return given


def _document(text: str) -> object:
    """Groups as dictionaries and text as itself; what else there is, lists too, as None.

    Raises:
        _NotPlain: not one document, a key given twice or of several parts, an alias, a tag, groups too deep.
        yaml.YAMLError: the text is no YAML.
    """
    # Not yaml.compose: libyaml's follows nested groups until its stack is full.
    events = yaml.parse(text, Loader=_LOADER)
    document: object = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if document is not None:
                raise _NotPlain
            document = _value(next(events), events, depth=0)
    return document


def _value(event: yaml.Event, events: Iterator[yaml.Event], *, depth: int) -> object:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None) is not None or depth > DEEPEST:
        raise _NotPlain
    if isinstance(event, yaml.ScalarEvent):
        return event.value if _is_text(event) else None
    if isinstance(event, yaml.SequenceStartEvent):
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            _value(inner, events, depth=depth + 1)
        return None
    found: dict[str, object] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent) or key.tag is not None or key.value in found:
            raise _NotPlain
        found[key.value] = _value(next(events), events, depth=depth + 1)
    return found


def _is_text(scalar: yaml.ScalarEvent) -> bool:
    """Whether YAML 1.1, YAML 1.2 and the engine all take it for text."""
    is_plain = scalar.implicit[0]
    if is_plain and _RESOLVER.resolve(yaml.ScalarNode, scalar.value, scalar.implicit) != _TEXT:  # type: ignore[no-untyped-call]
        return False
    try:
        float(scalar.value)
    except ValueError:
        return True
    return not is_plain
