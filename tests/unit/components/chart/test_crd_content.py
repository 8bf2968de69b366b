"""The specification of a CRD as the API server stores it."""

import copy
from typing import Any

import pytest

from components.chart.crd_content import content_digest, stored_schema, stored_spec
from tests.support.gateway_archives import DASK, crd

SPEC: dict[str, Any] = crd(DASK, {"size": {"type": "integer", "minimum": 0, "default": 1}})["spec"]


def changed(**changes: Any) -> dict[str, Any]:
    """Return the specification with fields of its only version, its names, or itself changed."""
    spec = copy.deepcopy(SPEC)
    for path, value in changes.items():
        part, _, key = path.partition("__")
        target = {"version": spec["versions"][0], "names": spec["names"], "spec": spec}[part]
        target[key] = value
    return spec


@pytest.mark.parametrize(
    "changes",
    [
        {"spec__preserveUnknownFields": False},
        {"spec__conversion": {"strategy": "None"}},
        {"names__shortNames": []},
        {"names__categories": None},
        {"version__deprecated": False},
        {"version__additionalPrinterColumns": []},
        {"version__subresources": {}},
        {"version__schema": {"openAPIV3Schema": {**SPEC["versions"][0]["schema"]["openAPIV3Schema"], "required": []}}},
    ],
    ids=str,
)
def test_fields_that_the_server_leaves_out_do_not_count(changes: dict[str, Any]) -> None:
    assert stored_spec(changed(**changes)) == stored_spec(SPEC)
    assert content_digest(changed(**changes)) == content_digest(SPEC)


@pytest.mark.parametrize("key", ["singular", "listKind"])
def test_default_names_are_added(key: str) -> None:
    spec = copy.deepcopy(SPEC)
    del spec["names"][key]
    assert content_digest(spec) == content_digest(SPEC)


@pytest.mark.parametrize(
    "changes",
    [{"version__served": False}, {"version__subresources": {"status": {}}}, {"names__shortNames": ["dc"]}],
    ids=str,
)
def test_other_fields_count(changes: dict[str, Any]) -> None:
    assert content_digest(changed(**changes)) != content_digest(SPEC)


def test_whole_numbers_are_equal_in_both_notations() -> None:
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"size": {"maximum": 8}}}}
    with_fraction = {"openAPIV3Schema": {"type": "object", "properties": {"size": {"maximum": 8.0}}}}
    assert content_digest(changed(version__schema=schema)) == content_digest(changed(version__schema=with_fraction))


def test_column_loses_only_its_empty_fields() -> None:
    column = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "priority": 0, "format": ""}
    (version,) = stored_spec(changed(version__additionalPrinterColumns=[column]))["versions"]
    assert version["additionalPrinterColumns"] == [
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
    ]


def test_schema_loses_descriptions_and_empty_fields_but_no_property() -> None:
    schema = {
        "description": "Prose.",
        "required": ["description"],
        "nullable": False,
        "properties": {
            "description": {"type": "string", "description": "Prose.", "default": {"description": "kept"}},
            "rules": {"type": "array", "items": {"description": "Prose.", "enum": ["description"]}, "required": []},
            "any": {"anyOf": [{"description": "Prose.", "type": "integer"}], "x-kubernetes-int-or-string": True},
            "nothing": {},
            "optional": {"type": "string", "default": "", "nullable": True, "x-kubernetes-embedded-resource": False},
        },
    }

    assert stored_schema(schema) == {
        "required": ["description"],
        "properties": {
            "description": {"type": "string", "default": {"description": "kept"}},
            "rules": {"type": "array", "items": {"enum": ["description"]}},
            "any": {"anyOf": [{"type": "integer"}], "x-kubernetes-int-or-string": True},
            "nothing": {},
            "optional": {"type": "string", "default": "", "nullable": True},
        },
    }
