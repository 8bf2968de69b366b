"""Problems of a stack file, one line each: key, value as written, and a message with what to write instead."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from components.config.credentials import assigns_secret, contains_credential, may_be_secret_access_key
from components.config.schema import Location
from components.escape import escape_control_characters
from components.freeipa.errors import PASSWORD_CONFIG_KEY, READ_PASSWORD_CONFIG_KEY

NAMESPACE = "pangeo"
"""Namespace of the program's configuration keys, which is the name of the Pulumi project."""

PASSWORD_KEY = PASSWORD_CONFIG_KEY.removeprefix(f"{NAMESPACE}:")
"""The key of the bind password, which the FreeIPA provider reads. Like the next one, it is in no section."""

READ_PASSWORD_KEY = READ_PASSWORD_CONFIG_KEY.removeprefix(f"{NAMESPACE}:")
"""The key of the password of ``identity.membershipCheck.bindDn``, which the hub's pod reads."""

SECRET_KEYS = (PASSWORD_KEY, READ_PASSWORD_KEY)
"""The keys whose values are secrets and no part of the tenancy."""

HIDDEN = "[hidden]"
"""Shown in place of a secret value."""

MISSING = "(missing)"
"""Shown in place of the value of a required key that is not in the file."""

SECRET_WORDS = re.compile(r"pass|pasw|pwd|secret|token|credential|private|kubeconfig|(api|access).?key", re.IGNORECASE)
"""Words in a key or a value which suggest that the value is a secret."""

_LOG_IN = re.compile(r"(//)[^/@\s]*@|(?<![^\s])[^/@\s:]+:[^/@\s]+@(?!sha\d)")
"""A user name, with a password or not, before a host; no digest of an image."""

_QUERY = re.compile(r"(://[^\s?#]*)[?#]\S*")
"""The query of a URL, or its fragment. Both may contain a signature or a token of any name."""

_END_OF_KEY = re.compile(r"[=:]")
"""Ends a key of a section. After it, a key may contain a value, as in ``TOKEN=…`` or ``TOKEN:…`` without a blank."""

_MAX_KEY_LENGTH = 100
_MAX_VALUE_LENGTH = 48
_MAX_MESSAGE_LENGTH = 400


@dataclass(frozen=True)
class Problem:
    """One error of a stack file. ``key`` is empty if the error concerns the whole file."""

    key: str
    value: str
    message: str


class HiddenValue(ValueError):
    """An invalid value that may be a secret in the wrong place, so that messages do not show it."""


class InvalidTenancy(Exception):
    """A tenancy's configuration is invalid. The text lists all problems for the operator and contains no secret."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(source, self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        heading = f"{self.source}: {count} problem{'' if count == 1 else 's'}"
        return "\n".join([heading, *format_problems(self.problems)])


def format_problems(problems: Collection[Problem]) -> list[str]:
    """Return the problems as lines of aligned columns, with control characters from the file escaped."""
    rows = [
        (
            _fit_line(problem.key, _MAX_KEY_LENGTH),
            _fit_line(problem.value, _MAX_VALUE_LENGTH),
            _fit_line(problem.message, _MAX_MESSAGE_LENGTH),
        )
        for problem in problems
    ]
    key_width = max((len(key) for key, _, _ in rows), default=0)
    value_width = max((len(value) for _, value, _ in rows), default=0)
    return [
        f"  {key:<{key_width}}  {value:<{value_width}}  {message}" if key else f"  {message}"
        for key, value, message in rows
    ]


def format_key(location: Location) -> str:
    """Return a location as an operator writes it: ``pangeo:identity.server[0]``."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{_hide_value(part)}" for part in location)
    return f"{NAMESPACE}:{path.removeprefix('.')}"


def _hide_value(key: str) -> str:
    """Return a key of a section without a value that is a part of it by mistake."""
    if contains_credential(key):
        return HIDDEN
    end = _END_OF_KEY.search(key)
    return f"{key[: end.end()]}{HIDDEN}" if end else key


def format_value(value: object, *, quoted: bool = False) -> str:
    """Return a value as the operator wrote it, on one short line. Sections and lists are abbreviated, secrets hidden.

    Args:
        value: The value, as read from YAML.
        quoted: Whether a string is always put in quotes, to tell ``"2"`` from ``2``.
    """
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
    # The log-in first: a password may contain the signs that begin a query or a fragment.
    text = _QUERY.sub(rf"\1?{HIDDEN}", _LOG_IN.sub(lambda found: f"{found[1] or ''}{HIDDEN}@", value))
    if (
        "PRIVATE KEY" in value
        or contains_credential(text)
        or assigns_secret(text)
        or may_be_secret_access_key(text)
        or (SECRET_WORDS.search(value) and len(value) > _MAX_VALUE_LENGTH)
    ):
        return HIDDEN
    if "-----BEGIN" in value:
        return "(PEM)"
    if quoted or not text or text != text.strip() or not text.isprintable():
        text = json.dumps(text, ensure_ascii=not text.isprintable())
    return _fit_line(text, _MAX_VALUE_LENGTH)


def _fit_line(text: str, max_length: int) -> str:
    return escape_control_characters(text if len(text) <= max_length else f"{text[: max_length - 1]}…")
