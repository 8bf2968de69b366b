"""The findings as one SVG: ratios against their limits, and what grows over its size, both axes logarithmic. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from bench.measure import Comparison, Finding, Growth

WIDTH = 960
BAR_HEIGHT, BAR_GAP, LABEL = 22, 12, 300
PANEL_WIDTH, PANEL_HEIGHT, PANEL_COLUMNS = 455, 260, 2
PANEL_GAP = 30
GOOD, BAD, PLAIN, INK, FAINT = "#2e7d32", "#c62828", "#546e7a", "#212121", "#b0bec5"
COLOURS = {"met": GOOD, "missed": BAD, "told": PLAIN}


def svg(findings: Sequence[Finding]) -> str:
    """A picture that any browser shows, text as text."""
    comparisons = [finding for finding in findings if isinstance(finding, Comparison)]
    growths = [finding for finding in findings if isinstance(finding, Growth) and max(finding.points) > 0]
    bars = _bars(comparisons)
    top = 40 + len(comparisons) * (BAR_HEIGHT + BAR_GAP) + 30
    panels = [_panel(growth, index, top) for index, growth in enumerate(growths)]
    rows = math.ceil(len(growths) / PANEL_COLUMNS)
    height = top + rows * (PANEL_HEIGHT + PANEL_GAP)
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
        ratio, colour = each.ratio, COLOURS[each.verdict]
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
    upper = top + (index // PANEL_COLUMNS) * (PANEL_HEIGHT + PANEL_GAP)
    # A logarithmic axis has no place for none.
    medians = {size: seconds for size, seconds in growth.medians.items() if size > 0}
    tails = {size: seconds for size, seconds in growth.tails.items() if size > 0}
    frame = _Frame(left + 10, upper + 44, PANEL_WIDTH - 20, PANEL_HEIGHT - 74)
    place = _Placing(list(medians), [*medians.values(), *tails.values()], frame)
    colour = COLOURS[growth.verdict]
    said = f"seconds over {growth.size}"
    if growth.exponent is not None:
        said += f" ~ n^{growth.exponent:.2f}, may be {'flat' if growth.flat else 'linear'}"
    if tails:
        said += f"; dashed: p{100 * (growth.tail or 0):g}"
    drawn = [
        _text(left + 10, upper + 14, growth.name, bold=True),
        _text(left + 10, upper + 32, said),
        f'<rect x="{frame.left}" y="{frame.top}" width="{frame.width}" height="{frame.height}" fill="none" '
        f'stroke="{FAINT}"/>',
        _path([place(size, seconds) for size, seconds in medians.items()], colour),
    ]
    if tails:
        drawn.append(_path([place(size, seconds) for size, seconds in tails.items()], colour, dashed=True))
    for size, seconds in medians.items():
        x, y = place(size, seconds)
        drawn += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>',
            _text(x, frame.top + frame.height + 16, str(size), middle=True),
            _text(x, y + 16, f"{seconds:.2g}", middle=True),
        ]
    return "\n".join(drawn)


def _path(spots: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


@dataclass(frozen=True)
class _Frame:
    left: float
    top: float
    width: float
    height: float


class _Placing:
    """From size and seconds to a spot in a frame."""

    def __init__(self, sizes: Sequence[int], seconds: Sequence[float], frame: _Frame) -> None:
        self._x = _Scale(min(sizes), max(sizes), frame.left + 25, frame.width - 50)
        # A factor of two of room, so that what is flat looks flat.
        self._y = _Scale(min(seconds) / 2, max(seconds) * 2, frame.top + frame.height, -frame.height)

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
