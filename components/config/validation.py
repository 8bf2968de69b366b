"""Explanations of pydantic's validation errors in the terms of a stack file."""

import json
import re
from collections.abc import Callable, Collection
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from components.config.credentials import contains_credential
from components.config.problems import (
    HIDDEN,
    MISSING,
    SECRET_KEYS,
    SECRET_WORDS,
    HiddenValue,
    Problem,
    format_key,
    format_value,
)
from components.config.schema import Location, field_metadata, find_field, find_nearest, list_keys, list_nested_fields
from components.config.section import Section

_UNIT_NAMES = {"GB": "gigabytes"}
_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?\s*", re.IGNORECASE)
_GB_PER_UNIT = {"k": 1024**-2, "m": 1 / 1024, "g": 1, "t": 1024, "": 1}

_QUOTING_ERRORS = {"value_error", "float_parsing", "int_parsing", "int_from_float", "string_type"}
"""Types of error whose message may repeat a part of the value."""

_NOT_A_SECTION = ("model_type", "model_attributes_type", "dict_type", "mapping_type")
_NOT_A_LIST = ("tuple_type", "list_type")
_NOT_A_SECTION_OR_LIST = {*_NOT_A_SECTION, *_NOT_A_LIST}
"""Types of error of a value in place of a section or a list."""

CREDENTIAL_MESSAGE = "contains a token, a key or a password; remove it from the file, and revoke it"
"""Message for a credential in a setting that has no place for one."""

_QUOTED_LENGTH = 8
"""Length from which a part of a credential in a message is one, in characters."""

_GENERAL_MESSAGE = "is not a valid value; see docs/configuration.md"
"""Message that does not repeat the value, for a secret one."""


def describe_errors(invalid: ValidationError, model: type[Section], hidden: Collection[str] = ()) -> list[Problem]:
    """Translate pydantic's errors into problems.

    Args:
        invalid: The errors.
        model: The section that was validated; it knows units, examples and keys.
        hidden: Top-level keys whose whole values are secret.
    """
    errors = invalid.errors(include_url=False)
    locations = [error["loc"] for error in errors]
    misspelled = {(*error["loc"][:-1], _nearest_key(error["loc"], model)) for error in errors if _is_unknown(error)}
    return [
        _describe_error(error, model, hidden)
        for error in errors
        # A misspelled key is not also missing, and a list with invalid items is not also empty, nor required.
        if not (error["loc"] in misspelled and _is_missing(error))
        and not (error["type"] == "too_short" and any(error["loc"] == other[:-1] for other in locations))
        and not (_is_unset(error) and any(_is_at(error["loc"], other) for other in errors if not _is_unset(other)))
    ]


def _describe_error(error: ErrorDetails, model: type[Section], hidden: Collection[str]) -> Problem:
    location = error["loc"]
    key = format_key(location)
    section, field = find_field(model, location)
    message = _message(error, section, field, _nearest_key(location, model) if _is_unknown(error) else None)
    if _is_missing(error):
        return Problem(key, MISSING, message)
    if isinstance(error.get("ctx", {}).get("error"), HiddenValue):
        return Problem(key, HIDDEN, message)
    if _is_unknown(error) and _may_be_secret(location, model):
        return Problem(key, HIDDEN, message)
    if isinstance(error["input"], str) and error["type"] in _NOT_A_SECTION_OR_LIST and _names_secrets(field):
        return Problem(key, HIDDEN, message)
    if _is_quoted(error["input"], message):
        return Problem(key, HIDDEN, CREDENTIAL_MESSAGE)
    if any(str(part) in hidden for part in location[:1]) or _is_secret(field):
        return Problem(key, HIDDEN, _GENERAL_MESSAGE if error["type"] in _QUOTING_ERRORS else message)
    return Problem(
        key, format_value(error["input"], quoted=error["type"].startswith(("int", "float", "bool"))), message
    )


def _is_quoted(value: object, message: str) -> bool:
    """Return whether the message about a text that contains a credential repeats a part of it, in any case."""
    if not isinstance(value, str) or not contains_credential(value):
        return False
    text, lower = value.lower(), message.lower()
    return any(text[start : start + _QUOTED_LENGTH] in lower for start in range(len(text) - _QUOTED_LENGTH + 1))


def _is_unknown(error: ErrorDetails) -> bool:
    return error["type"] == "extra_forbidden"


def _is_missing(error: ErrorDetails) -> bool:
    return error["type"] == "missing" or (error["type"] == "contradiction" and error["input"] is None)


def _is_unset(error: ErrorDetails) -> bool:
    """Return whether it reports that a key has no value that counts."""
    return error["type"] == "contradiction" and not error["input"]


def _is_at(location: Location, error: ErrorDetails) -> bool:
    return error["loc"][: len(location)] == location


def _is_secret(field: FieldInfo | None) -> bool:
    return field is not None and any(field_metadata(of, "secret") for of in (field, *list_nested_fields(field)))


def _names_secrets(field: FieldInfo | None) -> bool:
    """Return whether a field, or one below it, names Secrets: text in its place may be what belongs into a Secret."""
    return field is not None and (
        bool(field_metadata(field, "names_secrets")) or any(map(_names_secrets, list_nested_fields(field)))
    )


def _may_be_secret(location: Location, model: type[Section]) -> bool:
    """Return whether to hide the value of an unknown key: unless the key is a typo of one whose value is not secret."""
    nearest = _nearest_key(location, model)
    if nearest is None or SECRET_WORDS.search(str(location[-1])):
        return True
    return nearest in SECRET_KEYS or _is_secret(find_field(model, (*location[:-1], nearest))[1])


def _nearest_key(location: Location, model: type[Section]) -> str | None:
    section, _ = find_field(model, location)
    keys = [*list_keys(section), *(SECRET_KEYS if len(location) == 1 else ())]
    return find_nearest(str(location[-1]), keys)


def _message(error: ErrorDetails, section: type[Section] | None, field: FieldInfo | None, nearest: str | None) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "contradiction":
        return error["msg"]
    if kind == "missing":
        return f"is required{_example(field)}"
    if kind == "extra_forbidden" and (inner := _dotted_field(error["loc"], section)) is not None:
        secret = "--secret " if _is_secret(inner) else ""
        return f"is a key of a section; set it with: pulumi config set {secret}--path {format_key(error['loc'])}"
    if kind == "extra_forbidden":
        known = f"known keys: {', '.join(list_keys(section))}"
        return f"is not a known key; {f'did you mean {nearest}?' if nearest else known}"
    write_message = _MESSAGES.get(kind)
    return write_message(context, error["input"], field) if write_message else f"is not valid: {error['msg'].lower()}"


def _dotted_field(location: Location, section: type[Section] | None) -> FieldInfo | None:
    """Return the field of a top-level key such as ``identity.server``, which was set without ``--path``."""
    first, _, rest = str(location[0]).partition(".")
    return find_field(section, (first, rest))[1] if len(location) == 1 and rest and section is not None else None


Context = dict[str, Any]
Message = Callable[[Context, object, FieldInfo | None], str]
"""Function of the error's context, the value and its field that returns the message."""


def _not_a_number(kind: str) -> Message:
    def write_message(_context: Context, value: object, field: FieldInfo | None) -> str:
        unit = field_metadata(field, "unit")
        expected = f"is not {kind} of {_UNIT_NAMES.get(unit, unit)}" if isinstance(unit, str) else f"is not {kind}"
        likely = _likely_number(value, gigabytes=unit == "GB", whole="whole" in kind)
        return f"{expected}; write {likely}" if likely else f"{expected}{_example(field)}"

    return write_message


def _likely_number(value: object, *, gigabytes: bool, whole: bool) -> str | None:
    """Return the number most likely meant by ``2Gi``, ``2,5`` or ``2.5``, rounded up if it must be whole."""
    match = _QUANTITY.fullmatch(str(value).replace(",", ".")) if isinstance(value, str | int | float) else None
    if match is None or (match[2] and not gigabytes):
        return None
    number = float(match[1]) * _GB_PER_UNIT[match[2].lower()]
    if whole:
        number = float(-(-number // 1))
    return f"{number:.6g}" if number > 0 else None


def _bound(words: str, operator: str) -> Message:
    def write_message(context: Context, _value: object, field: FieldInfo | None) -> str:
        bound, unit = context[operator], field_metadata(field, "unit")
        if not isinstance(unit, str):
            return f"must be {words} {bound:.12g}"
        name = _UNIT_NAMES.get(unit, unit)
        return f"must be {words} {bound:.12g} {name.removesuffix('s') if bound == 1 else name}"

    return write_message


def _not_a_string(_context: Context, value: object, field: FieldInfo | None) -> str:
    if isinstance(value, bool | int | float):
        return f'is not a string; write it in quotes: "{format_value(value)}"'
    return f"is not a string{_example(field)}"


def _with_example(message: str) -> Message:
    return lambda _context, _value, field: f"{message}{_example(field)}"


_MESSAGES: dict[str, Message] = {
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), _not_a_number("a number")),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), _not_a_number("a whole number")),
    "int_parsing_size": _with_example("is too large"),
    "greater_than": lambda context, value, field: f"must be above {context['gt']:.12g}{_example(field)}",
    "greater_than_equal": _bound("at least", "ge"),
    "less_than_equal": _bound("at most", "le"),
    **dict.fromkeys(("bool_parsing", "bool_type"), lambda context, value, field: "must be true or false"),
    **dict.fromkeys(("string_type", "string_sub_type", "string_unicode"), _not_a_string),
    "string_too_short": _with_example("is empty"),
    "string_too_long": lambda context, value, field: f"must have at most {context['max_length']} characters",
    "too_short": _with_example("is an empty list"),
    "literal_error": lambda context, value, field: f"must be {str(context['expected']).replace(chr(39), '')}",
    **dict.fromkeys(_NOT_A_SECTION, _with_example("is not a section; write its keys below it")),
    **dict.fromkeys(_NOT_A_LIST, _with_example("is not a list")),
}
"""The message for each type of pydantic's errors."""


def _example(field: FieldInfo | None) -> str:
    if field is None or not field.examples:
        return ""
    example = field.examples[0]
    text = example if isinstance(example, str) else json.dumps(example)
    return "" if "\n" in text else f"; write for example {text}"
