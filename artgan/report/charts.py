"""Curves as SVG that lies in the page: lines told apart by dashes and by their names, in light and dark and on paper.

By hand, since what is wanted is small, and the libraries that draw more weigh more than all pages together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markupsafe import Markup

# A chart is drawn for some 360 pixels of width, as it is shown on a phone and in three columns on a desk, so its text
# has the size of other small text there.
_WIDTH, _HEIGHT = 380, 230
_LEFT, _TOP, _BOTTOM = 46, 12, 30
_CHARACTER = 6.3
"""Width of a letter in pixels, about."""
_MOST_POINTS = 300
_FEW = 12
"""So few points are shown one by one."""
STYLES = 6
"""Lines that can be told apart."""
_LOG_FROM = 12.0
"""Highest over lowest value from which a logarithmic axis is used, where it is allowed."""

Point = tuple[float, float]


class Line(NamedTuple):
    """One line of a chart; ``errors`` are half the heights of bars, one for each point."""

    label: str
    points: Sequence[Point]
    errors: Sequence[float] = ()


@dataclass(frozen=True)
class Chart:
    """What is to be drawn.

    Attributes:
        title: what the numbers are.
        lines: at most ``STYLES``; points that are not finite are left out.
        value: writes a number of the vertical axis.
        log: whether that axis may be logarithmic, where the numbers span much.
        guide: a value of note, as a dotted line.
        lowest: whether the lowest point is of note.
        from_zero: whether the axis begins at zero.
        reach: of the horizontal axis, so that several charts have the same; 0 for as far as the points go.
    """

    title: str
    lines: Sequence[Line]
    value: Callable[[float], str] = field(default=lambda value: f"{value:.3g}")
    log: bool = False
    guide: float | None = None
    lowest: bool = False
    from_zero: bool = False
    reach: float = 0.0


def draw(chart: Chart) -> Markup | None:
    """Draw a chart over images seen; None where there is nothing to draw."""
    from markupsafe import Markup, escape

    lines = [(style, line) for style, line in enumerate(map(_finite, chart.lines[:STYLES])) if line.points]
    if not lines:
        return None
    plot = _Plot.of(chart, [line for _, line in lines])
    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(_told(chart, lines))}">']
    parts += plot.axes(chart)
    for style, line in lines:
        parts += plot.line(style, line, chart)
    parts += plot.labels([(style, line) for style, line in lines if len(chart.lines) > 1])
    return Markup("".join([*parts, "</svg>"]))


def count(value: float) -> str:
    """Write a number of images: "800", "1.2k", "25M"."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.0f}"


def _finite(line: Line) -> Line:
    """Leave out what is no number, and make one of many points that lie side by side."""
    errors = line.errors or [0.0] * len(line.points)
    kept = [(x, y, e) for (x, y), e in zip(line.points, errors, strict=True) if math.isfinite(x) and math.isfinite(y)]
    if len(kept) > _MOST_POINTS and not line.errors:
        step = len(kept) / _MOST_POINTS
        pieces = [kept[round(i * step) : round((i + 1) * step)] for i in range(_MOST_POINTS)]
        kept = [(piece[-1][0], sum(y for _, y, _ in piece) / len(piece), 0.0) for piece in pieces]
    return Line(line.label, [(x, y) for x, y, _ in kept], [e for *_, e in kept] if line.errors else ())


class _Plot(NamedTuple):
    """Where numbers lie on the paper."""

    right: float
    most_x: float
    low: float
    high: float
    log: bool

    @classmethod
    def of(cls, chart: Chart, lines: Sequence[Line]) -> _Plot:
        values = [value for line in lines for value in _values(line)]
        values += [] if chart.guide is None else [chart.guide]
        low, high = _span(values)
        least = min(y for line in lines for _, y in line.points)
        log = chart.log and least > 0 and high / least >= _LOG_FROM
        if log:  # where a bar reaches down to nothing it is cut
            low, high = max(low, least / 2) / 1.15, high * 1.15
        else:
            room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
            low, high = (0.0 if chart.from_zero and low >= 0 else low - room), high + room
        widest = max(len(line.label) for line in lines) if len(chart.lines) > 1 else 0
        right = _WIDTH - (min(110.0, 12 + widest * _CHARACTER) if widest else 8.0)
        return cls(right, max(chart.reach, *(x for line in lines for x, _ in line.points), 1.0), low, high, log)

    def x(self, value: float) -> float:
        return _LEFT + (self.right - _LEFT) * value / self.most_x

    def y(self, value: float) -> float:
        low, high = self.low, self.high
        value = min(max(value, low), high)
        share = math.log(value / low) / math.log(high / low) if self.log else (value - low) / (high - low)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * share

    def axes(self, chart: Chart) -> list[str]:
        """Draw few lines of few numbers."""
        from markupsafe import escape

        parts = []
        for value in _log_ticks(self.low, self.high) if self.log else _ticks(self.low, self.high, 4):
            y = self.y(value)
            parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{self.right:.0f}"/>')
            parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(chart.value(value))}</text>')
        for value in _ticks(0.0, self.most_x, 4):
            end = "start" if value == 0 else "end" if self.x(value) > self.right - 4 else "middle"
            parts.append(f'<text x="{self.x(value):.1f}" y="{_HEIGHT - 10}" text-anchor="{end}">{count(value)}</text>')
        if chart.guide is not None:
            parts.append(f'<path class="guide" d="M{_LEFT} {self.y(chart.guide):.1f}H{self.right:.0f}"/>')
        return parts

    def line(self, style: int, line: Line, chart: Chart) -> list[str]:
        from markupsafe import escape

        places = [(self.x(x), self.y(y)) for x, y in line.points]
        parts = []
        for (x, _), (_, value), error in zip(places, line.points, line.errors, strict=False):
            ends = f"M{x:.1f} {self.y(value - error):.1f}V{self.y(value + error):.1f}"
            parts.append(f'<path class="bar s{style}" d="{ends}"/>')
        if len(places) > 1:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            parts.append(f'<path class="line s{style}" d="M{path}"/>')
        if len(places) <= _FEW:
            for (x, y), (seen, value) in zip(places, line.points, strict=True):
                title = escape(f"{line.label}: {chart.value(value)} after {seen:,.0f} images")
                parts.append(
                    f'<circle class="dot f{style}" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{title}</title></circle>'
                )
        if chart.lowest and len(places) > 1:
            at = min(range(len(places)), key=lambda i: line.points[i][1])
            x, y = places[at]
            parts.append(f'<circle class="best s{style}" cx="{x:.1f}" cy="{y:.1f}" r="6.5"/>')
            if len(chart.lines) == 1:
                end = "end" if x > self.right - 60 else "start" if x < _LEFT + 40 else "middle"
                under = self.y(line.points[at][1] - (line.errors[at] if line.errors else 0.0))
                down = min(max(under + 13, y + 21), _HEIGHT - _BOTTOM - 4)
                text = escape(chart.value(line.points[at][1]))
                parts.append(f'<text x="{x:.1f}" y="{down:.1f}" text-anchor="{end}">{text}</text>')
        return parts

    def labels(self, lines: Sequence[tuple[int, Line]]) -> list[str]:
        """Write the name of each line at its end, no two above each other."""
        from markupsafe import escape

        ends = sorted((self.y(line.points[-1][1]), style, line) for style, line in lines)
        parts, above = [], -math.inf
        lowest = _HEIGHT - _BOTTOM - 14.0 * (len(ends) - 1)
        for number, (y, style, line) in enumerate(ends):
            above = y = max(min(y, lowest + 14.0 * number), above + 14.0)
            label = escape(line.label[:16])
            end = self.x(line.points[-1][0])
            end = end if end < self.right - 80 else self.right  # one that ended early is named where it ended
            parts.append(f'<text class="f{style}" x="{end + 6:.1f}" y="{y + 4:.1f}">{label}</text>')
        return parts


def _values(line: Line) -> list[float]:
    errors = line.errors or [0.0] * len(line.points)
    return [y + sign * e for (_, y), e in zip(line.points, errors, strict=True) for sign in ((-1, 1) if e else (1,))]


def _span(values: Sequence[float]) -> tuple[float, float]:
    """Return lowest and highest, without a few that run away: one spike would flatten all the rest."""
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    edge = len(ordered) // 50
    inner_low, inner_high = ordered[edge], ordered[-1 - edge]
    reach = 3 * (inner_high - inner_low)
    if reach > 0:
        low, high = max(low, inner_low - reach), min(high, inner_high + reach)
    return low, high


def _ticks(low: float, high: float, about: int) -> list[float]:
    """Return round numbers between two."""
    rough = (high - low) / about
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * nice for nice in (1, 2, 2.5, 5, 10) if size * nice >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    wide = high / low > 200
    found = [nice * 10.0**power for power in powers for nice in ((1,) if wide else (1, 2, 5))]
    return [value for value in found if low <= value <= high]


def _told(chart: Chart, lines: Sequence[tuple[int, Line]]) -> str:
    """Say what is to be seen, for who does not see."""
    said = []
    for _, line in lines:
        values = [y for _, y in line.points]
        text = f"{chart.value(values[0])} at first, {chart.value(values[-1])} at last"
        if len(values) > 2:
            text += f", from {chart.value(min(values))} to {chart.value(max(values))}"
        said.append(f"{line.label}: {text}" if len(chart.lines) > 1 else text)
    return f"{chart.title} over images seen. " + "; ".join(said)
