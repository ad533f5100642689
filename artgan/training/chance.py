"""Random numbers for the rows of a batch, the same however many devices share it."""

from __future__ import annotations

import tensorflow as tf

from artgan.models.shares import devices, own_rows

# Independent streams of random numbers within a step; 16 apart so that augmentation policies can count on from theirs.
MIRROR, CRITIC_LATENTS, GENERATOR_LATENTS, CRITIC_AUGMENT, REAL_AUGMENT, FAKE_AUGMENT = range(0, 96, 16)
BETWEEN_AUGMENT, HELD_OUT_AUGMENT = range(96, 128, 16)
BETWEEN, HELD_OUT = BETWEEN_AUGMENT + 15, HELD_OUT_AUGMENT + 15
STREAMS = 128


def uniform(rows: tf.Tensor | int, seed: tf.Tensor, count: int = 1, blocks: int | None = 1) -> list[tf.Tensor]:
    """Draw numbers in [0, 1) for each row that this device has.

    Args:
        rows: how many it has.
        seed: ``(2,)`` integers; names the numbers of all rows of all devices.
        count: how many numbers a row is given.
        blocks: as for ``shares.own_rows``; None where every device has all rows.

    Returns:
        ``count`` times ``(rows,)`` float32.
    """
    numbers = tf.random.stateless_uniform([count, _of_all(rows, blocks)], seed)
    return tf.unstack(numbers if blocks is None else own_rows(numbers, 1, blocks))


def normal(rows: tf.Tensor | int, width: int, seed: tf.Tensor, blocks: int = 1) -> tf.Tensor:
    """Draw standard normal numbers ``(rows, width)`` float32; the arguments are those of ``uniform``."""
    return own_rows(tf.random.stateless_normal([_of_all(rows, blocks), width], seed), 0, blocks)


def _of_all(rows: tf.Tensor | int, blocks: int | None) -> tf.Tensor | int:
    return rows if blocks is None else rows * devices()
