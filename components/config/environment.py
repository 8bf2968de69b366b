"""Environment variables in a stack file: plain text, or a key of a Kubernetes Secret in the tenancy's namespace."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from components.config.credentials import (
    contains_credential,
    is_access_key_id,
    is_secret_text,
    may_be_secret_access_key,
)
from components.config.problems import HIDDEN
from components.config.proxy import PROXY_VARIABLES
from components.config.reserved_variables import is_secret_reserved, reason_for_reserving
from components.config.schema import Location
from components.config.types import NAME_MESSAGE, is_kubernetes_name, parse_freeipa_name
from components.folder_names import EVERYONE

MAX_NAME_LENGTH = 128
MAX_VALUE_LENGTH = 4096
MAX_VARIABLES = 100
"""Limits of one mapping. The hub's Secret, which contains all of them, may have 1 MiB."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""POSIX's names of environment variables, which every shell can use."""

_KEY_OF_SECRET = re.compile(r"[-._a-zA-Z0-9]{1,253}")
"""Kubernetes' keys of Secrets."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Characters that a value cannot or should not contain. Tabs and line feeds are permitted."""

RESERVED_MESSAGE = "is a Secret of the hub itself, which users must not read; write another Secret"
"""Message for a reserved Secret."""

KEY_MESSAGE = "is not a key of a Secret; write letters, digits, dashes, underscores and dots"
"""Message for a text that is not a key of a Secret."""


PLAIN_TEXT_MESSAGE = (
    "may be a secret in plain text; put it in a Secret of the namespace and write {secret: <name>, key: <key>}"
)
"""Message for a variable whose text may be a secret."""


@dataclass(frozen=True)
class SecretKey:
    """A key of a Kubernetes Secret in the tenancy's namespace. Its content is not known to the program."""

    secret: str
    key: str


Variable = str | SecretKey


Found = tuple[Location, object, str]
"""A problem: where below the mapping, the value to show, and the message."""


def _read_environment(value: object) -> dict[str, Variable]:
    """Validate a mapping of variables, and report each variable's problems under its name."""
    read, found = _parse(value)
    raise_problems("environment", found)
    return read


def _read_group_environments(value: object) -> dict[str, dict[str, Variable]]:
    """Validate a mapping of groups to variables, as above."""
    read: dict[str, dict[str, Variable]] = {}
    found: list[Found] = []
    if not isinstance(value, Mapping):
        found.append(
            ((), _hide_text(value), "is not a section; write groups below it, and their variables below these")
        )
        value = {}
    for given, each in value.items():
        variables, problems = _parse(each)
        found += [((str(given), *location), shown, message) for location, shown, message in problems]
        try:
            group = parse_freeipa_name(str(given))
        except ValueError as invalid:
            found.append(((str(given),), HIDDEN if re.search("[=:]", str(given)) else given, str(invalid)))
            continue
        if group == EVERYONE:
            found.append(
                ((str(given),), given, "is no group here; write variables of all users in notebook.environment")
            )
        if group in read:
            found.append(((str(given),), given, "is there twice, in different spellings; write each group once"))
        read[group] = variables
    raise_problems("groupEnvironment", found)
    return dict(sorted(read.items()))


def raise_problems(title: str, found: Iterable[Found]) -> None:
    """Raise all problems together, for pydantic.

    Raises:
        ValidationError: there are problems.
    """
    errors = [
        InitErrorDetails(
            type=PydanticCustomError("value_error", "{error}", {"error": message}), loc=location, input=shown
        )
        for location, shown, message in found
    ]
    if errors:
        raise ValidationError.from_exception_data(title, errors)


def _parse(value: object) -> tuple[dict[str, Variable], list[Found]]:
    if not isinstance(value, Mapping):
        return {}, [
            (
                (),
                _hide_text(value),
                'is not a section; write names and values below it, for example OMP_NUM_THREADS: "1"',
            )
        ]
    if len(value) > MAX_VARIABLES:
        return {}, [((), value, f"has {len(value)} variables; write at most {MAX_VARIABLES}")]
    read: dict[str, Variable] = {}
    found: list[Found] = []
    has_access_key = any(isinstance(each, str) and is_access_key_id(each) for each in value.values())
    for given, each in value.items():
        name = str(given)
        problems = list(_name_problems(name, each)) or list(_value_problems(name, each))
        if not problems and has_access_key and isinstance(each, str) and may_be_secret_access_key(each):
            problems = [((), HIDDEN, PLAIN_TEXT_MESSAGE)]
        found += [((name, *location), shown, message) for location, shown, message in problems]
        if not problems:
            read[name] = each if isinstance(each, str) else _as_secret_key(each)
    return dict(sorted({**_small_letters(read), **read}.items())), found


def _small_letters(environment: Mapping[str, Variable]) -> dict[str, Variable]:
    """Return the variables of a proxy in small letters: libcurl reads no others for ``http_proxy``."""
    return {name.lower(): environment[name] for name in PROXY_VARIABLES if name in environment}


def is_repeated(name: str, environment: Mapping[str, Variable]) -> bool:
    """Return whether a variable is that of a proxy in small letters, with the value of the one in capitals.

    Its problems are reported there: it may not be in the stack file.
    """
    return environment[name] == _small_letters(environment).get(name)


def _hide_text(value: object) -> object:
    """Return the value to show in the place of a section: text may be a variable with its secret."""
    return HIDDEN if isinstance(value, str) and value else value


def _name_problems(name: str, value: object) -> Iterator[Found]:
    shown = _shown(name, value)
    if contains_credential(name):
        yield (), HIDDEN, "has a name that contains a token; write letters, digits and _, and the token in a Secret"
    elif not _NAME.fullmatch(name):
        yield (), shown, "is not a name of a variable; write letters, digits and _, with no digit at the beginning"
    elif len(name) > MAX_NAME_LENGTH:
        yield (), shown, f"has a name of {len(name)} characters; write at most {MAX_NAME_LENGTH}"
    elif reason := reason_for_reserving(name):
        yield (), shown, f"is reserved: it {reason}; remove it"


def _value_problems(name: str, value: object) -> Iterator[Found]:
    if isinstance(value, SecretKey):
        return
    if isinstance(value, Mapping):
        yield from _secret_key_problems(value)
    elif value is None:
        yield (), value, 'is empty; write "" for an empty value, or remove it'
    elif isinstance(value, bool | int | float):
        yield (), value, "is a number or true or false in YAML; write it in quotes, as programs should read it"
    elif not isinstance(value, str):
        yield (), value, "is not a string; write text in quotes, or {secret: <name>, key: <key>}"
    elif is_secret_text(name, value):
        yield (), HIDDEN, PLAIN_TEXT_MESSAGE
    elif found := _CONTROL.search(value):
        yield (), _shown(name, value), f"contains the control character {found[0]!a}; remove it"
    elif len(value) > MAX_VALUE_LENGTH:
        yield (), _shown(name, value), f"has {len(value)} characters; write at most {MAX_VALUE_LENGTH}"


def _secret_key_problems(value: Mapping[object, object]) -> Iterator[Found]:
    for field in ("secret", "key"):
        if field not in value:
            yield (), value, f"has no {field}; write {{secret: <name of a Secret>, key: <key in it>}}"
    for unknown in sorted(set(map(str, value)) - {"secret", "key"}):
        yield (unknown,), HIDDEN, "is not a known key; known keys: key, secret"
    # The values are not shown: a Secret's content may have been written in place of its name.
    secret, key = value.get("secret", "x"), value.get("key", "x")
    if not isinstance(secret, str) or not is_kubernetes_name(secret):
        yield ("secret",), HIDDEN, NAME_MESSAGE
    elif is_secret_reserved(secret):
        yield ("secret",), secret, RESERVED_MESSAGE
    if not isinstance(key, str) or not is_key_of_secret(key):
        yield ("key",), HIDDEN, KEY_MESSAGE


def _as_secret_key(value: object) -> SecretKey:
    """Return a valid reference to a Secret, from a stack file or from an earlier validation."""
    if isinstance(value, SecretKey):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(value)
    return SecretKey(str(value["secret"]), str(value["key"]))


def is_key_of_secret(text: str) -> bool:
    """Return whether a Secret can have a key with this name."""
    return bool(_KEY_OF_SECRET.fullmatch(text)) and text not in (".", "..")


def _shown(name: str, value: object) -> object:
    return HIDDEN if isinstance(value, str) and is_secret_text(name, value) else value


def _groups_as_json(groups: Mapping[str, Mapping[str, Variable]]) -> dict[str, object]:
    return {group: _as_json(environment) for group, environment in groups.items()}


def _as_json(environment: Mapping[str, Variable]) -> dict[str, object]:
    return {
        name: value if isinstance(value, str) else {"secret": value.secret, "key": value.key}
        for name, value in environment.items()
    }


ENVIRONMENT_SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": {"secret": {"type": "string"}, "key": {"type": "string"}},
                "required": ["secret", "key"],
                "additionalProperties": False,
            },
        ]
    },
}

Environment = Annotated[
    dict[str, Variable],
    PlainValidator(_read_environment),
    PlainSerializer(_as_json),
    WithJsonSchema(ENVIRONMENT_SCHEMA),
]
"""Variables by name, sorted."""

GroupEnvironments = Annotated[
    dict[str, dict[str, Variable]],
    PlainValidator(_read_group_environments),
    PlainSerializer(_groups_as_json),
    WithJsonSchema({"type": "object", "additionalProperties": ENVIRONMENT_SCHEMA}),
]
"""Variables by FreeIPA group, both sorted."""
