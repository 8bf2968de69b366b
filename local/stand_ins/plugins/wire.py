"""Convert property values between the engine's wire format, protobuf structs, and plain Python values.

Signature keys mark secrets inside a struct, and a reserved string marks unknown values
(https://github.com/pulumi/pulumi/blob/v3.259.0/sdk/go/common/resource/properties.go).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]

SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker of the protocol, not a secret
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
EXACT_INTEGERS = 2**53
"""Bound below which a double represents every integer exactly."""

_TYPE_NAMES = {bool: "a boolean", str: "a string", dict: "a map", list: "a list", type(None): "null"}

Json = Any
"""A JSON-like value, with ``Secret`` and ``UNKNOWN`` at any depth."""

Properties = dict[str, Json]
"""A resource's properties."""


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts in the state and hides on the terminal."""

    value: Json


class Unknown:
    """The type of ``UNKNOWN``."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()
"""A value that is not known before ``up``, such as the output of a resource that a preview would create."""


def from_struct(struct: Struct) -> Properties:
    """Decode a struct. Whole numbers become ``int``: the wire has only doubles, and APIs refuse 80.0 as a port."""
    return {key: _decode(value) for key, value in MessageToDict(struct).items()}


def to_struct(properties: Mapping[str, Any]) -> Struct:
    """Encode properties as a struct."""
    struct = Struct()
    struct.update(_encode(properties))
    return struct


def plain(value: Json) -> Json:
    """Return ``value`` without the marks of its secrets."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def has_unknown(value: Json) -> bool:
    """Return whether any part of ``value`` is unknown."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(has_unknown(inner) for inner in value.values())
    if isinstance(value, list):
        return any(has_unknown(inner) for inner in value)
    return value is UNKNOWN


def mark_secrets_like(value: Json, like: Json) -> Json:
    """Mark those parts of ``value`` as secret that are secret in ``like``, where both have the same shape."""
    if isinstance(like, Secret):
        return Secret(plain(value))
    if isinstance(value, dict) and isinstance(like, dict):
        return {key: mark_secrets_like(inner, like.get(key)) for key, inner in value.items()}
    if isinstance(value, list) and isinstance(like, list):
        return [mark_secrets_like(inner, like[i] if i < len(like) else None) for i, inner in enumerate(value)]
    return value


def type_name(value: Json) -> str:
    """Return the type of ``value`` for a message, for example ``a string``."""
    return _TYPE_NAMES.get(type(value), "a number")


def _decode(value: Json) -> Json:
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            return Secret(_decode(value["value"]))
        return {key: _decode(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_decode(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_INTEGERS:
        return int(value)
    return UNKNOWN if value == UNKNOWN_TEXT else value


def _encode(value: Json) -> Json:
    if isinstance(value, Secret):
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "value": _encode(value.value)}
    if isinstance(value, Mapping):
        return {key: _encode(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(inner) for inner in value]
    return UNKNOWN_TEXT if value is UNKNOWN else value
