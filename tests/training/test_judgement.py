"""One look that serves both networks: the same gradients as two looks."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan.training.judgement import judge, slopes
from artgan.training.losses import BCE, RELATIVISTIC, WGAN_GP, Loss, zero_centred


def critic_and_pictures() -> tuple[keras.Model, tf.Tensor, tf.Tensor]:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((4, 4, 3))
    x = keras.layers.LeakyReLU()(keras.layers.Conv2D(5, 3)(inputs))
    critic = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(x)))
    pictures = np.random.default_rng(0).normal(size=(2, 6, 4, 4, 3)).astype(np.float32)
    return critic, tf.constant(pictures[0]), tf.constant(2 * pictures[1])


@pytest.mark.parametrize("loss", [RELATIVISTIC, BCE, WGAN_GP], ids=["relativistic", "bce", "wgan-gp"])
@pytest.mark.parametrize("weight", [0.0, 2.0], ids=["plain", "penalised"])
def test_one_look_shows_the_generator_what_a_look_of_its_own_would(loss: Loss, weight: float) -> None:
    critic, reals, fakes = critic_and_pictures()
    variables = critic.trainable_variables
    found = judge(loss, critic, variables, reals, fakes, weight=weight, middle=None, joint=True, replicas=1)
    with tf.GradientTape() as tape:
        tape.watch(fakes)
        painted = loss.generator(critic(reals), critic(fakes))
    np.testing.assert_allclose(found.towards, tape.gradient(painted, fakes), rtol=2e-4, atol=1e-6)
    with tf.GradientTape() as tape:
        scores, slope = slopes(critic, tf.concat([reals, fakes], axis=0))
        total = loss.critic(scores[:6], scores[6:]) + weight * zero_centred(slope)
    for ours, theirs in zip(
        found.gradients, tape.gradient(total, variables, unconnected_gradients="zero"), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=1e-6)


def test_a_sure_critic_still_shows_the_way() -> None:
    """The critic's own gradient vanishes at a picture it is sure of; the generator's must not."""
    critic, reals, fakes = critic_and_pictures()
    critic.layers[-1].kernel.assign(critic.layers[-1].kernel * 8.0)
    found = judge(
        BCE, critic, critic.trainable_variables, reals, fakes, weight=0.0, middle=None, joint=True, replicas=1
    )
    with tf.GradientTape() as tape:
        tape.watch(fakes)
        painted = BCE.generator(None, critic(fakes))
    assert float(tf.reduce_min(critic(fakes))) < -10
    np.testing.assert_allclose(found.towards, tape.gradient(painted, fakes), rtol=1e-3, atol=1e-5)
