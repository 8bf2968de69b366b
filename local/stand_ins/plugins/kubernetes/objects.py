"""Plain Kubernetes objects as Pulumi resources: inputs checked and compared, live objects turned into outputs.

Everything here is pure. What the official plugin answers in each case is recorded in tests/fixtures/grpc.
"""

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from local.stand_ins.plugins.diff import Change, Difference, Entry, Kind, at, below, changes, path_text
from local.stand_ins.plugins.kubernetes.kinds import NAME, NAMESPACE, ObjectKind
from local.stand_ins.plugins.wire import UNKNOWN, Json, Properties, Secret, has_unknown, named, plain

AUTONAMED = "pulumi.com/autonamed"
SERVER_METADATA = {"creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"}

CheckFailures = dict[str, str]
"""Why an input cannot be: property path to reason."""


def check(
    kind: ObjectKind, resource_name: str, olds: Properties, news: Properties, default_namespace: str
) -> tuple[Properties, CheckFailures]:
    """The inputs with namespace and name filled in, a Secret's data encoded and marked secret; and what is wrong."""
    inputs: Properties = {"apiVersion": kind.api_version, "kind": kind.kind, **news}
    metadata = inputs.get("metadata", {})
    if metadata is UNKNOWN:
        return inputs, {}
    if not isinstance(metadata, dict):
        return inputs, {"metadata": f"is {named(metadata)}; write a map"}
    metadata = dict(metadata)
    if kind.namespaced:
        metadata.setdefault("namespace", default_namespace)
    if "name" not in metadata:
        metadata["name"] = _earlier_autoname(olds) or autoname(resource_name)
        annotations = metadata.get("annotations", {})
        if isinstance(annotations, dict):
            metadata["annotations"] = {**annotations, AUTONAMED: "true"}
    inputs["metadata"] = metadata
    return _encoded(inputs) if kind.kind == "Secret" else (inputs, {})


def autoname(resource_name: str) -> str:
    """A name for a resource that was given none."""
    return f"{resource_name}-{secrets.token_hex(4)}"


def compare(kind: ObjectKind, old_inputs: Properties, news: Properties) -> Difference:
    """What changes from the last inputs to the new ones. The live object plays no part; refresh looks at that."""
    old, new = _without_empty_maps(plain(old_inputs)), _without_empty_maps(plain(news))
    found = [each for change in changes(old, new) for each in _unknown_map_as_deletions(change, old, new)]
    replacing = {change.path for change in found if below(change.path, kind.replaces_on)}
    entries = {path_text(change.path): Entry(change.kind, replaces=change.path in replacing) for change in found}
    metadata = new.get("metadata", {})
    autonamed = AUTONAMED in (metadata.get("annotations") or {}) if isinstance(metadata, dict) else False
    keeps_name = bool(replacing) and not replacing & {NAME, NAMESPACE}
    return Difference(entries, delete_before_replace=keeps_name and not autonamed, always_detailed=True)


def new_field_manager() -> str:
    """The name under which one resource's fields are applied, for the whole of its life."""
    return f"pulumi-kubernetes-{secrets.token_hex(4)}"


def outputs(kind: ObjectKind, inputs: Properties, live: Mapping[str, Any], field_manager: str) -> Properties:
    """What goes to state: the live object, and what the next operations need to know about it."""
    properties = {
        "__fieldManager": field_manager,
        "__initialApiVersion": kind.api_version,
        "__inputs": inputs,
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        **live,
    }
    return _secret_data(kind, properties)


def object_id(kind: ObjectKind, live: Mapping[str, Any]) -> str:
    """``namespace/name``, or ``name`` where there are no namespaces."""
    metadata = live["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if kind.namespaced else str(metadata["name"])


def parse_id(kind: ObjectKind, id: str, default_namespace: str) -> tuple[str | None, str]:
    """Namespace and name of an object from its id."""
    namespace, _, name = id.rpartition("/")
    return (namespace or default_namespace, name) if kind.namespaced else (None, name)


def refreshed_inputs(kind: ObjectKind, inputs: Properties, live: Mapping[str, Any]) -> Properties:
    """The inputs with the live values of the same fields; fields that others added stay out."""
    return _secret_data(kind, _live_values(plain(inputs), live))


def imported_inputs(kind: ObjectKind, live: Mapping[str, Any]) -> Properties:
    """Inputs for an object met for the first time: all of it that a program could have written."""
    inputs = {key: value for key, value in live.items() if key != "status"}
    inputs["metadata"] = {key: value for key, value in live["metadata"].items() if key not in SERVER_METADATA}
    return _secret_data(kind, {"apiVersion": kind.api_version, "kind": kind.kind, **inputs})


def _earlier_autoname(olds: Properties) -> str | None:
    metadata = olds.get("metadata", {})
    return metadata.get("name") if AUTONAMED in (metadata.get("annotations") or {}) else None


def _encoded(inputs: Properties) -> tuple[Properties, CheckFailures]:
    texts = plain(inputs.get("stringData"))
    if texts is not None and has_unknown(texts):
        inputs["stringData"] = Secret(texts)
    elif isinstance(texts, dict):
        wrong = {
            f"stringData.{key}": f"is {named(text)}; write a string"
            for key, text in texts.items()
            if not isinstance(text, str)
        }
        if wrong:
            return inputs, wrong
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        inputs["data"] = {**(plain(inputs.get("data")) or {}), **encoded}
        del inputs["stringData"]
    if "data" in inputs:
        inputs["data"] = Secret(plain(inputs["data"]))
    return inputs, {}


def _secret_data(kind: ObjectKind, properties: Properties) -> Properties:
    if kind.kind == "Secret" and "data" in properties:
        return {**properties, "data": Secret(plain(properties["data"]))}
    return properties


def _without_empty_maps(value: Json) -> Json:
    """An empty map and none at all are the same to the API server."""
    if isinstance(value, list):
        return [_without_empty_maps(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    pruned = {key: _without_empty_maps(inner) for key, inner in value.items()}
    return {key: inner for key, inner in pruned.items() if inner != {}}


def _unknown_map_as_deletions(change: Change, old: Properties, new: Properties) -> list[Change]:
    """A map that became unknown as a whole is shown, as the official plugin does, as the loss of each of its keys."""
    before, after = at(old, change.path), at(new, change.path)
    if after is UNKNOWN and isinstance(before, dict):
        return [Change((*change.path, key), Kind.DELETE) for key in sorted(before)]
    return [change]


def _live_values(inputs: Json, live: Json) -> Json:
    if isinstance(inputs, dict) and isinstance(live, dict):
        return {key: _live_values(value, live[key]) for key, value in inputs.items() if key in live}
    if isinstance(inputs, list) and isinstance(live, list):
        shared = min(len(inputs), len(live))
        return [_live_values(inputs[i], live[i]) for i in range(shared)] + live[shared:]
    return live
