"""How often to augment follows how much the critic overfits."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan.training.adapting import Adaptation
from artgan.training.augment import MOST

HIGH, LOW = np.full((10, 1), 2.0, np.float32), np.full((10, 1), -2.0, np.float32)


def adaptation(kimg: float = 0.1, **options) -> Adaptation:
    return Adaptation(keras.Model(), 0.6, kimg, **options)


def test_it_rises_by_the_share_of_a_batch_and_stops_before_always() -> None:
    strength = adaptation()
    values = [float(strength.update(HIGH, LOW, None)["augment_p"]) for _ in range(40)]
    steps = np.diff(values)
    assert steps.min() >= 0 and steps.max() == pytest.approx(10 / 100, rel=1e-5)  # images / (kimg x 1000)
    assert values[5] == 0.0  # the memory of twenty batches has to fill before it believes
    assert values[-1] == pytest.approx(MOST)


def test_it_falls_when_the_critic_cannot_tell_and_stays_above_nothing() -> None:
    strength = adaptation()
    strength.p.assign(0.35)
    mixed = np.concatenate([HIGH[:5], LOW[:5]])
    values = [float(strength.update(mixed, mixed[::-1], None)["augment_p"]) for _ in range(6)]
    assert values == pytest.approx([0.25, 0.15, 0.05, 0.0, 0.0, 0.0], abs=1e-6)


@pytest.mark.parametrize(("unseen", "expected"), [(2.0, 0.0), (-2.0, 1.0), (0.0, 0.5), (-9.0, 1.0)])
def test_held_out_pictures_tell_overfitting_as_the_paper_does(unseen: float, expected: float) -> None:
    strength = adaptation()
    for _ in range(3):  # a ratio: true from the first batch on, whatever offset the scores have
        found = strength.update(HIGH + 5, LOW + 5, np.full((2, 1), unseen + 5, np.float32))
        assert float(found["overfitting"]) == pytest.approx(expected, abs=1e-4)
    assert float(found["augment_p"]) == pytest.approx(0.3 if expected > 0.6 else 0.0, abs=1e-6)


def test_held_out_pictures_are_drawn_by_seed_with_their_labels() -> None:
    pictures = np.arange(7, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    strength = adaptation(held_out=(pictures, np.arange(7, dtype=np.int32)))
    one, again, other = (strength.draw(tf.constant(50), tf.constant([0, n], tf.int64)) for n in (1, 1, 2))
    assert one is not None and again is not None and other is not None
    assert np.array_equal(one[0], again[0]) and not np.array_equal(one[0], other[0])
    assert np.array_equal(one[0][:, 0, 0, 0], one[1]) and set(one[1].numpy()) == set(range(7))
    nothing = adaptation(held_out=(pictures[:0], None))
    assert adaptation().draw(tf.constant(2), tf.constant([0, 0])) is nothing.draw(tf.constant(2), 0) is None
