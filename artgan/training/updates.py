"""How two networks learn from one batch: the critic's update, the generator's, or both from one look."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from artgan.models.shares import devices
from artgan.training import chance
from artgan.training.accumulating import in_parts
from artgan.training.augment import augment
from artgan.training.judgement import Judgement, judge

if TYPE_CHECKING:
    from artgan.training.trainer import GANTrainer


class Updates:
    """The updates of a trainer; all that they change are its networks, its optimizers and its adaptation.

    Args:
        gan: whose they are.
    """

    def __init__(self, gan: GANTrainer) -> None:
        self._gan = gan

    def train_critic(self, reals: tf.Tensor, labels: tf.Tensor | None, turn: int) -> dict[str, tf.Tensor]:
        """Update the critic once; in the last turn, where both learn from one look, the generator too."""
        seed, count = self._gan.seed_of(chance.CRITIC_LATENTS, turn), tf.shape(reals)[0]
        if self._gan.config.separate_batches:
            # As train_on_batch on the output of predict: the generator in inference mode.
            fakes = _call(self._gan.generator, self._latents(count, seed), labels, False)
            real, fake, logs = self._update_separately(reals, fakes, labels, turn)
        else:
            joint = self._gan.config.joint and turn == self._gan.config.critic_steps - 1
            real, fake, logs = self._update_together(reals, labels, seed, turn, joint)
        if self._gan.adaptation:
            logs.update(self._gan.adaptation.update(real, fake, self._score_held_out(count, turn)))
        return logs

    def _update_together(
        self, reals: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor, turn: int, joint: bool
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        """Update the critic, and the generator if ``joint``, from one look; return the scores of both, and the logs."""
        painter, critic = self._gan.generator.trainable_variables, self._gan.discriminator.trainable_variables
        every, gamma, terms = self._gan.config.penalty_every, self._gan.config.gamma, self._gan.loss_terms
        update = tf.cast(self._gan.step, tf.int64) * self._gan.config.critic_steps + turn

        def look(part: tf.Tensor, reals: tf.Tensor, latents: tf.Tensor, labels: tf.Tensor | None) -> Any:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                if joint:
                    tape.watch([variable.value for variable in painter])
                fakes = _call(self._gan.generator, latents, labels, True)
            judged = partial(self._judge, reals, fakes, labels, turn, part, joint=joint)
            if not gamma or every == 1:
                found = judged(penalise=gamma > 0)
            else:
                due = tf.equal(update % every, 0)
                found = tf.cond(due, lambda: judged(penalise=True), lambda: judged(penalise=False))
            learned = tape.gradient(fakes, painter, output_gradients=found.towards) if joint else []
            return [found.penalty, *found.gradients, *learned], [found.real, found.fake]

        latents = self._latents(tf.shape(reals)[0], seed)
        (penalty, *gradients), (real, fake) = in_parts(look, self._gan.parts, reals, latents, labels)
        logs = {
            "d_loss": terms.critic(real, fake),
            "accuracy": terms.accuracy(real, fake),
            # So that the mean over all steps is the mean over those that have one.
            "penalty": penalty * every,
        }
        if joint:
            self._gan.generator_optimizer.apply(gradients[len(critic) :], painter)
            logs["g_loss"] = terms.generator(real, fake)
        self._gan.discriminator_optimizer.apply(gradients[: len(critic)], critic)
        return real, fake, logs

    def _judge(
        self,
        reals: tf.Tensor,
        fakes: tf.Tensor,
        labels: tf.Tensor | None,
        turn: int,
        part: tf.Tensor | int,
        *,
        penalise: bool,
        joint: bool,
    ) -> Judgement:
        both = None if labels is None else tf.concat([labels, labels], axis=0)
        mixed = self._gan.loss_terms.between
        return judge(
            self._gan.loss_terms,
            lambda pictures: self._score(
                pictures, both, self._gan.seed_of(chance.CRITIC_AUGMENT, turn, part), blocks=2
            ),
            self._gan.discriminator.trainable_variables,
            reals,
            fakes,
            weight=penalise * self._gan.config.penalty_every * self._gan.config.gamma / (1 if mixed else 2),
            middle=(
                lambda pictures: self._score(pictures, labels, self._gan.seed_of(chance.BETWEEN_AUGMENT, turn, part)),
                self._gan.seed_of(chance.BETWEEN, turn, part),
            )
            if mixed
            else None,
            joint=joint,
            replicas=devices(),
        )

    def _update_separately(
        self, reals: tf.Tensor, fakes: tf.Tensor, labels: tf.Tensor | None, turn: int
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        """Two batches, two updates, as keragan did: batch statistics never mix real and painted pictures."""
        variables = self._gan.discriminator.trainable_variables
        scores, losses = [], []
        for pictures, stream in ((reals, chance.REAL_AUGMENT), (fakes, chance.FAKE_AUGMENT)):
            with tf.GradientTape() as tape:
                score = self._score(pictures, labels, self._gan.seed_of(stream, turn))
                loss = self._gan.loss_terms.critic(*((score, None) if pictures is reals else (None, score)))
                shared = _shared(loss)
            self._gan.discriminator_optimizer.apply(tape.gradient(shared, variables), variables)
            scores.append(score)
            losses.append(loss)
        real, fake = scores
        accuracy = self._gan.loss_terms.accuracy(real, fake)
        return real, fake, {"d_loss": tf.add_n(losses) / 2, "accuracy": accuracy, "penalty": tf.zeros([])}

    def train_generator(self, reals: tf.Tensor, labels: tf.Tensor | None, turn: int) -> tf.Tensor:
        """Update the generator once, and return its loss."""
        variables = self._gan.generator.trainable_variables
        # keragan shows the combined model the very latents its discriminator has just judged.
        same = self._gan.config.separate_batches
        seed = self._gan.seed_of(chance.CRITIC_LATENTS if same else chance.GENERATOR_LATENTS, turn)

        def look(part: tf.Tensor, reals: tf.Tensor, latents: tf.Tensor, labels: tf.Tensor | None) -> Any:
            paired = self._gan.loss_terms.paired
            real = self._score(reals, labels, self._gan.seed_of(chance.REAL_AUGMENT, turn, part)) if paired else None
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([variable.value for variable in variables])
                fakes = _call(self._gan.generator, latents, labels, True)
                fake = self._score(fakes, labels, self._gan.seed_of(chance.FAKE_AUGMENT, turn, part))
                loss = self._gan.loss_terms.generator(real, fake)
                shared = _shared(loss)
            return [loss, *tape.gradient(shared, variables)], []

        latents = self._latents(tf.shape(reals)[0], seed)
        (loss, *gradients), _ = in_parts(look, self._gan.parts, reals, latents, labels)
        self._gan.generator_optimizer.apply(gradients, variables)
        return loss

    def _score_held_out(self, count: tf.Tensor, turn: int) -> tf.Tensor | None:
        """Return the scores of some pictures that are never learned, a quarter as many as of the others."""
        assert self._gan.adaptation is not None
        wanted = tf.maximum(count * devices() // 4, 2)
        drawn = self._gan.adaptation.draw(wanted, self._gan.seed_of(chance.HELD_OUT, turn))
        if drawn is None:
            return None
        # Too few to be worth sharing: every device scores all of them.
        pictures = self._gan.as_reals(drawn[0], chance.HELD_OUT - 1, None)
        labels, seed = self._gan.as_classes(drawn[1]), self._gan.seed_of(chance.HELD_OUT_AUGMENT, turn)
        return self._score(pictures, labels, seed, blocks=None)

    def _latents(self, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return chance.normal(count, self._gan.config.latent_dim, seed, self._gan.parts)

    def _score(
        self, pictures: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor, blocks: int | None = 1
    ) -> tf.Tensor:
        if self._gan.policies:
            p = self._gan.adaptation.p if self._gan.adaptation else self._gan.config.augment_p
            pictures = augment(pictures, self._gan.policies, seed, p, blocks)
        # Batch statistics also while the generator learns: in inference mode it would fool the moving averages.
        return tf.cast(_call(self._gan.discriminator, pictures, labels, True), tf.float32)


def _shared(loss: tf.Tensor) -> tf.Tensor:
    """Divide a loss by the number of devices, since the optimizer sums their gradients."""
    return loss / devices()


def _call(model: keras.Model, x: tf.Tensor, labels: tf.Tensor | None, training: bool) -> tf.Tensor:
    """Call a network, with the classes ``(n, classes)`` when it takes them."""
    return model([x, labels] if len(model.inputs) > 1 else x, training=training)
