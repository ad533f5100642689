"""The sliced Wasserstein distance: nothing between equal sets, more with more noise."""

from __future__ import annotations

import numpy as np
import pytest

from artgan.metrics.pixels import sliced_wasserstein


def draw(seed: int, count: int = 64, side: int = 32) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (count, side // 4, side // 4, 3), np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


def test_equal_sets_are_not_apart():
    found = sliced_wasserstein(draw(0), draw(0))
    assert list(found) == [32, 16]
    assert all(estimate == (0, 0) for estimate in found.values())


def test_noise_is_seen_and_more_noise_is_seen_more():
    reals = draw(0)
    noise = np.random.default_rng(9).normal(0, 1, reals.shape)
    distances = [
        sliced_wasserstein(reals, np.clip(reals + strength * noise, 0, 255).astype(np.uint8))[32].value
        for strength in (0, 10, 30, 90)
    ]
    assert distances == sorted(distances) and distances[0] == 0 and distances[-1] > 3 * distances[1]
    assert sliced_wasserstein(reals, draw(1))[32].value < distances[-1]


def test_the_same_call_gives_the_same_and_order_does_not_matter_much():
    first, second = draw(0), draw(1)
    assert sliced_wasserstein(first, second) == sliced_wasserstein(first, second)
    turned = sliced_wasserstein(first, second[::-1])
    for side, estimate in sliced_wasserstein(first, second).items():
        assert turned[side].value == pytest.approx(estimate.value, rel=0.3)


def test_the_largest_detail_belongs_to_its_level():
    reals = np.full((16, 64, 64, 3), 128, np.uint8) + np.random.default_rng(0).integers(0, 9, (16, 64, 64, 3), np.uint8)
    stripes = reals.copy()
    stripes[:, :, ::2] += 40
    found = sliced_wasserstein(reals, stripes)
    assert list(found) == [64, 32, 16]
    assert found[64].value > 3 * found[16].value
