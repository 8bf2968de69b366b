"""The specification of a custom resource definition (CRD) as the API server stores it, and its digest.

The API server leaves out fields with empty values and adds defaults. A declared field that it leaves out would be a
change in every preview, and two equal CRDs would look different. Descriptions are removed from the schemas: they are
three quarters of the 107 kB, would be stored several times in every stack's state and sent in every preview, and serve
only ``kubectl explain``.

Fields: https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_SCHEMA_MAPS = ("properties", "patternProperties", "definitions")
_NOT_SCHEMAS = ("default", "enum", "example", "required")
_LEFT_OUT_IF_FALSE = (
    "deprecated",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "nullable",
    "preserveUnknownFields",
    "uniqueItems",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
)
_NO_CONVERSION = {"strategy": "None"}


def stored_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a CRD's ``spec`` as the API server stores it, with the defaults of its names."""
    names = spec["names"]
    defaults = {"singular": str(names["kind"]).lower(), "listKind": f"{names['kind']}List"}
    stored = {key: value for key, value in spec.items() if not (key == "conversion" and value == _NO_CONVERSION)}
    return _without_left_out(
        {
            **stored,
            "names": _without_left_out({**defaults, **_without_left_out(names)}),
            "versions": [_stored_version(each) for each in spec["versions"]],
        }
    )


def content_digest(spec: Mapping[str, Any]) -> str:
    """Return a digest that is equal for equal CRDs, whether read from a chart or from a cluster."""
    text = json.dumps(stored_spec(spec), sort_keys=True, separators=(",", ":"))
    # A chart may have 1.0 where the API server has 1.
    numbers = json.loads(text, parse_float=lambda each: int(float(each)) if float(each).is_integer() else float(each))
    return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()


def stored_schema(schema: object) -> object:
    """Return an OpenAPI schema without descriptions and without fields that the API server leaves out.

    A property is kept whatever its name and schema.
    """
    if isinstance(schema, list):
        return [stored_schema(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    stored: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _SCHEMA_MAPS and isinstance(value, Mapping):
            stored[key] = {name: stored_schema(inner) for name, inner in value.items()}
        elif key in _NOT_SCHEMAS:
            stored[key] = value
        elif key != "description":
            stored[key] = stored_schema(value)
    return _without_left_out(stored)


def _stored_version(version: Mapping[str, Any]) -> dict[str, Any]:
    schemas = version.get("schema") or {}
    stored = {**version, "schema": {key: stored_schema(schema) for key, schema in schemas.items()}}
    columns = [_without_left_out(each) for each in version.get("additionalPrinterColumns") or []]
    return _without_left_out({**stored, "additionalPrinterColumns": columns})


def _without_left_out(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields except empty ones, and except those whose value ``false`` is not stored."""
    return {
        key: value
        for key, value in fields.items()
        if key == "default" or not (value is None or value in ("", [], {}) or _is_left_out(key, value))
    }


def _is_left_out(key: str, value: object) -> bool:
    return (value is False and key in _LEFT_OUT_IF_FALSE) or (value == 0 and key == "priority")
