"""The block ``config:`` of ``Pulumi.yaml``: the keys that the Pulumi engine checks itself."""

from typing import Any

import yaml
from pydantic.fields import FieldInfo

from components.config.problems import NAMESPACE
from components.config.schema import find_section
from components.config.tenancy import Tenancy
from docs.generate.fields import describe, list_fields

WIDTH = 110
"""Longest line of the block, in characters."""


def render_project_file(present: str) -> str:
    """Return the text of ``Pulumi.yaml`` with its block ``config:`` renewed; all other lines and comments are kept."""
    lines = present.splitlines(keepends=True)
    begin = next((number for number, line in enumerate(lines) if line.startswith("config:")), len(lines))
    end = begin + 1
    while end < len(lines) and lines[end].startswith(" "):
        end += 1
    block = yaml.safe_dump({"config": engine_config()}, sort_keys=False, width=WIDTH, allow_unicode=True)
    return "".join(lines[:begin]) + block + "".join(lines[end:])


def engine_config() -> dict[str, dict[str, Any]]:
    """Return the engine's configuration keys: the required ones, and the optional ones that hold a single value.

    The engine has no type for numbers with a fraction, so these are strings to it. It demands every key without a
    default, so optional sections and secrets are left out (pulumi/pulumi, ``pkg/workspace/config.go``).
    """
    block: dict[str, dict[str, Any]] = {}
    for key, field in list_fields(Tenancy):
        kind = _engine_type(field)
        if not field.is_required() and kind == "object":
            continue
        entry: dict[str, Any] = {"type": kind, "description": describe(field)}
        if not field.is_required():
            entry["default"] = "" if field.default is None else field.default
        block[f"{NAMESPACE}:{key}"] = entry
    return block


def _engine_type(field: FieldInfo) -> str:
    if find_section(field.annotation):
        return "object"
    return "boolean" if field.annotation is bool else "integer" if field.annotation is int else "string"
