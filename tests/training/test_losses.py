"""The losses against what their papers say, in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from artgan.training.losses import BCE, RPGAN, squared_gradient_norms

REAL = np.array([[0.5], [-2.0], [3.0]], np.float32)
FAKE = np.array([[-1.0], [0.25], [2.0]], np.float32)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_cross_entropy_is_that_of_the_probabilities() -> None:
    p, q = sigmoid(REAL), sigmoid(FAKE)
    assert float(BCE.critic(REAL, None)) == pytest.approx(-np.log(p).mean(), rel=1e-5)
    assert float(BCE.critic(None, FAKE)) == pytest.approx(-np.log(1 - q).mean(), rel=1e-5)
    assert float(BCE.critic(REAL, FAKE)) == pytest.approx(-np.log(p).mean() - np.log(1 - q).mean(), rel=1e-5)
    assert float(BCE.generator(None, FAKE)) == pytest.approx(-np.log(q).mean(), rel=1e-5)
    assert float(BCE.accuracy(REAL, FAKE)) == pytest.approx(3 / 6)


def test_relativistic_pairs() -> None:
    assert float(RPGAN.critic(REAL, FAKE)) == pytest.approx(-np.log(sigmoid(REAL - FAKE)).mean(), rel=1e-5)
    assert float(RPGAN.generator(REAL, FAKE)) == pytest.approx(-np.log(sigmoid(FAKE - REAL)).mean(), rel=1e-5)
    assert float(RPGAN.accuracy(REAL, FAKE)) == pytest.approx(2 / 3)
    assert float(RPGAN.critic(REAL, REAL)) == pytest.approx(np.log(2), rel=1e-6)


@pytest.mark.parametrize("loss", [BCE, RPGAN])
def test_gradients_are_the_slopes_and_finite_for_a_critic_that_is_sure(loss) -> None:
    fake = tf.Variable(FAKE)
    with tf.GradientTape() as tape:
        value = loss.generator(REAL, fake)
    step = np.zeros_like(FAKE)
    step[1] = 1e-2
    slope = (float(loss.generator(REAL, FAKE + step)) - float(loss.generator(REAL, FAKE - step))) / 2e-2
    assert float(tape.gradient(value, fake)[1, 0]) == pytest.approx(slope, rel=1e-3)
    sure = tf.Variable(np.full((2, 1), -200, np.float32))
    with tf.GradientTape() as tape:
        value = loss.generator(np.full((2, 1), 200, np.float32), sure)
    assert np.isfinite(float(value))
    assert np.allclose(tape.gradient(value, sure), -0.5)


def test_the_norm_is_a_sum_over_pixels_and_channels_for_each_picture() -> None:
    gradients = np.random.default_rng(0).normal(size=(2, 4, 5, 3)).astype(np.float32)
    expected = [(picture.astype(np.float64) ** 2).sum() for picture in gradients]
    assert np.allclose(squared_gradient_norms(gradients), expected, rtol=1e-5)
