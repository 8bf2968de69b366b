"""Inputs, outputs and differences of plain Kubernetes objects; nothing here needs a cluster.

The answers of the official plugin are recorded in tests/fixtures/grpc.
"""

import base64
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.diff import Change, Kind, Path, changes, diff_response, is_below
from local.stand_ins.plugins.kubernetes.kinds import CREATE_MANAGER, NAME, NAMESPACE, ObjectKind
from local.stand_ins.plugins.kubernetes.pruning import normalize, prune, split_state, stored_form, without_empty
from local.stand_ins.plugins.server import CheckFailures
from local.stand_ins.plugins.wire import UNKNOWN, Json, Properties, Secret, has_unknown, plain, type_name

DEFAULT_NAMESPACE = "default"

PATCH_FIELD_MANAGER = "pulumi.com/patchFieldManager"
"""Annotation: the name under which the object's fields are set, instead of a random one."""


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
    if kind.is_typed and not has_unknown(inputs):
        inputs = without_empty(inputs)
    if kind.namespaced and "namespace" not in metadata:
        inputs["metadata"] = {**inputs["metadata"], "namespace": DEFAULT_NAMESPACE}
    return (_encode_strings(inputs) if kind.confidential else inputs), {}


def compare(kind: ObjectKind, state: Properties, news: Properties) -> provider_pb2.DiffResponse:
    """Compare the live object in the state, reduced to the keys of the last inputs, with the new inputs.

    A key that the API server dropped or changed is therefore a change in every comparison. The cluster is not asked;
    only a refresh reads the present object.
    """
    inputs, live = split_state(state)
    old, new = prune(live, normalize(inputs, typed=kind.is_typed)), normalize(news, typed=kind.is_typed)
    if kind.namespaced:
        old["metadata"] = {**old["metadata"], "namespace": old["metadata"].get("namespace", DEFAULT_NAMESPACE)}
    found = [each for change in changes(old, new) for each in _unknown_map_as_deletions(change, old, new)]
    replacing = {change.path for change in found if is_below(change.path, kind.replaces_on)}
    keeps_name = bool(replacing) and not replacing & {NAME, NAMESPACE}
    return diff_response(found, kind.replaces_on, delete_before_replace=keeps_name)


def field_manager(inputs: Json, state: Properties) -> str:
    """Return the name under which a resource's fields are set: its annotation's, its state's, or a random one."""
    named = annotation(inputs, PATCH_FIELD_MANAGER)
    return named or state.get("__fieldManager") or f"{CREATE_MANAGER}-{secrets.token_hex(4)}"


def annotation(inputs: Json, name: str) -> str:
    """Return the value of an annotation; empty if there is none."""
    metadata = plain(inputs.get("metadata"))
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    return str(found.get(name) or "") if isinstance(found, dict) else ""


def outputs(kind: ObjectKind, inputs: Properties, live: Mapping[str, Any], field_manager: str) -> Properties:
    """Return the outputs for the state: the live object, and the data that later operations need."""
    return {
        "__fieldManager": field_manager,
        "__initialApiVersion": kind.api_version,
        "__inputs": mark_confidential(kind, stored_form(inputs)),
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        **mark_confidential(kind, stored_form(dict(live))),
    }


def mark_confidential(kind: ObjectKind, fields: Mapping[str, Any]) -> Properties:
    """Mark the data of a Secret as secret, each map as a whole."""
    confidential = ("data", "stringData") if kind.confidential else ()
    return {key: Secret(plain(value)) if key in confidential else value for key, value in fields.items()}


def object_id(kind: ObjectKind, live: Mapping[str, Any]) -> str:
    """Return ``namespace/name``, or ``name`` for a kind without namespaces."""
    metadata = live["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if kind.namespaced else str(metadata["name"])


def parse_id(kind: ObjectKind, id: str) -> tuple[str | None, str]:
    """Return the namespace and the name in an object's id."""
    namespace, _, name = id.rpartition("/")
    return (namespace or DEFAULT_NAMESPACE, name) if kind.namespaced else (None, name)


def refreshed_inputs(inputs: Json, live: Json) -> Json:
    """Return the inputs with the live values of the same fields; what others added, in lists too, is left out."""
    return prune(live, plain(inputs))


def _encode_strings(inputs: Properties) -> Properties:
    """Move a Secret's ``stringData`` into ``data``, like the API server, unless a part of it is unknown."""
    strings = plain(inputs.get("stringData"))
    if isinstance(strings, dict) and not has_unknown(strings):
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in strings.items()}
        rest = {key: value for key, value in inputs.items() if key != "stringData"}
        inputs = {**rest, "data": {**plain(inputs.get("data", {})), **encoded}}
    return {key: Secret(plain(value)) if key in ("data", "stringData") else value for key, value in inputs.items()}


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
