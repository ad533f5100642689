"""Curves as SVG: what lies where."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from artgan.report.charts import Chart, Line, count, draw


def ys(svg: str, style: int = 0) -> list[float]:
    path = re.search(rf'class="line s{style}" d="M([^"]+)"', svg)
    assert path
    return [float(pair.split()[1]) for pair in path[1].split("L")]


def numbers(svg: str) -> list[float]:
    """The vertical axis, from the bottom to the top."""
    return [float(text) for text in re.findall(r'text-anchor="end">([\d.]+)</text>', svg) if text]


def test_a_higher_number_lies_higher_on_the_paper():
    svg = draw(Chart("x", [Line("x", [(0, 1.0), (10, 2.0), (20, 4.0)])]))
    low, middle, high = ys(svg)
    assert low > middle > high and (low - middle) * 2 == pytest.approx(middle - high, abs=0.2)


def test_what_spans_much_has_a_logarithmic_axis():
    svg = draw(Chart("x", [Line("x", [(0, 0.01), (1, 0.1), (2, 1.0)])], log=True))
    low, middle, high = ys(svg)
    assert low - middle == pytest.approx(middle - high, abs=0.2) and {0.01, 0.1, 1.0} <= set(numbers(svg))


def test_a_bar_below_nothing_leaves_the_axis_logarithmic():
    svg = draw(Chart("x", [Line("x", [(0, 0.01), (1, 1.0)], [0.05, 0.0])], log=True))
    assert "nan" not in svg and ys(svg)[0] > ys(svg)[1]


def test_one_spike_does_not_flatten_all_the_rest():
    points = [(i, 0.7 + 0.01 * (i % 7)) for i in range(200)] + [(200, 1e9)]
    drawn = ys(draw(Chart("x", [Line("x", points)])))
    assert max(drawn[:-1]) - min(drawn[:-1]) > 30


def test_many_points_are_made_few():
    svg = draw(Chart("x", [Line("x", [(i, float(i)) for i in range(100_000)])]))
    assert len(svg) < 6000 and ys(svg) == sorted(ys(svg), reverse=True)


@pytest.mark.parametrize(
    "points", [[(0, 1.0)], [(0, 0.0), (1, 0.0)], [(5, -3.0), (6, -3.0)], [(0, 1e-30), (1, 2e-30)], [(1, 1e300)]]
)
def test_few_or_equal_numbers_are_drawn_too(points):
    svg = draw(Chart("x", [Line("x", points)], log=True, lowest=True))
    assert svg and "nan" not in svg and "inf" not in svg


def test_nothing_is_drawn_of_nothing():
    assert draw(Chart("x", [Line("x", [(0, float("nan"))]), Line("y", [])])) is None


def test_names_do_not_lie_on_each_other_and_are_escaped():
    lines = [Line(f"<b>{letter}", [(0, 1.0), (9, 1.0 + number * 1e-4)]) for number, letter in enumerate("ABCD")]
    svg = draw(Chart("<i>", lines))
    places = sorted(float(y) for y in re.findall(r'<text class="f\d" x="[\d.]+" y="([\d.]+)"', svg))
    assert len(places) == 4 and min(b - a for a, b in pairwise(places)) >= 13.9
    assert "<b>" not in svg and "<i>" not in svg and "&lt;b&gt;" in svg


def test_images_are_counted_shortly():
    assert [count(value) for value in (0, 800, 1200, 25_000_000)] == ["0", "800", "1.2k", "25M"]
