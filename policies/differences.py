"""Comparison of a tree of properties with the one that the program declares. Messages contain no text of a value."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pulumi_policy.proxy import UnknownValueError

from policies.tree import UNKNOWN, Path


class Difference(NamedTuple):
    """A place at which the trees differ."""

    path: Path
    value: object
    """The found value; None for a missing or composite one."""
    message: str


IsFree = Callable[[Path, object], bool]
"""Returns whether a value at a path may differ; UNKNOWN stands for a value that a preview does not know."""


def find_differences(
    found: Any,  # noqa: ANN401 - properties of any kind
    own: Any,  # noqa: ANN401 - properties of any kind
    is_free: IsFree = lambda _path, _value: False,
    path: Path = (),
) -> Iterator[Difference]:
    """Yield each place at which ``found`` differs from ``own``, the program's tree.

    Args:
        found: the declared properties.
        own: the program's properties.
        is_free: values that are not compared.
        path: the place of both trees.

    Raises:
        UnknownValueError: a preview does not know a value that is compared.
    """
    if isinstance(found, Mapping) and isinstance(own, Mapping):
        yield from _in_mappings(found, own, is_free, path)
    elif is_list(found) and is_list(own) and len(found) == len(own):
        for index in range(len(own)):
            yield from find_differences(found[index], own[index], is_free, (*path, index))
    elif isinstance(own, Mapping) or is_list(own) or isinstance(found, Mapping) or (is_list(found) and len(found)):
        yield Difference(path, None, "differs from the program's value")
    elif found != own or isinstance(found, bool) != isinstance(own, bool):
        yield Difference(path, found, f"is {_show(found)}; the program sets {_show(own)}")


def is_list(value: object) -> bool:
    """Return whether a value is a list, or a view of one."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def _in_mappings(found: Mapping[str, Any], own: Mapping[str, Any], is_free: IsFree, path: Path) -> Iterator[Difference]:
    present = set(found)  # a view of unknown properties does not answer ``in``
    for key in dict.fromkeys((*own, *found)):
        here = (*path, key)
        if key in present and is_free(here, _known(found, key)):
            continue
        if key not in own:
            yield from _additions(found[key], is_free, here)
        elif key in present:
            yield from find_differences(found[key], own[key], is_free, here)
        elif own[key] is not None and own[key] != {}:
            yield Difference(here, None, "is missing; the program sets it")


def _additions(value: Any, is_free: IsFree, path: Path) -> Iterator[Difference]:  # noqa: ANN401 - any properties
    """Yield every value below a place where the program has none, and empty mappings.

    In a network policy, an empty mapping allows every connection or selects every namespace.
    """
    if isinstance(value, Mapping) and len(value):
        for key in value:
            if not is_free((*path, key), _known(value, key)):
                yield from _additions(_known(value, key), is_free, (*path, key))
    elif is_list(value) and len(value):
        for index in range(len(value)):
            yield from _additions(_known(value, index), is_free, (*path, index))
    else:
        yield Difference(path, value, f"is {_show(value)}; the program does not set it")


def _known(tree: Any, key: Any) -> Any:  # noqa: ANN401 - properties of any kind
    try:
        return tree[key]
    except UnknownValueError:
        return UNKNOWN


def _show(value: object) -> str:
    """Return a value that cannot be a secret."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return f"{value:g}"
    if value is UNKNOWN:
        return "not known in this preview"
    if isinstance(value, Mapping):
        return "empty"
    return "another text" if isinstance(value, str) else "another value"
