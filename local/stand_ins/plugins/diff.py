"""What changed between two property trees, in the words of the engine's detailed diff."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from local.stand_ins.plugins.wire import UNKNOWN, Json, plain

SIMPLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Path = tuple[str | int, ...]


class Kind(Enum):
    """What happened to a property; the values are the protocol's, and each plus one means "and so replaces"."""

    ADD = 0
    DELETE = 2
    UPDATE = 4


@dataclass(frozen=True)
class Change:
    """One changed property. A map or list that came or went whole is one change at its root."""

    path: Path
    kind: Kind


def changes(old: Json, new: Json, path: Path = ()) -> Iterator[Change]:
    """The changes that turn ``old`` into ``new``. Whether a value is secret is no change."""
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
    elif new is UNKNOWN or not _equal(old, new):
        yield Change(path, Kind.UPDATE)


def path_text(path: Path) -> str:
    """``metadata.annotations["cert-manager.io/issuer"]``, ``spec.rules[0].host``: how the engine reads a path."""
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


def below(path: Path, roots: Iterable[Path]) -> bool:
    """Whether ``path`` is one of ``roots`` or inside one."""
    return any(path[: len(root)] == root for root in roots)


def at(tree: Json, path: Path) -> Json:
    """What ``tree`` holds at ``path``, None where there is nothing."""
    for part in path:
        tree = plain(tree)
        if isinstance(part, str) and isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(part, int) and isinstance(tree, list) and part < len(tree):
            tree = tree[part]
        else:
            return None
    return tree


def _equal(old: Json, new: Json) -> bool:
    # Python holds True == 1; a boolean that became a number is a change.
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)


@dataclass(frozen=True)
class Entry:
    """One line of the engine's detailed diff."""

    kind: Kind
    replaces: bool


@dataclass(frozen=True)
class Difference:
    """The answer to Diff: what changes, what of it replaces the resource, and in which order."""

    entries: dict[str, Entry]
    top_level: list[str] | None = None
    delete_before_replace: bool = False
    always_detailed: bool = False

    @property
    def replaces(self) -> list[str]:
        """The paths whose change makes a new resource."""
        return [path for path, entry in self.entries.items() if entry.replaces]
