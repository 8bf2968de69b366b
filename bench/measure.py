"""What a measurement is: pairs taken in turn, points over a size, amounts; and what follows from them. Pure.

Machines are shared and drift, so nothing is judged by seconds alone: a figure is the ratio to a baseline that was
measured right before or after it, pair by pair, and told by its median and its extremes.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

Timed = Callable[[], float]
"""Does something once; returns its seconds."""

Verdict = Literal["met", "missed", "told"]

LINEAR_UP_TO = 1.15
"""Slopes of log time over log size at or below this count as linear: points are few, and machines drift."""


@dataclass(frozen=True)
class Spread:
    """The median of some values and how far apart they are."""

    median: float
    lowest: float
    highest: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of at least one value.

        Raises:
            ValueError: there is none.
        """
        if not values:
            raise ValueError("nothing was measured")
        return cls(median(values), min(values), max(values), len(values))


@dataclass(frozen=True)
class Comparison:
    """Something against its baseline, as pairs of seconds taken right after each other."""

    name: str
    what: str
    against: str
    at_most: float | None
    """The most that the ratio's median may be; None where there is no limit."""
    pairs: tuple[tuple[float, float], ...]
    """Each the measured and the baseline's seconds."""
    notes: tuple[str, ...] = ()

    @property
    def ratio(self) -> Spread:
        """Measured over baseline, pair by pair."""
        return Spread.of([measured / baseline for measured, baseline in self.pairs])

    @property
    def measured_seconds(self) -> Spread:
        """What was measured, alone."""
        return Spread.of([measured for measured, _ in self.pairs])

    @property
    def baseline_seconds(self) -> Spread:
        """The baseline, alone."""
        return Spread.of([baseline for _, baseline in self.pairs])

    @property
    def verdict(self) -> Verdict:
        """Whether the limit is held."""
        if self.at_most is None:
            return "told"
        return "met" if self.ratio.median <= self.at_most else "missed"


@dataclass(frozen=True)
class Growth:
    """Seconds over a size."""

    name: str
    what: str
    size: str
    """What is counted, e.g. ``tenancies``."""
    points: Mapping[int, tuple[float, ...]]
    at_most: tuple[int, float] | None = None
    """A size and the most seconds there."""
    flat: bool = False
    """Whether the seconds must not depend on the size at all, rather than grow linearly at most."""
    tail: float | None = None
    """The share of the values that a second figure beside the median tells the bound of, e.g. 0.99."""
    notes: tuple[str, ...] = ()

    @property
    def medians(self) -> dict[int, float]:
        """By size."""
        return {size: median(seconds) for size, seconds in self.points.items()}

    @property
    def tails(self) -> dict[int, float]:
        """By size, what all but the slowest stay within; empty where none is told."""
        tail = self.tail
        return {} if tail is None else {size: percentile(seconds, tail) for size, seconds in self.points.items()}

    @property
    def exponent(self) -> float | None:
        """The power of the size with which the medians grow; 1 is linear, 0 is flat.

        None where there are fewer than two sizes of at least one: one alone says nothing of growth.
        """
        medians = {size: seconds for size, seconds in self.medians.items() if size >= 1}
        return exponent(medians) if len(medians) > 1 else None

    @property
    def verdict(self) -> Verdict:
        """Whether it grows as it may and holds its limit."""
        if self.exponent is None:
            return "told"
        if self.exponent > (FLAT_UP_TO if self.flat else LINEAR_UP_TO):
            return "missed"
        if self.at_most is None:
            return "met"
        size, seconds = self.at_most
        return "met" if self.medians[size] <= seconds else "missed"


FLAT_UP_TO = 0.1
"""A thousandfold size then costs at most twice as much."""


@dataclass(frozen=True)
class Amounts:
    """Things counted once, e.g. MiB of memory or round trips."""

    name: str
    what: str
    unit: str
    values: Mapping[str, float]
    at_most: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether every limit is held."""
        if not self.at_most:
            return "told"
        held = all(self.values[key] <= most for key, most in self.at_most.items())
        return "met" if held else "missed"


Finding = Comparison | Growth | Amounts


def in_turn(measured: Timed, baseline: Timed, repetitions: int, warm_ups: int = 1) -> tuple[tuple[float, float], ...]:
    """Pairs of seconds: A B, B A, A B, …, so that neither is always the one that finds caches warm.

    ``warm_ups`` are done first and not counted.
    """
    for _ in range(warm_ups):
        measured()
        baseline()
    pairs = []
    for turn in range(repetitions):
        if turn % 2 == 0:
            first = measured()
            pairs.append((first, baseline()))
        else:
            first = baseline()
            pairs.append((measured(), first))
    return tuple(pairs)


def exponent(seconds_at: Mapping[int, float]) -> float:
    """The slope of log seconds over log size, by least squares. Sizes below 1 are left out.

    Raises:
        ValueError: fewer than two sizes.
    """
    points = [(math.log(size), math.log(seconds)) for size, seconds in seconds_at.items() if size >= 1]
    if len(points) < 2:
        raise ValueError("growth needs at least two sizes")
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0…1) of the values do not exceed, by nearest rank.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("nothing was measured")
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]
