"""What is wrong with a stack file, one line each: field, value as written, what is wrong and what to write instead."""

import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from components.config.schema import Location, field_metadata, find_field, find_nearest, list_keys, list_nested_fields
from components.config.section import Section
from components.escape import escape_control_characters
from components.freeipa.errors import PASSWORD_CONFIG_KEY

NAMESPACE = "pangeo"
HIDDEN = "[hidden]"
MISSING = "(missing)"

KEYS_BESIDE_THE_MODEL = (PASSWORD_CONFIG_KEY.removeprefix(f"{NAMESPACE}:"),)
"""Keys of the namespace that are read elsewhere; the bind password is in no model."""

_LONGEST_FIELD = 100
_LONGEST_VALUE = 48
_LONGEST_SENTENCE = 400
_SECRET_WORDS = re.compile(r"pass|pasw|pwd|secret|token|credential|private|kubeconfig|api.?key", re.IGNORECASE)
_UNITS = {"GB": "gigabytes"}
_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?\s*", re.IGNORECASE)
_GB_PER = {"k": 1024**-2, "m": 1 / 1024, "g": 1, "t": 1024, "": 1}

_QUOTING = {"value_error", "float_parsing", "int_parsing", "int_from_float", "string_type"}
"""Kinds of error whose sentence may repeat a part of the value."""

_UNQUOTED = "is not what belongs here; docs/configuration.md says what does"


@dataclass(frozen=True)
class Problem:
    """One error of a stack file. ``key`` is empty where the error concerns the whole file."""

    key: str
    value: str
    message: str


class InvalidTenancy(Exception):
    """A tenancy's configuration is wrong; its text is what the operator reads. Never holds a secret."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(source, self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        return f"{self.source}: {count} problem{'' if count == 1 else 's'}\n" + "\n".join(lines(self.problems))


def lines(problems: Collection[Problem]) -> list[str]:
    """The problems as aligned columns. Keys and values come from a file: none may break a line or move a cursor."""
    rows = [
        (
            _on_one_line(problem.key, _LONGEST_FIELD),
            _on_one_line(problem.value, _LONGEST_VALUE),
            _on_one_line(problem.message, _LONGEST_SENTENCE),
        )
        for problem in problems
    ]
    widest_field = max((len(field) for field, _, _ in rows), default=0)
    widest_value = max((len(value) for _, value, _ in rows), default=0)
    return [
        f"  {field:<{widest_field}}  {value:<{widest_value}}  {what}" if field else f"  {what}"
        for field, value, what in rows
    ]


def describe_errors(wrong: ValidationError, model: type[Section], hidden: Collection[str] = ()) -> list[Problem]:
    """pydantic's findings in an operator's words.

    Args:
        wrong: the findings.
        model: what was being read, asked for units, examples and known keys.
        hidden: top-level keys whose values are secret as a whole.
    """
    errors = wrong.errors(include_url=False)
    at_fault = [error["loc"] for error in errors]
    misspelled = {(*error["loc"][:-1], _nearest_key(error["loc"], model)) for error in errors if _is_unknown(error)}
    return [
        _problem(error, model, hidden)
        for error in errors
        # A key that is there in another spelling is not missing, and a list of wrong items is not empty.
        if not (error["loc"] in misspelled and _is_missing(error))
        and not (error["type"] == "too_short" and any(error["loc"] == other[:-1] for other in at_fault))
    ]


def format_key(location: Location) -> str:
    """``pangeo:identity.server[0]``."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return f"{NAMESPACE}:{path.removeprefix('.')}"


def shown(value: object, *, quoted: bool = False) -> str:
    """A value as the operator wrote it, on one short line; groups and lists only by their kind."""
    if value is None:
        return "(empty)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list | tuple):
        return "[…]"
    if not isinstance(value, str):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if "PRIVATE KEY" in value or (_SECRET_WORDS.search(value) and len(value) > _LONGEST_VALUE):
        return HIDDEN
    if "-----BEGIN" in value:
        return "(PEM)"
    text = re.sub(r"//[^/@\s]*@", f"//{HIDDEN}@", value)
    if quoted or not text or text != text.strip() or not text.isprintable():
        text = json.dumps(text, ensure_ascii=not text.isprintable())
    return _on_one_line(text, _LONGEST_VALUE)


def _on_one_line(text: str, longest: int) -> str:
    return escape_control_characters(text if len(text) <= longest else f"{text[: longest - 1]}…")


def _problem(error: ErrorDetails, model: type[Section], hidden: Collection[str]) -> Problem:
    location, value = error["loc"], error["input"]
    owner, field = find_field(model, location)
    told = _told(error, owner, field, _nearest_key(location, model) if _is_unknown(error) else None)
    if _is_missing(error):
        return Problem(format_key(location), MISSING, told)
    if _is_unknown(error) and _may_be_secret(location, model):
        return Problem(format_key(location), HIDDEN, told)
    if any(str(part) in hidden for part in location[:1]) or _is_secret(field):
        return Problem(format_key(location), HIDDEN, _UNQUOTED if error["type"] in _QUOTING else told)
    return Problem(format_key(location), shown(value, quoted=error["type"].startswith(("int", "float", "bool"))), told)


def _is_unknown(error: ErrorDetails) -> bool:
    return error["type"] == "extra_forbidden"


def _is_missing(error: ErrorDetails) -> bool:
    return error["type"] == "missing" or (error["type"] == "contradiction" and error["input"] is None)


def _is_secret(field: FieldInfo | None) -> bool:
    return field is not None and any(field_metadata(of, "secret") for of in (field, *list_nested_fields(field)))


def _may_be_secret(location: Location, model: type[Section]) -> bool:
    """A value under an unknown key is shown only where the key is a slip for one whose value may be seen."""
    nearest = _nearest_key(location, model)
    if nearest is None or _SECRET_WORDS.search(str(location[-1])):
        return True
    return nearest in KEYS_BESIDE_THE_MODEL or _is_secret(find_field(model, (*location[:-1], nearest))[1])


def _nearest_key(location: Location, model: type[Section]) -> str | None:
    owner, _ = find_field(model, location)
    beside = KEYS_BESIDE_THE_MODEL if len(location) == 1 else ()
    return find_nearest(str(location[-1]), [*list_keys(owner), *beside])


def _told(error: ErrorDetails, owner: type[Section] | None, field: FieldInfo | None, nearest: str | None) -> str:
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    if kind == "value_error":
        return str(context["error"])
    if kind == "contradiction":
        return error["msg"]
    if kind == "missing":
        return f"is required{_for_example(field)}"
    if kind == "extra_forbidden":
        known = f"known here: {', '.join(list_keys(owner))}"
        return f"is not a known key; {f'did you mean {nearest}?' if nearest else known}"
    say = _SAYINGS.get(kind)
    return say(context, value, field) if say else f"is wrong: {error['msg'].lower()}"


def _unit(field: FieldInfo | None) -> str:
    unit = field_metadata(field, "unit")
    return f" {_UNITS.get(unit, unit)}" if isinstance(unit, str) else ""


def _number(kind: str) -> "Callable[[dict[str, Any], object, FieldInfo | None], str]":
    def say(_context: dict[str, Any], value: object, field: FieldInfo | None) -> str:
        unit = _unit(field)
        written = f"is not {kind} of{unit}" if unit else f"is not {kind}"
        likely = _likely_number(value, gigabytes=field_metadata(field, "unit") == "GB", whole="whole" in kind)
        return f"{written}; write {likely}" if likely else f"{written}{_for_example(field)}"

    return say


def _likely_number(value: object, *, gigabytes: bool, whole: bool) -> str | None:
    """The number most likely meant by ``2Gi`` or ``2.5``; a whole one is rounded up."""
    match = _QUANTITY.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    if match is None or (match[2] and not gigabytes):
        return None
    number = float(match[1]) * _GB_PER[match[2].lower()]
    if whole:
        number = float(-(-number // 1))
    return f"{number:.6g}" if number > 0 else None


def _text(_context: dict[str, Any], value: object, field: FieldInfo | None) -> str:
    if isinstance(value, bool | int | float):
        return f'is not text; write it in quotes: "{shown(value)}"'
    return f"is not text{_for_example(field)}"


def _choice(context: dict[str, Any], value: object, _field: FieldInfo | None) -> str:
    return f"is none of its choices; write {str(context['expected']).replace(chr(39), '')}"


_SAYINGS: dict[str, Callable[[dict[str, Any], object, FieldInfo | None], str]] = {
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), _number("a number")),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), _number("a whole number")),
    **dict.fromkeys(("int_parsing_size",), lambda context, value, field: f"is too large a number{_for_example(field)}"),
    "greater_than": lambda context, value, field: f"is not above {context['gt']:.12g}{_for_example(field)}",
    "greater_than_equal": lambda context, value, field: (
        f"is too small; write at least {context['ge']:.12g}{_unit(field)}"
    ),
    "less_than_equal": lambda context, value, field: f"is too large; write at most {context['le']:.12g}{_unit(field)}",
    **dict.fromkeys(
        ("bool_parsing", "bool_type"), lambda context, value, field: "is neither true nor false; write one of them"
    ),
    **dict.fromkeys(("string_type", "string_sub_type", "string_unicode"), _text),
    "string_too_short": lambda context, value, field: f"is empty{_for_example(field)}",
    "string_too_long": lambda context, value, field: f"is too long; write at most {context['max_length']} characters",
    "too_short": lambda context, value, field: f"is empty; write at least one{_for_example(field)}",
    "literal_error": _choice,
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dict_type", "mapping_type"),
        lambda context, value, field: f"is not a group of settings; write its keys below it{_for_example(field)}",
    ),
    **dict.fromkeys(("tuple_type", "list_type"), lambda context, value, field: f"is not a list{_for_example(field)}"),
}


def _for_example(field: FieldInfo | None) -> str:
    if field is None or not field.examples:
        return ""
    example = field.examples[0]
    text = example if isinstance(example, str) else json.dumps(example)
    return "" if "\n" in text else f"; write e.g. {text}"
