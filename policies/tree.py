"""Reading trees of properties: nested mappings and lists, parts of which a preview may not know yet."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi_policy.proxy import UnknownValueError

Path = tuple[str | int, ...]

SHOWN_LENGTH = 120


class Unknown:
    """The type of :data:`UNKNOWN`."""

    def __repr__(self) -> str:
        return "(not known yet)"


UNKNOWN: Final = Unknown()
"""Stands for a value that follows from a resource which a preview only plans."""


def at(tree: Any, *keys: str, default: Any = None) -> Any:  # noqa: ANN401 - values of any kind
    """What is at ``keys``; ``default`` where nothing is, and for null, which charts take for nothing.

    Raises:
        UnknownValueError: it is not known in this preview.
    """
    for key in keys:
        if not isinstance(tree, Mapping) or key not in tree:
            return default
        tree = tree[key]
    return default if tree is None else tree


def leaves(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - values of any kind
    """Every value that is no mapping and no list, with its path; UNKNOWN for what is not known."""
    for key, value in _parts(tree):
        if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _parts(tree: Any) -> Iterator[tuple[str | int, Any]]:  # noqa: ANN401 - values of any kind
    for key in tree if isinstance(tree, Mapping) else range(len(tree)):
        try:
            value = tree[key]
        except UnknownValueError:
            value = UNKNOWN
        yield key, value


def texts(value: Any) -> list[str]:  # noqa: ANN401 - values of any kind
    """A list of strings, also where only one is given; empty for nothing."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(each) for each in value]


def dotted(path: Path) -> str:
    """``jupyterhub.hub.services[0]``."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def shown(value: Any) -> str:  # noqa: ANN401 - values of any kind
    """A value that is no secret, as a message shows it: short, whole numbers without a fraction."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        text = json.dumps(value, ensure_ascii=False, default=_plain)
    except (TypeError, UnknownValueError):
        text = repr(value)
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"


def _plain(value: Any) -> Any:  # noqa: ANN401 - values of any kind
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(type(value).__name__)
