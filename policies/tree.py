"""Reading of property trees: nested mappings and lists, parts of which a preview may not know."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi_policy.proxy import UnknownValueError

Path = tuple[str | int, ...]

MAX_SHOWN_CHARACTERS = 120
"""The length of a value in a message, in characters."""


class Unknown:
    """The type of :data:`UNKNOWN`."""

    def __repr__(self) -> str:
        return "(not known yet)"


UNKNOWN: Final = Unknown()
"""A value that depends on an output of a resource that does not exist yet."""


def get(tree: Any, *keys: str, default: Any = None) -> Any:  # noqa: ANN401 - values of any kind
    """Return the value at ``keys``; ``default`` where there is none, and for null, which charts treat as absent.

    Raises:
        UnknownValueError: this preview does not know the value.
    """
    for key in keys:
        if not isinstance(tree, Mapping) or key not in tree:
            return default
        tree = tree[key]
    return default if tree is None else tree


def leaves(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - values of any kind
    """Yield every value that is neither a mapping nor a list, with its path; UNKNOWN for unknown values."""
    for key, value in _children(tree):
        if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _children(tree: Any) -> Iterator[tuple[str | int, Any]]:  # noqa: ANN401 - values of any kind
    for key in tree if isinstance(tree, Mapping) else range(len(tree)):
        try:
            value = tree[key]
        except UnknownValueError:
            value = UNKNOWN
        yield key, value


def as_list(value: Any) -> list[str]:  # noqa: ANN401 - values of any kind
    """Return a list of strings; one string becomes a list of it, None an empty list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(each) for each in value]


def format_path(path: Path) -> str:
    """Return a path as text: ``jupyterhub.hub.services[0]``."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def format_value(value: Any) -> str:  # noqa: ANN401 - values of any kind
    """Return a value that is not secret as JSON for a message: short, whole numbers without a fraction."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        text = json.dumps(value, ensure_ascii=False, default=_plain)
    except (TypeError, UnknownValueError):
        text = repr(value)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"


def _plain(value: Any) -> Any:  # noqa: ANN401 - values of any kind
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(type(value).__name__)
