"""The adversarial losses: scores in, a number out. Pure functions of tensors.

Each loss has a critic's side and a generator's side. ``real`` and ``fake`` are the critic's scores ``(n, 1)`` of as
many real and painted pictures, float32: logits, any real number, higher for "real".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class Loss:
    """One adversarial loss.

    ``critic(real, fake)`` and ``generator(real, fake)`` return scalars; either side of ``critic`` may be None when the
    loss is a sum of a real and a painted part (``paired`` False) and the two are shown in separate batches.
    ``accuracy(real, fake)`` is the share, 0 to 1, that the critic tells right. ``paired``: either side needs both, so
    real and painted pictures cannot be shown apart.
    """

    critic: Callable[[tf.Tensor | None, tf.Tensor | None], tf.Tensor]
    generator: Callable[[tf.Tensor | None, tf.Tensor], tf.Tensor]
    accuracy: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    paired: bool


def _rpgan_critic(real: tf.Tensor | None, fake: tf.Tensor | None) -> tf.Tensor:
    assert real is not None and fake is not None, "the trainer shows a paired loss both"
    return tf.reduce_mean(tf.nn.softplus(fake - real))


def _rpgan_generator(real: tf.Tensor | None, fake: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.nn.softplus(real - fake))


def _rpgan_accuracy(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(real > fake, tf.float32))


def _bce_critic(real: tf.Tensor | None, fake: tf.Tensor | None) -> tf.Tensor:
    parts = []
    if real is not None:
        parts.append(tf.reduce_mean(tf.nn.softplus(-real)))
    if fake is not None:
        parts.append(tf.reduce_mean(tf.nn.softplus(fake)))
    return tf.add_n(parts)


def _bce_generator(real: tf.Tensor | None, fake: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.nn.softplus(-fake))


def _bce_accuracy(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    right = tf.concat([real > 0, fake <= 0], axis=0)
    return tf.reduce_mean(tf.cast(right, tf.float32))


# Relativistic pairing GAN (Jolicoeur-Martineau 2019; Huang et al. 2024, eq. 2) with f(t) = -log(1 + exp(-t)):
# mean softplus(-(D(x) - D(y))) for the critic, the same with the pair exchanged for the generator.
RPGAN = Loss(_rpgan_critic, _rpgan_generator, _rpgan_accuracy, paired=True)

# Goodfellow et al. 2014, eq. 1, with the non-saturating generator: the cross-entropy of sigmoid(score), computed from
# the score itself, which neither overflows nor loses the gradient of a critic that is sure.
BCE = Loss(_bce_critic, _bce_generator, _bce_accuracy, paired=False)


def squared_gradient_norms(gradients: tf.Tensor) -> tf.Tensor:
    """Return the squared norm of each picture's gradient.

    R1 and R2 (Mescheder, Geiger and Nowozin 2018, eq. 9; Roth et al. 2017): the norm is a sum over height, width and
    channels, so their weight grows with the resolution.

    Args:
        gradients: ``(n, height, width, channels)``.

    Returns:
        ``(n,)`` float32.
    """
    return tf.reduce_sum(tf.square(tf.cast(gradients, tf.float32)), axis=[1, 2, 3])
