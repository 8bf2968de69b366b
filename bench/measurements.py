"""Kinds of measurements and the figures derived from them: ratios, growth, limits. Pure functions and data.

Machines are shared and their speed drifts, so absolute seconds prove little. A comparison is the ratio to a baseline
that was measured right before or after it, pair by pair, reported as median and extremes.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

Timed = Callable[[], float]
"""A function that performs an operation once and returns its duration in seconds."""

Verdict = Literal["met", "missed", "no limit"]

LINEAR_EXPONENT_LIMIT = 1.15
"""Largest exponent that counts as linear growth: there are few points, and the machine's speed drifts."""

FLAT_EXPONENT_LIMIT = 0.1
"""Largest exponent that counts as flat: a size a thousand times as large takes at most twice as long."""


@dataclass(frozen=True)
class Spread:
    """Median and extremes of some values."""

    median: float
    lowest: float
    highest: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of the values.

        Raises:
            ValueError: there are no values.
        """
        if not values:
            raise ValueError("nothing was measured")
        return cls(median(values), min(values), max(values), len(values))


@dataclass(frozen=True)
class Comparison:
    """An operation and its baseline, as pairs of seconds measured right after each other."""

    name: str
    description: str
    baseline: str
    limit: float | None
    """The largest allowed median of the ratio; None if there is no limit."""
    pairs: tuple[tuple[float, float], ...]
    """Seconds of the operation and of the baseline."""
    notes: tuple[str, ...] = ()

    @property
    def ratio(self) -> Spread:
        """The operation's seconds divided by the baseline's, pair by pair."""
        return Spread.of([measured / baseline for measured, baseline in self.pairs])

    @property
    def measured_seconds(self) -> Spread:
        """The operation's seconds."""
        return Spread.of([measured for measured, _ in self.pairs])

    @property
    def baseline_seconds(self) -> Spread:
        """The baseline's seconds."""
        return Spread.of([baseline for _, baseline in self.pairs])

    @property
    def verdict(self) -> Verdict:
        """Whether the median of the ratio is within the limit."""
        if self.limit is None:
            return "no limit"
        return "met" if self.ratio.median <= self.limit else "missed"


@dataclass(frozen=True)
class Growth:
    """Seconds of an operation at several sizes."""

    name: str
    description: str
    size: str
    """The unit of the sizes, e.g. ``tenancies``."""
    points: Mapping[int, tuple[float, ...]]
    limit: tuple[int, float] | None = None
    """A size, and the largest allowed median of the seconds at that size."""
    flat: bool = False
    """Whether the seconds must not depend on the size; otherwise they may grow linearly."""
    tail: float | None = None
    """The share of a second percentile that is reported beside the median, e.g. 0.99."""
    notes: tuple[str, ...] = ()

    @property
    def medians(self) -> dict[int, float]:
        """The median of the seconds at each size."""
        return {size: median(seconds) for size, seconds in self.points.items()}

    @property
    def tails(self) -> dict[int, float]:
        """The percentile ``tail`` of the seconds at each size; empty if no ``tail`` is set."""
        tail = self.tail
        return {} if tail is None else {size: percentile(seconds, tail) for size, seconds in self.points.items()}

    @property
    def exponent(self) -> float | None:
        """The power of the size with which the medians grow: 1 is linear, 0 is flat.

        None if there are fewer than two sizes of at least one.
        """
        medians = {size: seconds for size, seconds in self.medians.items() if size >= 1}
        return exponent(medians) if len(medians) > 1 else None

    @property
    def verdict(self) -> Verdict:
        """Whether the growth and, if there is one, the limit are within bounds."""
        if self.exponent is None:
            return "no limit"
        if self.exponent > (FLAT_EXPONENT_LIMIT if self.flat else LINEAR_EXPONENT_LIMIT):
            return "missed"
        if self.limit is None:
            return "met"
        size, seconds = self.limit
        return "met" if self.medians[size] <= seconds else "missed"


@dataclass(frozen=True)
class Amounts:
    """Quantities measured once, e.g. MiB of memory or round trips."""

    name: str
    description: str
    unit: str
    values: Mapping[str, float]
    limits: Mapping[str, float] = field(default_factory=dict)
    """The largest allowed value of some of the quantities."""
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether every quantity is within its limit."""
        if not self.limits:
            return "no limit"
        met = all(self.values[key] <= limit for key, limit in self.limits.items())
        return "met" if met else "missed"


Measurement = Comparison | Growth | Amounts


def measure_in_turn(
    measured: Timed, baseline: Timed, repetitions: int, warm_ups: int = 1
) -> tuple[tuple[float, float], ...]:
    """Return pairs of seconds, measured in the order A B, B A, A B and so on.

    The order alternates so that caches filled by one operation do not always help the other.

    Args:
        measured: the operation.
        baseline: the operation that it is compared with.
        repetitions: the number of pairs.
        warm_ups: runs of both at the beginning whose seconds are discarded.
    """
    for _ in range(warm_ups):
        measured()
        baseline()
    pairs = []
    for number in range(repetitions):
        if number % 2 == 0:
            first = measured()
            pairs.append((first, baseline()))
        else:
            first = baseline()
            pairs.append((measured(), first))
    return tuple(pairs)


def exponent(seconds_at: Mapping[int, float]) -> float:
    """Return the slope of log seconds over log size, by least squares. Sizes below 1 are ignored.

    Raises:
        ValueError: there are fewer than two sizes.
    """
    points = [(math.log(size), math.log(seconds)) for size, seconds in seconds_at.items() if size >= 1]
    if len(points) < 2:
        raise ValueError("growth needs at least two sizes")
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of the values do not exceed, by nearest rank.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("nothing was measured")
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]
