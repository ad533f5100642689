"""The adversarial losses: scores in, a number out. Pure functions of tensors.

Each loss has a critic's side and a generator's side. ``real`` and ``fake`` are the critic's scores ``(n, 1)`` of as
many real and painted pictures, float32: any real number, higher for "real". In the equations D is the critic, x a real
picture, y a painted one, and E the mean over the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from artgan.training.chance import uniform

_Part = Callable[[tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class Loss:
    """One adversarial loss.

    ``critic(real, fake)`` and ``generator(real, fake)`` return scalars; either side of ``critic`` may be None when the
    loss is a sum of a real and a painted part (``paired`` False) and the two are shown in separate batches.
    ``accuracy(real, fake)`` is the share, 0 to 1, that the critic tells right. ``paired``: either side needs both, so
    real and painted pictures cannot be shown apart. ``between``: its gradient penalty is that of WGAN-GP, at pictures
    between real and painted ones, in place of R1 and R2 at these. ``smooth``: no finite score leaves the critic without
    a gradient, so that the generator's can be had from it.
    """

    critic: Callable[[tf.Tensor | None, tf.Tensor | None], tf.Tensor]
    generator: Callable[[tf.Tensor | None, tf.Tensor], tf.Tensor]
    accuracy: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    paired: bool
    between: bool = False
    smooth: bool = False


def _relativistic_critic(real: tf.Tensor | None, fake: tf.Tensor | None) -> tf.Tensor:
    assert real is not None and fake is not None, "the trainer shows a paired loss both"
    return tf.reduce_mean(tf.nn.softplus(fake - real))


def _relativistic_generator(real: tf.Tensor | None, fake: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.nn.softplus(real - fake))


def _pairs_told(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(real > fake, tf.float32))


def _told_around(middle: float) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    def accuracy(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        right = tf.concat([real > middle, fake <= middle], axis=0)
        return tf.reduce_mean(tf.cast(right, tf.float32))

    return accuracy


def _sum(
    of_real: _Part,
    of_fake: _Part,
    of_painted: _Part,
    accuracy: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    *,
    between: bool = False,
    smooth: bool = False,
) -> Loss:
    """Make a loss of E of_real(D(x)) + E of_fake(D(y)) for the critic, E of_painted(D(y)) for the generator."""

    def critic(real: tf.Tensor | None, fake: tf.Tensor | None) -> tf.Tensor:
        shown = [(part, scores) for part, scores in ((of_real, real), (of_fake, fake)) if scores is not None]
        return tf.add_n([tf.reduce_mean(part(scores)) for part, scores in shown])

    def generator(real: tf.Tensor | None, fake: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(of_painted(fake))

    return Loss(critic, generator, accuracy, paired=False, between=between, smooth=smooth)


RELATIVISTIC = Loss(_relativistic_critic, _relativistic_generator, _pairs_told, paired=True, smooth=True)
"""Relativistic pairing GAN (Jolicoeur-Martineau 2019; Huang et al. 2024, eq. 2), with f(t) = -log(1 + exp(-t)).

Critic: E softplus(D(y) - D(x)). Generator: E softplus(D(x) - D(y)).
"""

BCE = _sum(
    lambda real: tf.nn.softplus(-real),
    tf.nn.softplus,
    lambda fake: tf.nn.softplus(-fake),
    _told_around(0.0),
    smooth=True,
)
"""Goodfellow et al. 2014, eq. 1, with the non-saturating generator of its section 3: the cross-entropy of sigmoid(D).

Critic: E softplus(-D(x)) + E softplus(D(y)). Generator: E softplus(-D(y)). Computed from the score itself, which
neither overflows nor loses the gradient of a critic that is sure.
"""

HINGE = _sum(lambda real: tf.nn.relu(1 - real), lambda fake: tf.nn.relu(1 + fake), tf.negative, _told_around(0.0))
"""Lim and Ye 2017; Miyato et al. 2018, eq. 16 and 17.

Critic: E max(0, 1 - D(x)) + E max(0, 1 + D(y)). Generator: -E D(y).
"""

LSGAN = _sum(
    lambda real: tf.square(real - 1) / 2,
    lambda fake: tf.square(fake) / 2,
    lambda fake: tf.square(fake - 1) / 2,
    _told_around(0.5),
)
"""Mao et al. 2017, eq. 9: least squares, with 1 for real and 0 for painted.

Critic: E (D(x) - 1)^2 / 2 + E D(y)^2 / 2. Generator: E (D(y) - 1)^2 / 2.
"""

# Karras et al. 2018 (Progressive GAN), appendix A.1: keeps the scores, which nothing else holds, near zero.
_DRIFT = 0.001

WGAN_GP = _sum(
    lambda real: _DRIFT * tf.square(real) - real,
    lambda fake: fake,
    tf.negative,
    _pairs_told,
    between=True,
    smooth=True,
)
"""Gulrajani et al. 2017, eq. 3, without its penalty, which is ``one_centred``; and the drift of Karras et al. 2018.

Critic: E D(y) - E D(x) + 0.001 E D(x)^2. Generator: -E D(y).
"""


def squared_gradient_norms(gradients: tf.Tensor) -> tf.Tensor:
    """Return the squared norm of each picture's gradient.

    The norm is a sum over height, width and channels, so the weight of a penalty grows with the resolution.

    Args:
        gradients: ``(n, height, width, channels)``.

    Returns:
        ``(n,)`` float32.
    """
    return tf.reduce_sum(tf.square(tf.cast(gradients, tf.float32)), axis=[1, 2, 3])


def zero_centred(gradients: tf.Tensor) -> tf.Tensor:
    """Return R1 plus R2: the mean squared norm over the reals plus that over the painted ones.

    Mescheder, Geiger and Nowozin 2018, eq. 9; Roth et al. 2017. It counts gamma / 2 times.

    Args:
        gradients: of the scores at as many real as painted pictures, ``(2n, height, width, channels)``.
    """
    return 2 * tf.reduce_mean(squared_gradient_norms(gradients))


def one_centred(gradients: tf.Tensor) -> tf.Tensor:
    """Return WGAN-GP's penalty, E (|gradient| - 1)^2.

    Gulrajani et al. 2017, eq. 3. It counts gamma times; the paper's weight is 10.

    Args:
        gradients: of the scores at pictures between real and painted ones, ``(n, height, width, channels)``.
    """
    # The slope of a root is infinite at zero, where a critic of ReLUs may well be.
    norms = tf.sqrt(squared_gradient_norms(gradients) + 1e-12)
    return tf.reduce_mean(tf.square(norms - 1))


def between(reals: tf.Tensor, fakes: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Return a picture somewhere on the line between each real and painted one (Gulrajani et al. 2017, algorithm 1).

    Args:
        reals: ``(n, size, size, 3)``.
        fakes: the same shape.
        seed: ``(2,)`` integers.
    """
    (share,) = uniform(tf.shape(reals)[0], seed)
    return fakes + tf.reshape(share, [-1, 1, 1, 1]) * (reals - fakes)
