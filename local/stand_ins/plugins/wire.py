"""Property values as the engine sends them: protobuf structs to plain Python values and back.

Secrets and unknowns are marked inside the struct by signature keys and a reserved string
(https://github.com/pulumi/pulumi/blob/v3.259.0/sdk/go/common/resource/properties.go).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, Struct, Value  # type: ignore[import-untyped]

SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker of the protocol, not a secret
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
EXACT_INTEGERS = 2**53
SHORTEST_REDACTED = 4

_TYPE_NAMES = {bool: "a boolean", str: "a string", dict: "a map", list: "a list", type(None): "null"}

Json = Any
"""A JSON-like value, with ``Secret`` and ``UNKNOWN`` at any depth."""

Properties = dict[str, Json]
"""A resource's properties."""


@dataclass(frozen=True)
class Secret:
    """A value the engine encrypts in state and hides on the terminal."""

    value: Json


class Unknown:
    """The type of ``UNKNOWN``."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()
"""What is not known before ``up``, such as another resource's output during preview."""


def from_struct(struct: Struct) -> Properties:
    """The properties in ``struct``. Whole numbers become ``int``: the wire has only doubles, APIs tell 80 from 80.0."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def to_struct(properties: Mapping[str, Any]) -> Struct:
    """The protobuf form of ``properties``."""
    struct = Struct()
    for key, value in properties.items():
        _fill(struct.fields[key], value)
    return struct


def plain(value: Json) -> Json:
    """``value`` with every secret laid open."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def has_unknown(value: Json) -> bool:
    """Whether any part of ``value`` is not known yet."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(has_unknown(inner) for inner in value.values())
    if isinstance(value, list):
        return any(has_unknown(inner) for inner in value)
    return value is UNKNOWN


def marked_like(value: Json, like: Json) -> Json:
    """``value`` with those parts marked secret that are secret in ``like``, wherever the two have the same shape."""
    if isinstance(like, Secret):
        return Secret(plain(value))
    if isinstance(value, dict) and isinstance(like, dict):
        return {key: marked_like(inner, like.get(key)) for key, inner in value.items()}
    if isinstance(value, list) and isinstance(like, list):
        return [marked_like(inner, like[i] if i < len(like) else None) for i, inner in enumerate(value)]
    return value


def redacted(text: str, *properties: Mapping[str, Any]) -> str:
    """``text`` without any secret string of ``properties`` but very short ones, which would blank the whole text."""
    secrets = {found for each in properties for found in _secret_strings(each, inside=False)}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return text


def named(value: Json) -> str:
    """What ``value`` is, in words for a message: ``a string``."""
    return _TYPE_NAMES.get(type(value), "a number")


def _secret_strings(value: Json, *, inside: bool) -> Iterator[str]:
    if isinstance(value, Secret):
        yield from _secret_strings(value.value, inside=True)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _secret_strings(inner, inside=inside)
    elif isinstance(value, list):
        for inner in value:
            yield from _secret_strings(inner, inside=inside)
    elif inside and isinstance(value, str) and len(value) >= SHORTEST_REDACTED:
        yield value


def _from_value(value: Value) -> Json:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE_KEY in fields and fields[SIGNATURE_KEY].string_value == SECRET_SIGNATURE:
            return Secret(_from_value(fields["value"]))
        return {key: _from_value(inner) for key, inner in fields.items()}
    if kind == "list_value":
        return [_from_value(inner) for inner in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) < EXACT_INTEGERS else number
    if kind == "bool_value":
        return value.bool_value
    return None


def _fill(target: Value, value: Json) -> None:
    if isinstance(value, Secret):
        _fill(target, {SIGNATURE_KEY: SECRET_SIGNATURE, "value": value.value})
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_TEXT
    elif value is None:
        target.null_value = NULL_VALUE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for key, inner in value.items():
            _fill(target.struct_value.fields[key], inner)
    elif isinstance(value, list | tuple):
        target.list_value.SetInParent()
        for inner in value:
            _fill(target.list_value.values.add(), inner)
    else:
        raise TypeError(f"{type(value).__name__} has no form on the wire")
