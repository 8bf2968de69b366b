"""Inputs and live objects in the form in which the official plugin compares them and stores them in the state.

Facts about pulumi-kubernetes 4.32: inputs of the kinds in client-go's scheme are converted to that kind's type, which
drops empty maps and lists; those of other kinds, such as CRDs, stay as they are. The live object is reduced to the keys
of the last inputs. Keys of CRD schemas with dashes are stored with underscores.
"""

from local.stand_ins.plugins.wire import Json, Properties, has_unknown, plain

SERVER_FIELDS = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
"""Fields of ``metadata`` that only the API server sets; inputs with them, such as an update's, are compared without."""

_DASHED = {
    f"x-kubernetes-{name}"
    for name in (
        "embedded-resource",
        "int-or-string",
        "list-map-keys",
        "list-type",
        "map-type",
        "preserve-unknown-fields",
        "validations",
    )
}
_STORED = {key: key.replace("-", "_") for key in _DASHED}
_DECLARED = {stored: key for key, stored in _STORED.items()}


def stored_form(value: Json) -> Json:
    """Return an object as it is in the state."""
    return _rename(value, _STORED)


def declared_form(value: Json) -> Json:
    """Return an object from the state as the API has it."""
    return _rename(value, _DECLARED)


def normalize(inputs: Json, *, typed: bool) -> Json:
    """Return plain inputs without the API server's fields and, for a ``typed`` kind, without empty maps and lists."""
    inputs = plain(inputs)
    if typed and not has_unknown(inputs):
        inputs = without_empty(inputs)
    if isinstance(inputs, dict) and isinstance(inputs.get("metadata"), dict):
        metadata = {key: value for key, value in inputs["metadata"].items() if key not in SERVER_FIELDS}
        inputs = {**inputs, "metadata": metadata}
    return inputs


def without_empty(value: Json) -> Json:
    """Return ``value`` without nulls, empty maps and empty lists at any depth."""
    if isinstance(value, list):
        return [without_empty(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    kept = {key: without_empty(inner) for key, inner in value.items()}
    return {key: inner for key, inner in kept.items() if inner is not None and inner not in ({}, [])}


def prune(live: Json, inputs: Json) -> Json:
    """Return a live object reduced to the keys of the inputs, and its lists to their length."""
    if isinstance(live, dict) and isinstance(inputs, dict):
        return {key: prune(value, inputs[key]) for key, value in live.items() if key in inputs}
    if isinstance(live, list) and isinstance(inputs, list):
        return [prune(live[i], inputs[i]) for i in range(min(len(live), len(inputs)))]
    return live


def split_state(state: Properties) -> tuple[Properties, Properties]:
    """Return the inputs and the live object in a resource's outputs."""
    outputs = declared_form(plain(state))
    inputs = outputs.get("__inputs") or {}
    return inputs, {key: value for key, value in outputs.items() if not key.startswith("__")}


def _rename(value: Json, names: dict[str, str]) -> Json:
    if isinstance(value, dict):
        return {names.get(key, key): _rename(inner, names) for key, inner in value.items()}
    return [_rename(inner, names) for inner in value] if isinstance(value, list) else value
