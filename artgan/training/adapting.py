"""How often pictures are augmented, driven by how much the critic overfits (Karras et al. 2020, ADA).

A critic that learns the few paintings by heart tells them from painted ones too well. Then augmentation is applied
more often, and less often when it does not; never always, since what is always done to pictures would be painted too.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from artgan.models.shares import devices
from artgan.training.augment import MOST

_MEMORY = 0.95
"""Share of the running means that stays in an update: they cover some twenty batches."""


class Adaptation:
    """The probability of augmentation, as variables of a trainer, so that it is saved with all others.

    Args:
        trainer: whose variables they become.
        target: overfitting above which the probability rises, 0 to 1.
        kimg: thousand images in which it could go from 0 to 1.
        held_out: pictures ``(m, size, size, 3)`` uint8 that are never learned, and their labels ``(m,)`` or None; None
            where there are none.
    """

    def __init__(
        self,
        trainer: keras.Model,
        target: float,
        kimg: float,
        held_out: tuple[np.ndarray, np.ndarray | None] | None = None,
    ) -> None:
        def variable(name: str, shape: tuple[int, ...] = ()) -> keras.Variable:
            return trainer.add_weight(name=name, shape=shape, initializer="zeros", trainable=False, aggregation="mean")

        self.p = variable("augment_p")
        self._means = variable("augment_means", (4,))
        self._target = target
        self._images = kimg * 1000
        self._held_out: tuple[tf.Tensor, tf.Tensor | None] | None = None
        if held_out is not None and len(held_out[0]):
            pictures, labels = held_out
            with tf.device("CPU"):
                self._held_out = tf.constant(pictures), None if labels is None else tf.constant(labels)

    def take_over(self, before: Adaptation) -> None:
        """Go on where another one ends."""
        self.p.assign(before.p)
        self._means.assign(before._means)

    def draw(self, count: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None] | None:
        """Return so many held-out pictures, uint8, and their labels; None where nothing is held out."""
        if self._held_out is None:
            return None
        pictures, labels = self._held_out
        rows = tf.random.stateless_uniform([count], seed, 0, len(pictures), tf.int32)
        return tf.gather(pictures, rows), None if labels is None else tf.gather(labels, rows)

    def update(self, real: tf.Tensor, fake: tf.Tensor, held_out: tf.Tensor | None) -> dict[str, tf.Tensor]:
        """Move the probability by what one batch tells.

        With held-out pictures v, overfitting is r_v = (E D(x) - E D(v)) / (E D(x) - E D(y)) (ADA, eq. 1): 0 when the
        critic knows no picture by heart, 1 when it takes what it has not seen for painted. Without, it is the mean of
        sign(D(x) - D(y)) over pairs: ADA's r_t, sign(D(x)), says nothing where a loss leaves the zero of D open.

        Args:
            real: scores of the reals, ``(n, 1)``.
            fake: scores of the painted ones.
            held_out: scores of held-out pictures, as many as one likes, or None.

        Returns:
            Scalars ``augment_p`` and ``overfitting``.
        """
        told = tf.reduce_mean(tf.sign(real - fake))
        unseen = tf.zeros([]) if held_out is None else tf.reduce_mean(held_out)
        now = tf.stack([told, tf.reduce_mean(real), tf.reduce_mean(fake), unseen])
        # All begin at zero alike, which a ratio of their differences does not see.
        self._means.assign(_MEMORY * tf.convert_to_tensor(self._means) + (1 - _MEMORY) * now)
        told, seen, painted, unseen = tf.unstack(tf.convert_to_tensor(self._means))
        overfitting = told
        if held_out is not None:
            overfitting = tf.clip_by_value(tf.math.divide_no_nan(seen - unseen, seen - painted), -1.0, 1.0)
        step = tf.cast(tf.shape(real)[0] * devices(), tf.float32) / self._images
        moved = tf.convert_to_tensor(self.p) + step * tf.sign(overfitting - self._target)
        self.p.assign(tf.clip_by_value(moved, 0.0, MOST))
        return {"augment_p": tf.convert_to_tensor(self.p), "overfitting": overfitting}
