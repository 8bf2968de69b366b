"""Compare two property trees and encode the differences as the engine's detailed diff."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.wire import UNKNOWN, Json, plain

SIMPLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Path = tuple[str | int, ...]


class Kind(Enum):
    """Kind of a change. The values are the protocol's; each plus one means that the change replaces the resource."""

    ADD = 0
    DELETE = 2
    UPDATE = 4


@dataclass(frozen=True)
class Change:
    """One changed property. A map or list that was added or removed as a whole is one change at its root."""

    path: Path
    kind: Kind


def changes(old: Json, new: Json, path: Path = ()) -> Iterator[Change]:
    """Yield the changes that turn ``old`` into ``new``. A value that only became secret is not changed."""
    old, new = plain(old), plain(new)
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if key not in new:
                yield Change((*path, key), Kind.DELETE)
            elif key not in old:
                yield Change((*path, key), Kind.ADD)
            else:
                yield from changes(old[key], new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        shared = min(len(old), len(new))
        for i in range(shared):
            yield from changes(old[i], new[i], (*path, i))
        yield from (Change((*path, i), Kind.DELETE) for i in range(shared, len(old)))
        yield from (Change((*path, i), Kind.ADD) for i in range(shared, len(new)))
    # In Python True == 1, but a boolean that became a number is a change.
    elif new is UNKNOWN or isinstance(old, bool) != isinstance(new, bool) or old != new:
        yield Change(path, Kind.UPDATE)


def path_text(path: Path) -> str:
    """Format a path for the engine: ``metadata.annotations["cert-manager.io/issuer"]``, ``spec.rules[0].host``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif SIMPLE_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            escaped = part.replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def is_below(path: Path, roots: Iterable[Path]) -> bool:
    """Return whether ``path`` is one of ``roots`` or inside one of them."""
    return any(path[: len(root)] == root for root in roots)


def diff_response(
    found: Iterable[Change],
    replaces_on: Collection[Path],
    *,
    delete_before_replace: bool = False,
    top_level_keys: bool = False,
) -> provider_pb2.DiffResponse:
    """Encode changes as the answer to Diff.

    Args:
        found: the changes.
        replaces_on: paths at or below which a change replaces the resource.
        delete_before_replace: whether a replacement deletes the old resource first.
        top_level_keys: whether the answer also lists the changed top-level keys, and an empty one has no details.
    """
    found = list(found)
    if not found:
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_NONE, hasDetailedDiff=not top_level_keys
        )
    replacing = [change for change in found if is_below(change.path, replaces_on)]
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME,
        replaces=[path_text(change.path) for change in replacing],
        deleteBeforeReplace=delete_before_replace,
        diffs=sorted({str(change.path[0]) for change in found}) if top_level_keys else [],
        hasDetailedDiff=True,
        detailedDiff={
            path_text(change.path): provider_pb2.PropertyDiff(
                kind=provider_pb2.PropertyDiff.Kind.ValueType(change.kind.value + (change in replacing)),
                inputDiff=change.kind is Kind.DELETE,
            )
            for change in found
        },
    )
