"""The averaged generator: what is saved and judged is calmer than what is trained."""

from __future__ import annotations

import keras
import tensorflow as tf

from artgan.models.shares import devices
from artgan.training.config import TrainConfig


def move_average(
    averaged: keras.Model, generator: keras.Model, config: TrainConfig, step: tf.Tensor, batch: tf.Tensor
) -> None:
    """Move the averaged weights: beta = 0.5^(batch / half-life), as Karras et al. 2020 (ADA) count it.

    The half-life grows with the images seen up to ``ema_kimg``. BatchNormalization's moving statistics are averaged
    like weights: copied, those of a small batch would be of its last few steps, and tint all pictures alike.

    Args:
        averaged: changed in place.
        generator: of the same weights in the same order.
        config: its ``ema_kimg`` and ``ema_ramp`` say how slowly.
        step: how many steps were taken before this one.
        batch: images in one step on one device.
    """
    if config.ema_kimg:
        images = tf.cast(batch * devices(), tf.float32)
        seen = tf.cast(step, tf.float32) * images
        half_life = tf.minimum(config.ema_kimg * 1000.0, config.ema_ramp * seen)
        beta = tf.pow(0.5, images / tf.maximum(half_life, 1e-8))
    else:
        beta = tf.zeros([])

    def move(strategy: tf.distribute.Strategy, beta: tf.Tensor) -> None:
        beta = strategy.reduce("MEAN", beta, axis=None)
        for target, source in zip(averaged.weights, generator.weights, strict=True):
            value = tf.cast(source, target.dtype)
            target.assign(value + beta * (target - value))

    # With several devices the copies are changed between them, so that they stay equal.
    tf.distribute.get_replica_context().merge_call(move, args=(beta,))
