"""Differentiable augmentation (Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", 2020).

Real and painted pictures are changed at random before the critic sees them, in both steps, so that it cannot learn
the few paintings by heart while the generator still receives exact gradients. Shifts are products with 0/1 matrices,
which every backend can differentiate twice; gathers cannot be everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import tensorflow as tf

from artgan.images import to_float, to_uint8
from artgan.models.presets import look_up
from artgan.training.chance import uniform
from artgan.training.config import AUGMENTATIONS, TrainConfig

Draw = Callable[[int], list[tf.Tensor]]
"""Gives so many random numbers in [0, 1) for each picture, ``(n, 1, 1, 1)`` each; a policy asks once."""

MOST = 0.8
"""The highest probability that is safe to grow to: up to about here the generator sees through what is done to pictures
(Karras et al. 2020, ADA, section 2.2)."""

# Figures of the paper's published policy: brightness +-0.5, saturation x0..2, contrast x0.5..1.5, shifts of up to an
# eighth of the side, a hole of half the side.
_BRIGHTNESS, _SATURATION, _CONTRAST = 0.5, 2.0, 0.5
_SHIFT, _HOLE = 1 / 8, 1 / 2


# From a policy's random numbers to those that say whether it is applied.
_WHETHER = 8


def augment(
    pictures: tf.Tensor,
    policies: Sequence[str],
    seed: tf.Tensor,
    probability: tf.Tensor | float = 1.0,
    blocks: int | None = 1,
) -> tf.Tensor:
    """Change each picture at random, differentiably.

    Args:
        pictures: ``(n, size, size, 3)`` float in about [-1, 1].
        policies: names in ``AUGMENTATIONS``, applied in that order. Each is a function of pictures and a ``Draw``.
        seed: ``(2,)`` integers; the same seed makes the same changes.
        probability: of each policy, for each picture.
        blocks: of pictures, as for ``chance.uniform``, where devices share them.

    Returns:
        The same shape and dtype.
    """
    for index, name in enumerate(policies):
        changed = look_up(AUGMENTATIONS[name])(pictures, partial(_draw, pictures, _at(seed, index), blocks))
        if not (isinstance(probability, float) and probability == 1.0):
            (number,) = _draw(pictures, _at(seed, index + _WHETHER), blocks, 1)
            changed = tf.where(tf.cast(number, tf.float32) < probability, changed, pictures)
        pictures = changed
    return pictures


def mirror(pictures: tf.Tensor, seed: tf.Tensor, blocks: int | None = 1) -> tf.Tensor:
    """Flip half of the pictures left to right."""
    (number,) = _draw(pictures, seed, blocks, 1)
    return tf.where(number < 0.5, tf.reverse(pictures, [2]), pictures)


def as_seen(pictures: np.ndarray, config: TrainConfig) -> np.ndarray:
    """Return pictures as a critic sees them in training: some mirrored, and augmented.

    Args:
        pictures: ``(n, size, size, 3)`` uint8.
        config: says how; where it leaves the strength open ("auto"), the strongest is shown.

    Returns:
        The same shape, uint8.
    """
    values, seed = tf.constant(to_float(pictures)), tf.constant([config.seed, 0], tf.int64)
    policies = [name for name in config.augment.split(",") if name]
    if config.mirror:
        values = mirror(values, seed)
    strength = MOST if config.augment_p == "auto" else config.augment_p
    return to_uint8(augment(values, policies, seed + 1, strength).numpy())


def _at(seed: tf.Tensor, place: int) -> tf.Tensor:
    return seed + tf.constant([place, 0], seed.dtype)


def _draw(pictures: tf.Tensor, seed: tf.Tensor, blocks: int | None, count: int) -> list[tf.Tensor]:
    numbers = uniform(tf.shape(pictures)[0], seed, count, blocks)
    return [tf.reshape(tf.cast(number, pictures.dtype), [-1, 1, 1, 1]) for number in numbers]


def color(pictures: tf.Tensor, draw: Draw) -> tf.Tensor:
    """Change brightness, saturation and contrast."""
    brightness, saturation, contrast = draw(3)
    pictures = pictures + (brightness - 0.5) * 2 * _BRIGHTNESS
    grey = tf.reduce_mean(pictures, axis=3, keepdims=True)
    pictures = grey + (pictures - grey) * saturation * _SATURATION
    mean = tf.reduce_mean(pictures, axis=[1, 2, 3], keepdims=True)
    return mean + (pictures - mean) * (1 + (contrast - 0.5) * 2 * _CONTRAST)


def translation(pictures: tf.Tensor, draw: Draw) -> tf.Tensor:
    """Shift by whole pixels; zeros fill the gap."""
    size = pictures.shape[1]
    reach = int(size * _SHIFT + 0.5)
    down, right = draw(2)
    rows = _shift_matrix(down, reach, size, pictures.dtype)
    columns = _shift_matrix(right, reach, size, pictures.dtype)
    # (n, out, in) x (n, in, width * channels): shifted rows, then the same for columns.
    count = tf.shape(pictures)[0]
    moved = tf.reshape(tf.matmul(rows, tf.reshape(pictures, [count, size, size * 3])), [count, size, size, 3])
    return tf.einsum("nop,nhpc->nhoc", columns, moved)


def _shift_matrix(uniform: tf.Tensor, reach: int, size: int, dtype: tf.DType) -> tf.Tensor:
    """Return ``(n, size, size)``: one at (i, i + shift), shift drawn from -reach ... reach."""
    shift = tf.cast(tf.floor(tf.cast(uniform, tf.float32) * (2 * reach + 1)), tf.int32) - reach
    index = tf.range(size)
    return tf.cast(index[None, None, :] == index[None, :, None] + tf.reshape(shift, [-1, 1, 1]), dtype)


def cutout(pictures: tf.Tensor, draw: Draw) -> tf.Tensor:
    """Cover a square with zeros."""
    size = pictures.shape[1]
    hole = int(size * _HOLE + 0.5)
    top, left = draw(2)
    index = tf.range(size)[None, :]

    def covered(uniform: tf.Tensor) -> tf.Tensor:
        # The hole's middle lies anywhere, so it may hang over the border.
        middle = tf.cast(tf.floor(tf.cast(tf.reshape(uniform, [-1, 1]), tf.float32) * size), tf.int32)
        return (index >= middle - hole // 2) & (index < middle - hole // 2 + hole)

    inside = covered(top)[:, :, None, None] & covered(left)[:, None, :, None]
    return tf.where(inside, tf.zeros([], pictures.dtype), pictures)
