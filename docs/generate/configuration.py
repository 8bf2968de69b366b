"""``python -m docs.generate [--check]``: what is written down about the configuration, generated from the model.

``docs/configuration.md`` for operators, ``stacks/schema.json`` for editors, and the ``config:`` block of
``Pulumi.yaml`` for the engine's own check. The tests hold all three against the model.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo

from components.config.problems import NAMESPACE
from components.config.schema import field_metadata, find_section
from components.config.section import Section
from components.config.stack_file import PASSWORD_KEY
from components.config.tenancy import Tenancy
from components.freeipa.errors import PASSWORD_VARIABLE
from components.preflight.dns import DNS_CHECK_VARIABLE

DOCUMENT = Path("docs/configuration.md")
SCHEMA = Path("stacks/schema.json")

_ABOUT_THE_PASSWORD = (
    f"Password of `identity.bindDn`, encrypted: `pulumi config set --secret {PASSWORD_KEY}`. "
    f"Or leave it out and set the environment variable `{PASSWORD_VARIABLE}`, which keeps it out of the state "
    "altogether"
)
_SECRET = {"type": "object", "properties": {"secure": {"type": "string"}}, "required": ["secure"]}


def pulumi_config() -> dict[str, dict[str, Any]]:
    """The block ``config:`` of ``Pulumi.yaml``: required keys, and scalars with their defaults.

    The engine knows no numbers with a fraction, so they are strings to it; it wants every key that has no default, so
    optional groups and secrets stay out (pulumi/pulumi, ``pkg/workspace/config.go``).
    """
    block: dict[str, dict[str, Any]] = {}
    for key, field in _keys(Tenancy):
        kind = _engine_type(field)
        if not field.is_required() and kind == "object":
            continue
        said: dict[str, Any] = {"type": kind, "description": _described(field)}
        if not field.is_required():
            said["default"] = "" if field.default is None else field.default
        block[f"{NAMESPACE}:{key}"] = said
    return block


def editor_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a stack file, for completion and hints in editors.

    It cannot say everything the model checks. Numbers and truth values may be strings, for ``pulumi config set``
    writes them so.
    """
    model = Tenancy.model_json_schema(by_alias=True)
    groups = {name: _without_notes(group) for name, group in model["$defs"].items()}
    groups["Kubernetes"]["properties"]["kubeconfig"]["anyOf"] = [{"type": "string"}, _SECRET]
    settings = {f"{NAMESPACE}:{key}": _or_text(_without_notes(what)) for key, what in model["properties"].items()}
    settings[f"{NAMESPACE}:{PASSWORD_KEY}"] = {"description": _ABOUT_THE_PASSWORD, **_SECRET}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One tenancy's stack file",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": settings,
                "required": [f"{NAMESPACE}:{key}" for key in model["required"]],
                "patternProperties": {f"^(?!{NAMESPACE}:)": {}},
                "additionalProperties": False,
            }
        },
        "required": ["config"],
        "$defs": groups,
    }


def document() -> str:
    """The configuration reference as Markdown."""
    return "\n".join(_document()).rstrip() + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code, 1 where ``--check`` finds a file out of date."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate.configuration", description="Write the reference.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is out of date")
    only_check = parser.parse_args(arguments).check
    stale = []
    for path, text in generated().items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if not only_check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{path}: {'is out of date; run python -m docs.generate.configuration' if only_check else 'written'}")
    return 1 if stale and only_check else 0


def generated() -> dict[Path, str]:
    """Every generated file and its text."""
    return {DOCUMENT: document(), SCHEMA: json.dumps(editor_schema(), indent=2, ensure_ascii=False) + "\n"}


def _document() -> Iterator[str]:
    yield "# Configuration"
    yield ""
    yield "<!-- Generated from components/config/tenancy.py by `python -m docs.generate`; do not edit. -->"
    yield ""
    yield (
        f"One tenancy is one file, `stacks/Pulumi.<tenancy>.yaml`, with the keys below in the namespace `{NAMESPACE}`: "
        f"`pulumi config set {NAMESPACE}:notebookCpus 2`, or with `--path` inside a group: "
        f"`pulumi config set --path {NAMESPACE}:identity.realm EXAMPLE.ORG`. An unknown key is an error."
    )
    yield ""
    yield (
        "*Update* says whether a key may change after the first `pulumi up`; a refused change fails the preview. "
        "GB are powers of 1024: 2 GB are what Kubernetes calls `2Gi`."
    )
    yield ""
    yield (
        "`python -m components check` checks all stack files, `python -m components check vis` one, with `--dns` also "
        f"their domains. In a CI without the DNS of the hub's users, `{DNS_CHECK_VARIABLE}=warn` turns a domain that "
        "does not lead to `externalIp` from an error into a warning."
    )
    yield ""
    yield (
        "Editors with a YAML language server complete and check a file that begins with "
        "`# yaml-language-server: $schema=schema.json`."
    )
    yield ""
    yield "## The tenancy"
    yield ""
    yield from _table(Tenancy)
    yield f"| `{PASSWORD_KEY}` | secret | | {_ABOUT_THE_PASSWORD} | yes |"
    for heading, group in _groups(Tenancy, ""):
        yield ""
        yield f"## `{heading}`"
        yield ""
        yield (group.__doc__ or "").split("\n\n")[0].replace("``", "`").replace("\n    ", " ")
        yield ""
        yield from _table(group)
    yield ""


def _table(group: type[Section]) -> Iterator[str]:
    yield "| Key | Type | Default | Meaning | Update |"
    yield "|---|---|---|---|---|"
    for key, field in _keys(group):
        meaning = _described(field) + _example(field)
        default = "**required**" if field.is_required() else _default(field)
        updates = str(field_metadata(field, "updates") or "yes")
        cells = (f"`{key}`", _type(field), default, meaning, updates)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _groups(group: type[Section], path: str) -> Iterator[tuple[str, type[Section]]]:
    for key, field in _keys(group):
        inner = find_section(field.annotation)
        if inner:
            heading = f"{path}{key}{'[]' if _is_list(field) else ''}"
            yield heading, inner
            yield from _groups(inner, f"{heading}.")


def _keys(group: type[Section]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in group.model_fields.items():
        yield field.alias or name, field


def _described(field: FieldInfo) -> str:
    return f"{field.description}{_bounds(field)}"


def _bounds(field: FieldInfo) -> str:
    """The unit and the bounds of a number, as `` (GB, above 0, at most 4096)``."""
    words = {"gt": "above", "ge": "at least", "le": "at most"}
    said = [
        f"{word} {bound:.12g}"
        for sign, word in words.items()
        for bound in [_constraint(field, sign)]
        if bound is not None
    ]
    unit = field_metadata(field, "unit")
    return f" ({', '.join([*([str(unit)] if unit else []), *said])})" if unit or said else ""


def _constraint(field: FieldInfo, sign: str) -> float | None:
    return next((getattr(rule, sign) for rule in field.metadata if hasattr(rule, sign)), None)


def _example(field: FieldInfo) -> str:
    if not field.examples or "\n" in str(field.examples[0]):
        return ""
    example = field.examples[0]
    return f". E.g. `{example if isinstance(example, str) else json.dumps(example)}`"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or isinstance(value, Section) or value in ((), {}, ""):
        return ""
    text = json.dumps(value, default=str)
    return f"`{text.strip(chr(34))}`"


def _type(field: FieldInfo) -> str:
    if field_metadata(field, "secret"):
        return "secret"
    inner = find_section(field.annotation)
    if inner:
        return "list of groups" if _is_list(field) else "group"
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    return " or ".join(f"`{choice}`" for choice in choices) or _plain_type(field.annotation)


def _plain_type(annotation: object) -> str:
    names = {float: "number", int: "whole number", bool: "true or false", str: "text"}
    if isinstance(annotation, type) and annotation in names:
        return names[annotation]
    inner = [_plain_type(part) for part in get_args(annotation) if part not in (type(None), Ellipsis)]
    origin = getattr(annotation, "__origin__", None)
    if origin is tuple:
        return f"list of {inner[0]}"
    if origin is dict:
        return "text by name"
    return next((name for name in inner if name), "") or "text"


def _is_list(field: FieldInfo) -> bool:
    return getattr(field.annotation, "__origin__", None) is tuple


def _engine_type(field: FieldInfo) -> str:
    if find_section(field.annotation):
        return "object"
    return "boolean" if field.annotation is bool else "integer" if field.annotation is int else "string"


def _without_notes(schema: Any) -> Any:  # noqa: ANN401 - a tree of JSON
    """The schema with our notes put into the description, where an editor shows them."""
    if isinstance(schema, list):
        return [_without_notes(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _without_notes(inner) for key, inner in schema.items()}
    if "description" in plain and isinstance(plain["description"], str):
        unit, updates = plain.pop("unit", None), plain.pop("updates", None)
        plain.pop("secret", None)
        fixed = {"no": "cannot change after the first up", "grow only": "can only grow"}.get(updates or "yes")
        said = [part for part in (unit, fixed) if part]
        plain["description"] += f" ({'; '.join(said)})" if said else ""
    return plain


def _or_text(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if kind not in ("number", "integer", "boolean"):
        return schema
    rules = {"type", "exclusiveMinimum", "minimum", "maximum"}
    pattern = "^(true|false)$" if kind == "boolean" else r"^[0-9]+(\.[0-9]+)?$"
    plain = {key: rule for key, rule in schema.items() if key in rules}
    about = {key: said for key, said in schema.items() if key not in rules}
    return {**about, "anyOf": [plain, {"type": "string", "pattern": pattern}]}


if __name__ == "__main__":
    sys.exit(main())
