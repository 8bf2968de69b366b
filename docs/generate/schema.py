"""The JSON Schema of a stack file, ``stacks/schema.json``, for completion and hints in editors."""

import inspect
import json
from typing import Any

from components.config.problems import NAMESPACE, PASSWORD_KEY, READ_PASSWORD_KEY
from components.config.section import UPDATE_NOTES
from components.config.tenancy import Tenancy
from docs.generate.fields import PASSWORD_DESCRIPTION, READ_PASSWORD_DESCRIPTION

ENCRYPTED = {"type": "object", "properties": {"secure": {"type": "string"}}, "required": ["secure"]}
"""The schema of a value set with ``pulumi config set --secret``."""


def render_schema() -> str:
    """Return the text of ``stacks/schema.json``."""
    return json.dumps(editor_schema(), indent=2, ensure_ascii=False) + "\n"


def editor_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of a stack file.

    It is less strict than the model, which also checks the form of names and combinations of keys. At the top level, a
    number or a Boolean may be a string, because ``pulumi config set`` writes them as strings.
    """
    model = Tenancy.model_json_schema(by_alias=True)
    sections = {name: _editor_schema(section) for name, section in model["$defs"].items()}
    sections["Kubernetes"]["properties"]["kubeconfig"]["anyOf"] = [{"type": "string"}, ENCRYPTED]
    keys = {f"{NAMESPACE}:{key}": _or_string(_editor_schema(schema)) for key, schema in model["properties"].items()}
    keys[f"{NAMESPACE}:{PASSWORD_KEY}"] = {"description": PASSWORD_DESCRIPTION, **ENCRYPTED}
    keys[f"{NAMESPACE}:{READ_PASSWORD_KEY}"] = {"description": READ_PASSWORD_DESCRIPTION, **ENCRYPTED}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of a Pangeo tenancy",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "description": "The tenancy's configuration; docs/configuration.md describes every key",
                "properties": keys,
                "required": [f"{NAMESPACE}:{key}" for key in model["required"]],
                "patternProperties": {f"^(?!{NAMESPACE}:)": {}},
                "additionalProperties": False,
            }
        },
        "required": ["config"],
        "$defs": sections,
    }


def _editor_schema(schema: Any) -> Any:  # noqa: ANN401 - a tree of JSON
    """Return the model's schema without pydantic's titles, and with the field's metadata as part of the description."""
    if isinstance(schema, list):
        return [_editor_schema(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _editor_schema(inner) for key, inner in schema.items()}
    if isinstance(plain.get("title"), str):
        del plain["title"]
    if isinstance(plain.get("description"), str):
        for internal in ("secret", "names_secrets"):
            plain.pop(internal, None)
        details = [plain.pop("unit", None), UPDATE_NOTES.get(plain.pop("updates", "yes"))]
        plain["description"] = _describe(plain["description"], [detail for detail in details if detail])
    return plain


def _describe(description: str, details: list[str]) -> str:
    """Return the first paragraph on one line, with the details in brackets."""
    paragraph = " ".join(inspect.cleandoc(description).split("\n\n")[0].split()).replace("``", "`")
    return f"{paragraph} ({'; '.join(details)})" if details else paragraph


def _or_string(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if kind not in ("number", "integer", "boolean"):
        return schema
    rules = {"type", "exclusiveMinimum", "minimum", "maximum"}
    pattern = "^(true|false)$" if kind == "boolean" else r"^[0-9]+(\.[0-9]+)?$"
    value = {key: rule for key, rule in schema.items() if key in rules}
    annotations = {key: text for key, text in schema.items() if key not in rules}
    return {**annotations, "anyOf": [value, {"type": "string", "pattern": pattern}]}
