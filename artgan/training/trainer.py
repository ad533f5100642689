"""One step of training, as a ``keras.Model`` with its own ``train_step``.

So ``fit``, callbacks and ``tf.distribute`` work for whoever uses the library. artgan's own loop calls the same step
itself: exact saving between any two steps, stopping at once and resuming at the very next batch are three lines there
and a fight with callbacks in ``fit``.

Every random number comes from (seed, step) by a counter, so the state that a resume needs is the variables alone.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from artgan.errors import UsageError
from artgan.models.presets import NetworkSpec, find_preset, look_up
from artgan.training.accumulating import in_parts
from artgan.training.adapting import Adaptation
from artgan.training.augment import augment, mirror
from artgan.training.averaging import move_average
from artgan.training.config import LOSSES, TrainConfig
from artgan.training.judgement import Judgement, judge
from artgan.training.losses import Loss
from artgan.training.transfer import freeze

# Independent streams of random numbers within a step; 16 apart so that augmentation policies can count on from theirs.
_MIRROR, _CRITIC_LATENTS, _GENERATOR_LATENTS, _CRITIC_AUGMENT, _REAL_AUGMENT, _FAKE_AUGMENT = range(0, 96, 16)
_BETWEEN_AUGMENT, _HELD_OUT_AUGMENT = range(96, 128, 16)
_BETWEEN, _HELD_OUT = _BETWEEN_AUGMENT + 15, _HELD_OUT_AUGMENT + 15
_STREAMS = 128


class GANTrainer(keras.Model):
    """Generator, discriminator, the averaged generator, and the step that trains them.

    Args:
        config: the resolved configuration.
        classes: number of classes the networks are told of; 0 for none.
        dtype: Keras precision policy of the two trained networks; the averaged one is float32 always.
        held_out: pictures ``(m, size, size, 3)`` uint8 that are not learned, and their labels ``(m,)`` or None; for
            ``augment_p`` "auto", which does without as well.

    Raises:
        UsageError: the loss needs real and painted pictures together, and ``separate_batches`` shows them apart; it
            is flat somewhere, and ``joint`` is asked for; ``freeze_critic`` is more than there are layers; or the
            networks normalise a batch as a whole, and ``micro_batch`` asks for parts of it.
    """

    def __init__(
        self,
        config: TrainConfig,
        *,
        classes: int = 0,
        dtype: str = "float32",
        held_out: tuple[np.ndarray, np.ndarray | None] | None = None,
    ) -> None:
        super().__init__(name="gan_trainer")
        self.config = config
        self.classes = classes
        self.loss_terms: Loss = look_up(LOSSES[config.loss])
        if config.separate_batches and self.loss_terms.paired:
            raise UsageError(
                f"the loss {config.loss} compares pairs, which separate_batches tears apart",
                "use --loss bce, or --no-separate-batches",
            )
        if config.joint and not self.loss_terms.smooth:
            raise UsageError(
                f"the loss {config.loss} has scores at which the critic has nothing to learn, and joint needs it to",
                "use --loss relativistic or bce, or --no-joint",
            )
        self.policies = tuple(piece for piece in config.augment.split(",") if piece)
        preset = find_preset(config.preset)
        spec = NetworkSpec(config.size, config.latent_dim, classes, dtype, fused=True)
        self.generator = preset.build_generator(spec)
        self.discriminator = preset.build_discriminator(spec)
        if config.micro_batch and not self.takes_parts:
            raise UsageError(
                f"the preset {config.preset} normalises a batch as a whole, which micro_batch would tear apart",
                "use a smaller --batch-size, or the preset quality",
            )
        self.frozen = freeze(self.discriminator, config.freeze_critic)
        self.averaged = preset.build_generator(NetworkSpec(config.size, config.latent_dim, classes))
        self.averaged.set_weights(self.generator.get_weights())
        self.averaged.trainable = False
        self.step = self._counter("step")
        # The step at which these networks began, and the rate that the warm-up leads to.
        self.began = self._counter("began")
        self.rate = self.add_weight(name="rate", shape=(), initializer="zeros", trainable=False, aggregation="mean")
        self.rate.assign(config.lr)
        # Counts roll-backs: with other random numbers the same steps need not fail the same way.
        self.attempt = self._counter("attempt")
        self.adaptation: Adaptation | None = None
        if config.augment_p == "auto" and self.policies:
            self.adaptation = Adaptation(self, config.augment_target, config.ada_kimg, held_out)
        self.built = True

    @property
    def takes_parts(self) -> bool:
        """Whether the parts of a batch teach what the whole does: no layer looks at several pictures at once."""
        whole = keras.layers.BatchNormalization
        return not any(isinstance(x, whole) for net in (self.generator, self.discriminator) for x in net.layers)

    def _counter(self, name: str) -> keras.Variable:
        return self.add_weight(
            name=name, shape=(), dtype="int64", initializer="zeros", trainable=False, aggregation="only_first_replica"
        )

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | None = None,
        **options: Any,
    ) -> None:
        """Set the optimizers; by default an Adam each, with the configuration's values.

        Args:
            generator_optimizer: any Keras optimizer.
            discriminator_optimizer: another one.
            options: what ``keras.Model.compile`` takes; ``jit_compile`` is off unless given, since XLA makes these
                networks slower on a CPU.
        """
        super().compile(**{"jit_compile": False, **options})
        self.generator_optimizer = generator_optimizer or self._adam()
        self.discriminator_optimizer = discriminator_optimizer or self._adam()
        # Building now fixes the order of the slots, which saving relies on.
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    def set_rate(self, rate: float) -> None:
        """Learn at another rate from here on."""
        self.rate.assign(rate)
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            optimizer.learning_rate.assign(rate)

    def take_over(self, before: GANTrainer) -> None:
        """Go on counting where a trainer of smaller pictures ends, whose weights the networks have."""
        for name in ("step", "attempt"):
            getattr(self, name).assign(getattr(before, name))
        self.began.assign(before.step)
        self.set_rate(float(before.rate))
        if self.adaptation and before.adaptation:
            self.adaptation.take_over(before.adaptation)

    def _warm_up(self, images: tf.Tensor) -> None:
        """Begin gently: Adam's first steps are as long as all others, whatever little it knows of the gradients."""
        if not self.config.warmup_kimg:
            return
        part = tf.minimum(1.0, self._shown(images) / (1000 * self.config.warmup_kimg))
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            optimizer.learning_rate.assign(tf.convert_to_tensor(self.rate) * part)

    def _adam(self) -> keras.optimizers.Optimizer:
        c = self.config
        return keras.optimizers.Adam(c.lr, beta_1=c.beta1, beta_2=c.beta2, epsilon=c.adam_epsilon)

    def call(self, inputs: Any, training: bool = False) -> tf.Tensor:
        """Paint with the averaged generator."""
        return self.averaged(inputs, training=False)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Update critic (``critic_steps`` times, each on its own share of the pictures), generator and average once.

        Args:
            data: uint8 pictures ``(n, size, size, 3)``, or (pictures, labels ``(n,)``).

        Returns:
            Scalars: ``d_loss``, ``g_loss``, ``penalty``, ``accuracy``; and ``augment_p`` and ``overfitting`` where the
            former is "auto".
        """
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        reals = self._reals(images, _MIRROR)
        labels = self._rows(labels)
        self._warm_up(tf.shape(reals)[0])
        count = self.config.critic_steps
        parts = [reals] if count == 1 else tf.split(reals, count)
        known = [labels] * count if labels is None or count == 1 else tf.split(labels, count)
        turns = [self._train_critic(parts[turn], known[turn], turn) for turn in range(count)]
        logs = turns[-1]
        if count > 1:
            logs |= {name: tf.add_n([log[name] for log in turns]) / count for name in turns[0]}
        if not self.config.joint:
            logs["g_loss"] = self._train_generator(parts[-1], known[-1], count - 1)
        move_average(self.averaged, self.generator, self.config, self.step, tf.shape(reals)[0])
        self.step.assign_add(1)
        return logs

    def _rows(self, labels: tf.Tensor | None) -> tf.Tensor | None:
        """Turn labels ``(n,)`` into what networks of classes are told: ``(n, classes)`` float32, one-hot."""
        if labels is None or not self.classes:
            return None
        return tf.one_hot(tf.reshape(tf.cast(labels, tf.int32), [-1]), self.classes)

    def _reals(self, images: tf.Tensor, stream: int) -> tf.Tensor:
        reals = tf.cast(images, tf.float32) / 127.5 - 1.0
        times = images.shape[1] // self.config.size
        if times > 1:  # a smaller size than the paintings are prepared at: the mean of each block of pixels
            reals = tf.nn.avg_pool2d(reals, times, times, "VALID")
        reals = self._fade_in(reals)
        return mirror(reals, self._seed(stream)) if self.config.mirror else reals

    def _fade_in(self, reals: tf.Tensor) -> tf.Tensor:
        """After growing, let the detail that smaller pictures have not come in by and by.

        At first a real picture is what the generator enlarges by itself, so the critic has nothing new to tell the two
        apart by; Karras et al. 2018 (Progressive GAN, appendix A) fade the reals in like this, and the layers too.
        """
        config = self.config
        if not config.fade_kimg or config.size == config.stages[0]:
            return reals
        part = self._shown(tf.shape(reals)[0]) / (1000 * config.fade_kimg)

        def faded() -> tf.Tensor:
            coarse = tf.image.resize(tf.nn.avg_pool2d(reals, 2, 2, "VALID"), [config.size, config.size])
            return coarse + part * (reals - coarse)

        return tf.cond((part < 1) & (tf.cast(self.began, tf.int64) > 0), faded, lambda: reals)

    def _shown(self, images: tf.Tensor) -> tf.Tensor:
        """Return how many images these networks have been shown, with those of this step."""
        steps = tf.cast(self.step, tf.int64) - tf.cast(self.began, tf.int64) + 1
        return tf.cast(steps, tf.float32) * tf.cast(images, tf.float32)

    def _seed(self, stream: int, turn: int = 0, part: tf.Tensor | int = 0) -> tf.Tensor:
        """Name this step's random numbers of a stream; a device beside others (``tf.distribute``) has its own.

        ``turn`` counts the updates of the critic within the step, ``part`` the parts of a batch, from 0.
        """
        replica = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int64)
        # A configured seed is below 2**31, so the parts do not touch.
        first = self.config.seed * _STREAMS + stream + tf.cast(self.attempt, tf.int64) * 2**40 + replica * 2**52
        place = tf.cast(self.step, tf.int64) + turn * 2**40 + tf.cast(part, tf.int64) * 2**46
        return tf.stack([first, place])

    def _latents(self, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return tf.random.stateless_normal([count, self.config.latent_dim], seed)

    def _parts(self) -> int:
        return self.config.batch_size // (self.config.micro_batch or self.config.batch_size)

    def _train_critic(self, reals: tf.Tensor, labels: tf.Tensor | None, turn: int) -> dict[str, tf.Tensor]:
        """Update the critic once; in the last turn, where both learn from one look, the generator too."""
        seed, count = self._seed(_CRITIC_LATENTS, turn), tf.shape(reals)[0]
        if self.config.separate_batches:
            # As train_on_batch on the output of predict: the generator in inference mode.
            fakes = _call(self.generator, self._latents(count, seed), labels, False)
            real, fake, logs = self._update_separately(reals, fakes, labels, turn)
        else:
            joint = self.config.joint and turn == self.config.critic_steps - 1
            real, fake, logs = self._update_together(reals, labels, seed, turn, joint)
        if self.adaptation:
            logs.update(self.adaptation.update(real, fake, self._score_held_out(count, turn)))
        return logs

    def _update_together(
        self, reals: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor, turn: int, joint: bool
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        """Update the critic, and the generator if ``joint``, from one look; return the scores of both, and the logs."""
        painter, critic = self.generator.trainable_variables, self.discriminator.trainable_variables
        every, gamma, terms = self.config.penalty_every, self.config.gamma, self.loss_terms
        update = tf.cast(self.step, tf.int64) * self.config.critic_steps + turn

        def look(part: tf.Tensor, reals: tf.Tensor, latents: tf.Tensor, labels: tf.Tensor | None) -> Any:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                if joint:
                    tape.watch([variable.value for variable in painter])
                fakes = _call(self.generator, latents, labels, True)
            judged = partial(self._judge, reals, fakes, labels, turn, part, joint=joint)
            if not gamma or every == 1:
                found = judged(penalise=gamma > 0)
            else:
                due = tf.equal(update % every, 0)
                found = tf.cond(due, lambda: judged(penalise=True), lambda: judged(penalise=False))
            learned = tape.gradient(fakes, painter, output_gradients=found.towards) if joint else []
            return [found.penalty, *found.gradients, *learned], [found.real, found.fake]

        latents = self._latents(tf.shape(reals)[0], seed)
        (penalty, *gradients), (real, fake) = in_parts(look, self._parts(), reals, latents, labels)
        logs = {
            "d_loss": terms.critic(real, fake),
            "accuracy": terms.accuracy(real, fake),
            # So that the mean over all steps is the mean over those that have one.
            "penalty": penalty * every,
        }
        if joint:
            self.generator_optimizer.apply(gradients[len(critic) :], painter)
            logs["g_loss"] = terms.generator(real, fake)
        self.discriminator_optimizer.apply(gradients[: len(critic)], critic)
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
        mixed = self.loss_terms.between
        return judge(
            self.loss_terms,
            lambda pictures: self._score(pictures, both, self._seed(_CRITIC_AUGMENT, turn, part)),
            self.discriminator.trainable_variables,
            reals,
            fakes,
            weight=penalise * self.config.penalty_every * self.config.gamma / (1 if mixed else 2),
            middle=(
                lambda pictures: self._score(pictures, labels, self._seed(_BETWEEN_AUGMENT, turn, part)),
                self._seed(_BETWEEN, turn, part),
            )
            if mixed
            else None,
            joint=joint,
            replicas=tf.distribute.get_strategy().num_replicas_in_sync,
        )

    def _update_separately(
        self, reals: tf.Tensor, fakes: tf.Tensor, labels: tf.Tensor | None, turn: int
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        """Two batches, two updates, as keragan did: batch statistics never mix real and painted pictures."""
        variables = self.discriminator.trainable_variables
        scores, losses = [], []
        for pictures, stream in ((reals, _REAL_AUGMENT), (fakes, _FAKE_AUGMENT)):
            with tf.GradientTape() as tape:
                score = self._score(pictures, labels, self._seed(stream, turn))
                loss = self.loss_terms.critic(*((score, None) if pictures is reals else (None, score)))
                shared = _shared(loss)
            self.discriminator_optimizer.apply(tape.gradient(shared, variables), variables)
            scores.append(score)
            losses.append(loss)
        real, fake = scores
        accuracy = self.loss_terms.accuracy(real, fake)
        return real, fake, {"d_loss": tf.add_n(losses) / 2, "accuracy": accuracy, "penalty": tf.zeros([])}

    def _train_generator(self, reals: tf.Tensor, labels: tf.Tensor | None, turn: int) -> tf.Tensor:
        variables = self.generator.trainable_variables
        # keragan shows the combined model the very latents its discriminator has just judged.
        seed = self._seed(_CRITIC_LATENTS if self.config.separate_batches else _GENERATOR_LATENTS, turn)

        def look(part: tf.Tensor, reals: tf.Tensor, latents: tf.Tensor, labels: tf.Tensor | None) -> Any:
            paired = self.loss_terms.paired
            real = self._score(reals, labels, self._seed(_REAL_AUGMENT, turn, part)) if paired else None
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([variable.value for variable in variables])
                fakes = _call(self.generator, latents, labels, True)
                fake = self._score(fakes, labels, self._seed(_FAKE_AUGMENT, turn, part))
                loss = self.loss_terms.generator(real, fake)
                shared = _shared(loss)
            return [loss, *tape.gradient(shared, variables)], []

        latents = self._latents(tf.shape(reals)[0], seed)
        (loss, *gradients), _ = in_parts(look, self._parts(), reals, latents, labels)
        self.generator_optimizer.apply(gradients, variables)
        return loss

    def _score_held_out(self, count: tf.Tensor, turn: int) -> tf.Tensor | None:
        """Return the scores of some pictures that are never learned, a quarter as many as of the others."""
        assert self.adaptation is not None
        drawn = self.adaptation.draw(tf.maximum(count // 4, 2), self._seed(_HELD_OUT, turn))
        if drawn is None:
            return None
        images, labels = drawn
        pictures = self._reals(images, _HELD_OUT - 1)
        return self._score(pictures, self._rows(labels), self._seed(_HELD_OUT_AUGMENT, turn))

    def _score(self, pictures: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor) -> tf.Tensor:
        if self.policies:
            p = self.adaptation.p if self.adaptation else self.config.augment_p
            pictures = augment(pictures, self.policies, seed, p)
        # Batch statistics also while the generator learns: in inference mode it would fool the moving averages.
        return tf.cast(_call(self.discriminator, pictures, labels, True), tf.float32)


def _shared(loss: tf.Tensor) -> tf.Tensor:
    """Divide a loss by the number of devices, since the optimizer sums their gradients."""
    return loss / tf.distribute.get_strategy().num_replicas_in_sync


def _call(model: keras.Model, x: tf.Tensor, labels: tf.Tensor | None, training: bool) -> tf.Tensor:
    """Call a network, with the classes ``(n, classes)`` when it takes them."""
    return model([x, labels] if len(model.inputs) > 1 else x, training=training)
