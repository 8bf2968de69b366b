"""Inputs, outputs and differences of plain Kubernetes objects; nothing here needs a cluster.

The answers of the official plugin are recorded in tests/fixtures/grpc.
"""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.diff import Change, Kind, Path, changes, diff_response, is_below
from local.stand_ins.plugins.kubernetes.kinds import NAME, NAMESPACE, ObjectKind
from local.stand_ins.plugins.server import CheckFailures
from local.stand_ins.plugins.wire import UNKNOWN, Json, Properties, plain, type_name

DEFAULT_NAMESPACE = "default"


def check(kind: ObjectKind, news: Properties) -> tuple[Properties, CheckFailures]:
    """Complete the inputs with API version, kind and namespace. Returns them and the reasons why they are invalid."""
    inputs: Properties = {"apiVersion": kind.api_version, "kind": kind.kind, **news}
    metadata = plain(inputs.get("metadata", {}))
    if metadata is UNKNOWN:
        return inputs, {}
    if not isinstance(metadata, dict):
        return inputs, {"metadata": f"is {type_name(metadata)}; write a map"}
    if "name" not in metadata:
        return inputs, {"metadata.name": "is missing; the local stand-in does not generate names"}
    if kind.namespaced and "namespace" not in metadata:
        inputs["metadata"] = {**metadata, "namespace": DEFAULT_NAMESPACE}
    return inputs, {}


def compare(kind: ObjectKind, old_inputs: Properties, news: Properties) -> provider_pb2.DiffResponse:
    """Compare the last inputs with the new ones. The live object is not considered; only a refresh reads it."""
    old, new = _without_empty_maps(plain(old_inputs)), _without_empty_maps(plain(news))
    found = [each for change in changes(old, new) for each in _unknown_map_as_deletions(change, old, new)]
    replacing = {change.path for change in found if is_below(change.path, kind.replaces_on)}
    keeps_name = bool(replacing) and not replacing & {NAME, NAMESPACE}
    return diff_response(found, kind.replaces_on, delete_before_replace=keeps_name)


def new_field_manager() -> str:
    """Generate the name under which the fields of one resource are applied during its whole life."""
    return f"pulumi-kubernetes-{secrets.token_hex(4)}"


def outputs(kind: ObjectKind, inputs: Properties, live: Mapping[str, Any], field_manager: str) -> Properties:
    """Return the outputs for the state: the live object, and the data that later operations need."""
    return {
        "__fieldManager": field_manager,
        "__initialApiVersion": kind.api_version,
        "__inputs": inputs,
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        **live,
    }


def object_id(kind: ObjectKind, live: Mapping[str, Any]) -> str:
    """Return ``namespace/name``, or ``name`` for a kind without namespaces."""
    metadata = live["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if kind.namespaced else str(metadata["name"])


def parse_id(kind: ObjectKind, id: str) -> tuple[str | None, str]:
    """Return the namespace and the name in an object's id."""
    namespace, _, name = id.rpartition("/")
    return (namespace or DEFAULT_NAMESPACE, name) if kind.namespaced else (None, name)


def refreshed_inputs(inputs: Json, live: Json) -> Json:
    """Return the inputs with the live values of the same fields; fields that others added are left out."""
    inputs = plain(inputs)
    if isinstance(inputs, dict) and isinstance(live, dict):
        return {key: refreshed_inputs(value, live[key]) for key, value in inputs.items() if key in live}
    if isinstance(inputs, list) and isinstance(live, list):
        shared = min(len(inputs), len(live))
        return [refreshed_inputs(inputs[i], live[i]) for i in range(shared)] + live[shared:]
    return live


def _without_empty_maps(value: Json) -> Json:
    """Remove empty maps, which the API server drops."""
    if isinstance(value, list):
        return [_without_empty_maps(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    pruned = {key: _without_empty_maps(inner) for key, inner in value.items()}
    return {key: inner for key, inner in pruned.items() if inner != {}}


def _unknown_map_as_deletions(change: Change, old: Properties, new: Properties) -> Iterator[Change]:
    """Report a map that became unknown as a whole like the official plugin: as the deletion of each of its keys."""
    before = _value_at(old, change.path)
    if isinstance(before, dict) and _value_at(new, change.path) is UNKNOWN:
        yield from (Change((*change.path, key), Kind.DELETE) for key in sorted(before))
    else:
        yield change


def _value_at(tree: Json, path: Path) -> Json:
    for part in path:
        if isinstance(part, str) and isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(part, int) and isinstance(tree, list) and part < len(tree):
            tree = tree[part]
        else:
            return None
    return tree
