"""The findings as one SVG: ratios against their limits, and what grows over its size, both axes logarithmic. Pure."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from xml.sax.saxutils import escape

from bench.measure import Comparison, Finding, Growth

WIDTH = 900
BAR_HEIGHT, BAR_GAP, LABEL = 22, 12, 300
PANEL_WIDTH, PANEL_HEIGHT, PANEL_COLUMNS = 280, 200, 3
GOOD, BAD, PLAIN, INK, FAINT = "#2e7d32", "#c62828", "#546e7a", "#212121", "#cfd8dc"


def svg(findings: Sequence[Finding]) -> str:
    """A picture that any browser shows, text as text."""
    comparisons = [finding for finding in findings if isinstance(finding, Comparison)]
    growths = [finding for finding in findings if isinstance(finding, Growth)]
    bars = _bars(comparisons)
    top = 40 + len(comparisons) * (BAR_HEIGHT + BAR_GAP) + 30
    panels = [_panel(growth, index, top) for index, growth in enumerate(growths)]
    rows = math.ceil(len(growths) / PANEL_COLUMNS)
    height = top + rows * (PANEL_HEIGHT + 30)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
            f'font-size="12" fill="{INK}">',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            *bars,
            *panels,
            "</svg>",
            "",
        ]
    )


def _bars(comparisons: Sequence[Comparison]) -> list[str]:
    if not comparisons:
        return []
    most = max(max(each.ratio.highest, each.at_most or 0) for each in comparisons) * 1.1
    scale = (WIDTH - LABEL - 80) / most
    drawn = [
        _text(10, 24, "Ratio to the baseline of the same run; the line is the limit, the whisker the spread", bold=True)
    ]
    for index, each in enumerate(comparisons):
        y = 40 + index * (BAR_HEIGHT + BAR_GAP)
        ratio, colour = each.ratio, {"met": GOOD, "missed": BAD, "told": PLAIN}[each.verdict]
        middle = y + BAR_HEIGHT / 2
        drawn += [
            _text(LABEL - 8, middle + 4, each.name, end=True),
            f'<rect x="{LABEL}" y="{y}" width="{ratio.median * scale:.1f}" height="{BAR_HEIGHT}" fill="{colour}"/>',
            _line(LABEL + ratio.lowest * scale, middle, LABEL + ratio.highest * scale, middle, INK),
            _text(LABEL + ratio.highest * scale + 8, middle + 4, f"{ratio.median:.2f}×"),
        ]
        if each.at_most:
            at = LABEL + each.at_most * scale
            drawn.append(_line(at, y - 4, at, y + BAR_HEIGHT + 4, INK))
    return drawn


def _panel(growth: Growth, index: int, top: float) -> str:
    left = 20 + (index % PANEL_COLUMNS) * (PANEL_WIDTH + 15)
    upper = top + (index // PANEL_COLUMNS) * (PANEL_HEIGHT + 30)
    medians = {size: median(seconds) for size, seconds in growth.points.items() if size > 0}
    place = _placing(medians, left + 40, upper + 30, PANEL_WIDTH - 60, PANEL_HEIGHT - 60)
    spots = [place(size, seconds) for size, seconds in medians.items()]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    slope = f", ~ n^{growth.exponent:.2f}" if len(medians) > 1 else ""
    drawn = [
        _text(left, upper + 14, f"{growth.name}: seconds over {growth.size}{slope}", bold=True),
        f'<rect x="{left + 40}" y="{upper + 30}" width="{PANEL_WIDTH - 60}" height="{PANEL_HEIGHT - 60}" fill="none" '
        f'stroke="{FAINT}"/>',
        f'<polyline points="{path}" fill="none" stroke="{PLAIN}" stroke-width="2"/>',
    ]
    for (size, seconds), (x, y) in zip(medians.items(), spots, strict=True):
        drawn += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{PLAIN}"/>',
            _text(x, upper + PANEL_HEIGHT - 14, str(size), middle=True),
            _text(x, y - 7, f"{seconds:.2g}", middle=True),
        ]
    return "\n".join(drawn)


def _placing(medians: Mapping[int, float], left: float, top: float, width: float, height: float) -> "_Placing":
    return _Placing(tuple(medians), tuple(medians.values()), left, top, width, height)


class _Placing:
    """From size and seconds to a spot in a panel."""

    def __init__(
        self,
        sizes: Sequence[int],
        seconds: Sequence[float],
        left: float,
        top: float,
        width: float,
        height: float,
    ) -> None:
        self._x = _Scale(min(sizes), max(sizes), left + 10, width - 20)
        # A factor of two of room, so that what is flat looks flat.
        self._y = _Scale(min(seconds) / 2, max(seconds) * 2, top + height, -height)

    def __call__(self, size: float, seconds: float) -> tuple[float, float]:
        return self._x(size), self._y(seconds)


class _Scale:
    """A logarithmic axis."""

    def __init__(self, lowest: float, highest: float, start: float, length: float) -> None:
        self._lowest, self._start, self._length = math.log(lowest), start, length
        self._span = math.log(highest) - self._lowest or 1.0

    def __call__(self, value: float) -> float:
        return self._start + (math.log(value) - self._lowest) / self._span * self._length


def _text(x: float, y: float, words: str, *, bold: bool = False, end: bool = False, middle: bool = False) -> str:
    anchor = "end" if end else "middle" if middle else "start"
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="2"/>'
