"""The part of LDIF (RFC 2849) that the templates of the server and of this project use: records of text attributes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One record. Spelling, order and repetition of its attributes are kept, as in ``objectClass``."""

    dn: str
    attributes: tuple[tuple[str, str], ...]

    def as_mapping(self) -> dict[str, list[str]]:
        """Return the values of each attribute."""
        values: dict[str, list[str]] = {}
        for name, value in self.attributes:
            values.setdefault(name, []).append(value)
        return values


def parse(text: str) -> list[Entry]:
    """Return the records of ``text``, with folded lines joined and comments removed.

    Raises:
        ValueError: a record does not start with its dn.
    """
    entries = []
    unfolded = re.sub(r"\n ", "", text)
    lines = [line for line in unfolded.splitlines() if not line.startswith("#")]
    for block in re.split(r"\n\s*\n", "\n".join(lines).strip()):
        pairs = [
            (name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in block.splitlines())
        ]
        if not pairs or pairs[0][0].lower() != "dn":
            raise ValueError(f"not an LDIF record: {block[:60]!r}")
        entries.append(Entry(pairs[0][1], tuple(pairs[1:])))
    return entries


def format_entries(entries: Iterable[Entry]) -> str:
    """Return the records as LDIF, unfolded."""
    blocks = ("\n".join(f"{name}: {value}" for name, value in (("dn", e.dn), *e.attributes)) for e in entries)
    return "\n\n".join(blocks) + "\n"


def fill(text: str, values: Mapping[str, object]) -> str:
    """``text`` with each ``%name%`` replaced by its value.

    Raises:
        KeyError: a name has no value.
    """
    return re.sub(r"%([a-z_][a-z_-]*)%", lambda match: str(values[match[1]]), text)


def override(defaults: Iterable[Entry], changes: Iterable[Entry]) -> list[Entry]:
    """``defaults`` with the attributes of ``changes`` replaced, followed by the entries that only ``changes`` has."""
    pending = {change.dn.lower(): change for change in changes}
    merged = []
    for entry in defaults:
        change = pending.pop(entry.dn.lower(), Entry(entry.dn, ()))
        replaced = {name.lower() for name, _ in change.attributes}
        kept = tuple(pair for pair in entry.attributes if pair[0].lower() not in replaced)
        merged.append(Entry(entry.dn, kept + change.attributes))
    return merged + list(pending.values())
