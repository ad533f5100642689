"""One look of the critic at real and painted pictures: its gradients, and the way it shows the generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from artgan.training.losses import Loss, between, one_centred, zero_centred

Score = Callable[[tf.Tensor], tf.Tensor]
"""Scores pictures ``(n, size, size, 3)``: ``(n, 1)`` float32."""


class Judgement(NamedTuple):
    """What a look gives.

    ``gradients``: of the critic's variables. ``real``, ``fake``: its scores. ``towards``: the gradient of the
    generator's loss at each painted picture, of their shape; a zero where it was not asked for. ``penalty``: a scalar.
    """

    gradients: list[tf.Tensor]
    real: tf.Tensor
    fake: tf.Tensor
    towards: tf.Tensor
    penalty: tf.Tensor


def slopes(score: Score, pictures: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the scores of pictures, and the gradient of each score at its picture, through the augmentation."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(pictures)
        scores = score(pictures)
        total = tf.reduce_sum(scores)
    return scores, tape.gradient(total, pictures)


def judge(
    loss: Loss,
    score: Score,
    variables: list[tf.Variable],
    reals: tf.Tensor,
    fakes: tf.Tensor,
    *,
    weight: float,
    middle: tuple[Score, tf.Tensor] | None,
    joint: bool,
    replicas: int,
) -> Judgement:
    """Show the critic real and painted pictures as one batch; one forward pass serves both of R1 and R2.

    With ``joint`` the same pass serves the generator too. Of a painted picture both losses see the score alone, so
    their gradients at it are the score's, times dL_critic/dscore or dL_generator/dscore: the second follows from the
    first by a factor for each picture, and neither network is passed through again. That saves a quarter of a step.

    Args:
        loss: what is minimised.
        score: of reals and fakes together.
        variables: the critic's.
        reals: ``(n, size, size, 3)`` in [-1, 1].
        fakes: as many.
        weight: of the penalty; 0 for none.
        middle: for wgan-gp, how pictures between the two are scored, and the seed that places them; else None.
        joint: whether ``towards`` is wanted.
        replicas: devices whose gradients will be summed.
    """
    pictures = tf.concat([reals, fakes], axis=0)
    penalty, slope = tf.zeros([]), None
    with tf.GradientTape() as outer:
        outer.watch(pictures)
        if weight and middle is None:
            scores, slope = slopes(score, pictures)
            penalty = zero_centred(slope)
        else:
            scores = score(pictures)
        if weight and middle is not None:
            penalty = one_centred(slopes(middle[0], between(reals, fakes, middle[1]))[1])
        real, fake = tf.split(scores, 2)
        total = (loss.critic(real, fake) + weight * penalty) / replicas
    wanted = [*variables, pictures] if joint and slope is None else variables
    gradients = outer.gradient(total, wanted, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    towards = tf.zeros([])
    if joint:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(fake)
            sides = loss.critic(real, fake) / replicas, loss.generator(real, fake) / replicas
        critics, generators = (tape.gradient(side, fake) for side in sides)
        at_fakes = (gradients.pop() if slope is None else slope)[tf.shape(reals)[0] :]
        factor = generators if slope is not None else tf.math.divide_no_nan(generators, critics)
        towards = at_fakes * tf.reshape(factor, [-1, 1, 1, 1])
    # Both branches of a condition return dense gradients, also where something is looked up in a table.
    return Judgement([tf.convert_to_tensor(gradient) for gradient in gradients], real, fake, towards, penalty)
