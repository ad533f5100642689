"""The losses against what their papers say, in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from artgan.models.presets import look_up
from artgan.training.config import LOSSES
from artgan.training.losses import (
    BCE,
    HINGE,
    LSGAN,
    RELATIVISTIC,
    WGAN_GP,
    Loss,
    between,
    one_centred,
    squared_gradient_norms,
    zero_centred,
)

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
    assert float(RELATIVISTIC.critic(REAL, FAKE)) == pytest.approx(-np.log(sigmoid(REAL - FAKE)).mean(), rel=1e-5)
    assert float(RELATIVISTIC.generator(REAL, FAKE)) == pytest.approx(-np.log(sigmoid(FAKE - REAL)).mean(), rel=1e-5)
    assert float(RELATIVISTIC.accuracy(REAL, FAKE)) == pytest.approx(2 / 3)
    assert float(RELATIVISTIC.critic(REAL, REAL)) == pytest.approx(np.log(2), rel=1e-6)


def test_hinge_least_squares_and_wasserstein() -> None:
    assert float(HINGE.critic(REAL, None)) == pytest.approx((0.5 + 3 + 0) / 3)
    assert float(HINGE.critic(REAL, FAKE)) == pytest.approx((0.5 + 3 + 0) / 3 + (0 + 1.25 + 3) / 3)
    assert float(LSGAN.critic(REAL, FAKE)) == pytest.approx((((REAL - 1) ** 2).mean() + (FAKE**2).mean()) / 2)
    assert float(LSGAN.generator(None, FAKE)) == pytest.approx(((FAKE - 1) ** 2).mean() / 2)
    assert float(LSGAN.accuracy(REAL, FAKE)) == pytest.approx(3 / 6)  # 0.5 is not told real, nor 0.25 painted wrongly
    drift = 0.001 * (REAL**2).mean()
    assert float(WGAN_GP.critic(REAL, FAKE)) == pytest.approx(FAKE.mean() - REAL.mean() + drift, rel=1e-5)
    for loss in (HINGE, WGAN_GP):
        assert float(loss.generator(None, FAKE)) == pytest.approx(-FAKE.mean())


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_the_slopes_for_critic_and_generator(name: str) -> None:
    loss: Loss = look_up(LOSSES[name])
    sides = {
        "critic of real": (REAL, lambda scores: loss.critic(scores, FAKE)),
        "critic of fake": (FAKE + 0.1, lambda scores: loss.critic(REAL, scores)),  # off the corner of the hinge
        "generator": (FAKE, lambda scores: loss.generator(REAL, scores)),
    }
    for side, (scores, value_of) in sides.items():
        variable = tf.Variable(scores)
        with tf.GradientTape() as tape:
            value = value_of(variable)
        gradient = tape.gradient(value, variable).numpy()
        for index in range(len(scores)):
            step = np.zeros_like(scores)
            step[index] = 1e-2
            slope = (float(value_of(scores + step)) - float(value_of(scores - step))) / 2e-2
            assert gradient[index, 0] == pytest.approx(slope, rel=1e-3, abs=1e-5), (side, index)


@pytest.mark.parametrize("loss", [BCE, RELATIVISTIC])
def test_gradients_are_finite_for_a_critic_that_is_sure(loss: Loss) -> None:
    sure = tf.Variable(np.full((2, 1), -200, np.float32))
    with tf.GradientTape() as tape:
        value = loss.generator(np.full((2, 1), 200, np.float32), sure)
    assert np.isfinite(float(value))
    assert np.allclose(tape.gradient(value, sure), -0.5)


@pytest.mark.parametrize(("penalty", "rows"), [(zero_centred, 4), (one_centred, 2)])
def test_the_slope_of_a_penalty_is_that_of_the_critic_it_holds(penalty, rows: int) -> None:
    """With D(x) = sum of (a x)^2 / 2 the gradient at x is a^2 x, and the penalty is smooth in a."""
    pictures = np.random.default_rng(0).normal(size=(rows, 2, 2, 3)).astype(np.float32)

    def penalty_at(a: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            watched = tf.constant(pictures)
            tape.watch(watched)
            score = tf.reduce_sum(tf.square(a * watched)) / 2
        return penalty(tape.gradient(score, watched))

    a = tf.Variable(0.7)
    with tf.GradientTape() as tape:
        value = penalty_at(a)
    slope = (float(penalty_at(tf.constant(0.701))) - float(penalty_at(tf.constant(0.699)))) / 2e-3
    assert float(tape.gradient(value, a)) == pytest.approx(slope, rel=1e-2)


def test_the_penalty_of_wasserstein_pulls_the_norm_to_one() -> None:
    gradients = np.zeros((3, 2, 2, 3), np.float32)
    gradients[0, 0, 0, 0], gradients[1, 1, 0, 2] = 1.0, 3.0
    assert float(one_centred(gradients)) == pytest.approx((0 + 4 + 1) / 3, rel=1e-5)
    flat = tf.Variable(gradients[2:])
    with tf.GradientTape() as tape:
        value = one_centred(flat)
    assert np.isfinite(tape.gradient(value, flat)).all()  # a root's slope at zero is not


def test_between_lies_on_the_line_from_painted_to_real() -> None:
    reals, fakes = np.ones((64, 2, 2, 3), np.float32), np.full((64, 2, 2, 3), -1, np.float32)
    found = between(reals, fakes, tf.constant([1, 2], tf.int64)).numpy()
    assert (found == found[:, :1, :1, :1]).all()  # one place on the line for a whole picture
    places = found[:, 0, 0, 0]
    assert places.min() < -0.8 and places.max() > 0.8 and abs(places.mean()) < 0.3 and len(set(places)) == 64


def test_the_norm_is_a_sum_over_pixels_and_channels_for_each_picture() -> None:
    gradients = np.random.default_rng(0).normal(size=(2, 4, 5, 3)).astype(np.float32)
    expected = [(picture.astype(np.float64) ** 2).sum() for picture in gradients]
    assert np.allclose(squared_gradient_norms(gradients), expected, rtol=1e-5)
