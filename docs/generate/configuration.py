"""The configuration reference, ``docs/configuration.md``."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from components.config.environment import SecretKey
from components.config.problems import NAMESPACE, PASSWORD_KEY, READ_PASSWORD_KEY
from components.config.schema import field_metadata, find_section, is_map_of_sections
from components.config.section import Section
from components.config.tenancy import Tenancy
from components.preflight.dns import DNS_CHECK_VARIABLE
from docs.generate.fields import PASSWORD_DESCRIPTION, READ_PASSWORD_DESCRIPTION, describe, list_fields

INTRODUCTION = f"""\
# Configuration

<!-- Generated from components/config by `python -m docs.generate`; do not edit. -->

Each tenancy has one file, `stacks/Pulumi.<tenancy>.yaml`. Its keys are in the namespace `{NAMESPACE}`. Set a key with
`pulumi config set {NAMESPACE}:notebookCpus 2`, and a key inside a section with
`pulumi config set --path {NAMESPACE}:identity.realm EXAMPLE.ORG`. An unknown key is an error.

The column *Update* shows whether a key may change after the first `pulumi up`. The preview fails if a key has changed
that may not. 1 GB is 1024³ bytes: write 2 for what Kubernetes calls `2Gi`.

`python -m components check` checks all stack files, `python -m components check vis` only that of the stack `vis`.
With `--dns`, it also resolves the domains. The preview fails if `pangeoDomain` does not resolve to `externalIp`; where
the DNS server of the hub's users cannot be reached, as in some CI systems, `{DNS_CHECK_VARIABLE}=warn` makes this a
warning in previews. `pulumi up` always refuses.

A stack file may take keys from Pulumi ESC (`environment:`, on Pulumi Cloud). `check` reads only the file, and lists
required keys that are not in it as warnings; other commands let `pulumi config` open the environment.

An editor with a YAML language server completes and checks keys if the file begins with
`# yaml-language-server: $schema=schema.json`.

## Top level
"""

UPDATES = {"yes": "yes", "no": "no", "grow only": "may only grow"}
"""The words of the column *Update*."""


def render_configuration() -> str:
    """Return the reference as Markdown: a table of keys for the top level and for each section."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield INTRODUCTION
    yield from _table(Tenancy)
    yield f"| `{PASSWORD_KEY}` | secret | | {PASSWORD_DESCRIPTION} | yes |"
    yield f"| `{READ_PASSWORD_KEY}` | secret | | {READ_PASSWORD_DESCRIPTION} | yes |"
    for heading, section in _sections(Tenancy, ""):
        yield ""
        yield f"## `{heading}`"
        yield ""
        yield (section.__doc__ or "").split("\n\n")[0].replace("``", "`").replace("\n    ", " ")
        yield ""
        yield from _table(section)


def _table(section: type[Section]) -> Iterator[str]:
    yield "| Key | Type | Default | Meaning | Update |"
    yield "|---|---|---|---|---|"
    for key, field in list_fields(section):
        meaning = describe(field) + _example(field)
        default = "**required**" if field.is_required() else _default(field)
        updates = UPDATES[str(field_metadata(field, "updates") or "yes")]
        cells = (f"`{key}`", _type(field), default, meaning, updates)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _sections(section: type[Section], path: str) -> Iterator[tuple[str, type[Section]]]:
    for key, field in list_fields(section):
        inner = find_section(field.annotation)
        if inner:
            heading = f"{path}{key}{'[]' if _is_list(field) else '.<name>' if is_map_of_sections(field) else ''}"
            yield heading, inner
            yield from _sections(inner, f"{heading}.")


def _example(field: FieldInfo) -> str:
    if not field.examples or "\n" in str(field.examples[0]):
        return ""
    example = field.examples[0]
    return f". Example: `{example if isinstance(example, str) else json.dumps(example)}`"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or isinstance(value, Section) or value in ((), {}, ""):
        return ""
    text = json.dumps(value)
    return f"`{text.strip(chr(34))}`"


def _type(field: FieldInfo) -> str:
    if field_metadata(field, "secret"):
        return "secret"
    if find_section(field.annotation):
        return "list of sections" if _is_list(field) else "map of sections" if is_map_of_sections(field) else "section"
    accepted = (getattr(rule, "json_schema_input_type", PydanticUndefined) for rule in field.metadata)
    return _plain_type(next((kind for kind in accepted if kind not in (PydanticUndefined, Any)), field.annotation))


def _plain_type(annotation: object) -> str:
    names = {float: "number", int: "integer", bool: "`true` or `false`", str: "string"}
    if isinstance(annotation, type) and annotation in names:
        return names[annotation]
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _plain_type(parts[0])
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in parts)
    if origin is tuple:
        kind = _plain_type(parts[0])
        return f"list of {kind}" if get_origin(parts[0]) is Literal else f"list of {kind}s"
    if origin is dict and get_origin(parts[1]) is dict:
        return "map of maps"
    if origin is dict:
        return "map of strings or `{secret, key}`" if SecretKey in get_args(parts[1]) else "map of strings"
    return " or ".join(dict.fromkeys(_plain_type(part) for part in parts if part is not type(None))) or "string"


def _is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple
