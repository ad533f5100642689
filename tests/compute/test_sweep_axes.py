"""What a sweep varies, as it is typed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.compute.sweeps.axes import MOST_POINTS, draws, grid, read_axis
from artgan.errors import UsageError


@pytest.mark.parametrize(
    ("text", "whole", "values"),
    [
        ("size=64,128", True, ("64", "128")),
        ("lr = 1e-4, 2e-4,", False, ("1e-4", "2e-4")),
        ("batch-size=4,4,8", True, ("4", "8")),
        ("augment=color;color,translation", False, ("color", "color,translation")),
        ("seed=0..3", True, ("0", "1", "2", "3")),
        ("gamma=0..1:3", False, ("0", "0.5", "1")),
        ("lr=1e-5..1e-3:log:3", False, ("1e-05", "0.0001", "0.001")),
        ("batch_size=2..32:log:5", True, ("2", "4", "8", "16", "32")),
    ],
)
def test_what_is_typed_becomes_values(text, whole, values):
    axis = read_axis(text, whole)
    assert axis.values == values
    assert axis.field in {"size", "lr", "batch_size", "augment", "seed", "gamma"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("size", "is not FIELD=VALUES"),
        ("size=", "is not FIELD=VALUES"),
        ("lr=1e-3..1e-5:log", "1e-3 is not below 1e-5"),
        ("gamma=0..1:log", "a logarithm needs numbers above 0"),
        ("lr=1e-5..tall", "is not a range that can be read"),
        ("lr=1..2:1", "1 values of a range"),
    ],
)
def test_what_cannot_be_read_is_said(text, message):
    with pytest.raises(UsageError, match=message) as error:
        read_axis(text)
    assert error.value.hint


def test_a_grid_has_every_combination_and_the_last_changes_fastest():
    points = grid([read_axis("size=64,128"), read_axis("lr=1e-4,2e-4")])
    assert [tuple(point.values()) for point in points] == [
        ("64", "1e-4"), ("64", "2e-4"), ("128", "1e-4"), ("128", "2e-4")
    ]  # fmt: skip


def test_what_no_grid_can_hold_is_refused_with_the_way_out():
    with pytest.raises(UsageError, match="no grid can hold") as error:
        grid([read_axis("lr=1e-5..1e-3:log")])
    assert "--random 8" in error.value.hint and "lr=1e-05..0.001:log:5" in error.value.hint
    many = read_axis(f"seed=1..{MOST_POINTS}", True)
    with pytest.raises(UsageError, match="these are 2,000 runs"):
        grid([many, read_axis("size=32,64", True)])


@given(st.integers(0, 2**31), st.integers(1, 40))
def test_draws_lie_between_are_the_same_for_a_seed_and_none_comes_twice(seed, count):
    axes = [read_axis("lr=1e-5..1e-3:log"), read_axis("gamma=0.5..2"), read_axis("size=32,64", True)]
    points = draws(axes, count, seed)
    assert points == draws(axes, count, seed) and len(points) == count
    assert len({tuple(point.values()) for point in points}) == count
    for point in points:
        assert 1e-5 <= float(point["lr"]) <= 1e-3 and 0.5 <= float(point["gamma"]) <= 2
        assert point["size"] in {"32", "64"}


def test_each_power_of_ten_is_as_likely():
    axis = read_axis("lr=1e-5..1e-3:log")
    drawn = [math.log10(float(point["lr"])) for point in draws([axis], 800)]
    assert 0.42 < sum(value < -4 for value in drawn) / 800 < 0.58


def test_more_draws_than_there_are_combinations_are_all_of_them():
    assert len(draws([read_axis("size=32,64", True), read_axis("seed=0..1", True)], 20)) == 4
