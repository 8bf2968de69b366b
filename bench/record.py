"""What was measured, figure by figure: kept from run to run, each with the machine as it was and the day."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bench.measure import Finding, Growth

FORMAT = 2


class NotReadable(Exception):
    """A record that this program did not write, or an older one."""


@dataclass(frozen=True)
class Taken:
    """A finding, and what its reader must know of the run that it is of."""

    figure: str
    """The name under which ``make bench`` takes it, with others maybe."""
    finding: Finding
    machine: dict[str, Any]
    """Of :func:`bench.machine.facts`, right before."""
    at: datetime

    @classmethod
    def now(cls, figure: str, finding: Finding, machine: dict[str, Any]) -> "Taken":
        """Taken just now."""
        return cls(figure, finding, machine, datetime.now(UTC).replace(microsecond=0))


_MANY = TypeAdapter(tuple[Taken, ...])


def merged(kept: Sequence[Taken], new: Sequence[Taken], order: Collection[str]) -> tuple[Taken, ...]:
    """Each figure as it was taken last, in that order. A figure that is none any more is dropped.

    What a new figure no longer finds goes too: its findings are of one run.
    """
    again = {each.figure for each in new}
    together = [*(each for each in kept if each.figure not in again), *new]
    return tuple(each for figure in order for each in together if each.figure == figure)


def write(file: Path, taken: Sequence[Taken]) -> None:
    """Every single value, so that anything can be computed again; and each verdict, for a reader without this program.

    A reader at the same time sees the file as it was or as it is.
    """
    plain = _MANY.dump_python(tuple(taken), mode="json")
    for each, said in zip(taken, plain, strict=True):
        said["verdict"] = each.finding.verdict
        if isinstance(each.finding, Growth):
            said["exponent"] = each.finding.exponent
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps({"format": FORMAT, "taken": plain}, indent=2) + "\n")
    beside.replace(file)


def read(file: Path) -> tuple[Taken, ...]:
    """What was kept; nothing where there is no file.

    Raises:
        NotReadable: it is not such a record; says what to do.
    """
    try:
        document = json.loads(file.read_text())
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise NotReadable(f"{file} is not of this version; move it away to begin anew")
        return _MANY.validate_python(document["taken"])
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError) as error:
        what = f"{error.error_count()} errors" if isinstance(error, ValidationError) else str(error)
        raise NotReadable(f"{file} cannot be read ({what}); move it away to begin anew") from None
