"""One step of training, as a ``keras.Model`` with its own ``train_step``.

So ``fit``, callbacks and ``tf.distribute`` work for whoever uses the library. artgan's own loop calls the same step
itself: exact saving between any two steps, stopping at once and resuming at the very next batch are three lines there
and a fight with callbacks in ``fit``.

Every random number comes from (seed, step) by a counter, so the state that a resume needs is the variables alone.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from artgan.errors import UsageError
from artgan.models.presets import NetworkSpec, find_preset, look_up
from artgan.models.shares import devices, norms_of, synchronise
from artgan.training import chance
from artgan.training.adam import Adam
from artgan.training.adapting import Adaptation
from artgan.training.augment import mirror
from artgan.training.averaging import move_average
from artgan.training.config import LOSSES, TrainConfig
from artgan.training.losses import Loss
from artgan.training.transfer import freeze
from artgan.training.updates import Updates

_LATE = 1 / 3
"""Of the learning rate, from ``decay_kimg`` on, and again whenever three times as many images have been seen."""


class GANTrainer(keras.Model):
    """Generator, discriminator, the averaged generator, and the step that trains them.

    Made within the scope of a ``tf.distribute`` strategy, it learns on several devices what one would with the whole
    batch: they draw the same random numbers, and batch statistics are those of all rows.

    Args:
        config: the resolved configuration.
        classes: number of classes the networks are told of; 0 for none.
        dtype: Keras precision policy of the two trained networks; the averaged one is float32 always.
        held_out: pictures ``(m, size, size, 3)`` uint8 that are not learned, and their labels ``(m,)`` or None; for
            ``augment_p`` "auto", which does without as well.

    Raises:
        UsageError: the loss needs real and painted pictures together, and ``separate_batches`` shows them apart; it
            is flat somewhere, and ``joint`` is asked for; ``freeze_critic`` is more than there are layers; or the
            networks normalise a batch as a whole, and ``micro_batch`` asks for parts of it, or several devices for
            penalties that are not due in every step.
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
        self.policies = tuple(piece for piece in config.augment.split(",") if piece)
        preset = find_preset(config.preset)
        spec = NetworkSpec(config.size, config.latent_dim, classes, dtype, fused=True)
        self.generator = preset.build_generator(spec)
        self.discriminator = preset.build_discriminator(spec)
        self._check(config)
        for network in (self.generator, self.discriminator):
            synchronise(network)
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
        self._updates = Updates(self)
        self.built = True

    def _check(self, config: TrainConfig) -> None:
        """Refuse what the loss, or networks that normalise a batch as a whole, do not go with."""
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
        if config.micro_batch and not self.takes_parts:
            raise UsageError(
                f"the preset {config.preset} normalises a batch as a whole, which micro_batch would tear apart",
                "use a smaller --batch-size, or the preset quality",
            )
        if norms_of(self.discriminator) and devices() > 1 and config.gamma and config.penalty_every > 1:
            # Devices cannot meet inside of a condition of the graph.
            raise UsageError(
                f"the critic of {config.preset} normalises a batch as a whole, which several devices can do in a step"
                f" with a penalty only if each has one, and penalty_every is {config.penalty_every}",
                "use --penalty-every 1, or --gpus 1",
            )

    @property
    def takes_parts(self) -> bool:
        """Whether the parts of a batch teach what the whole does: no layer looks at several pictures at once."""
        return not norms_of(self.generator) and not norms_of(self.discriminator)

    @property
    def parts(self) -> int:
        """How many parts a batch is computed in, one after the other."""
        return self.config.batch_size // (self.config.micro_batch or self.config.batch_size)

    @property
    def blocks(self) -> int:
        """How many parts a step's pictures consist of; several devices share each of them, so that all are equal."""
        return self.config.critic_steps * self.parts

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
        self.set_rate(float(before.rate.numpy()))
        if self.adaptation and before.adaptation:
            self.adaptation.take_over(before.adaptation)

    def _set_pace(self, images: tf.Tensor) -> None:
        """Begin gently, and end so.

        Adam's first steps are as long as all others, whatever little it knows of the gradients. Late, steps of one
        length go round and round what they look for.
        """
        config, part = self.config, tf.ones([])
        if not config.warmup_kimg and not config.decay_kimg:
            return
        if config.warmup_kimg:
            part = tf.minimum(part, self._shown(images) / (1000 * config.warmup_kimg))
        if config.decay_kimg:
            seen = self._images_of(self.step, images)
            # 0 before, 1 from there on, 2 from three times as many ...
            tripled = tf.math.log(tf.maximum(seen, 1) / (1000 * config.decay_kimg)) / math.log(3)
            part *= _LATE ** tf.maximum(tf.floor(tripled + 1e-4) + 1, 0)
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            optimizer.learning_rate.assign(tf.convert_to_tensor(self.rate) * part)

    def _adam(self) -> Adam:
        c = self.config
        return Adam(c.lr, beta_1=c.beta1, beta_2=c.beta2, epsilon=c.adam_epsilon)

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
        reals = self.as_reals(images, chance.MIRROR, self.blocks)
        labels = self.as_classes(labels)
        self._set_pace(tf.shape(reals)[0])
        count = self.config.critic_steps
        parts = [reals] if count == 1 else tf.split(reals, count)
        known = [labels] * count if labels is None or count == 1 else tf.split(labels, count)
        turns = [self._updates.train_critic(parts[turn], known[turn], turn) for turn in range(count)]
        logs = turns[-1]
        if count > 1:
            logs |= {name: tf.add_n([log[name] for log in turns]) / count for name in turns[0]}
        if not self.config.joint:
            logs["g_loss"] = self._updates.train_generator(parts[-1], known[-1], count - 1)
        move_average(self.averaged, self.generator, self.config, self.step, tf.shape(reals)[0])
        self.step.assign_add(1)
        return logs

    def as_classes(self, labels: tf.Tensor | None) -> tf.Tensor | None:
        """Turn labels ``(n,)`` into what networks of classes are told: ``(n, classes)`` float32, one-hot."""
        if labels is None or not self.classes:
            return None
        return tf.one_hot(tf.reshape(tf.cast(labels, tf.int32), [-1]), self.classes)

    def as_reals(self, images: tf.Tensor, stream: int, blocks: int | None) -> tf.Tensor:
        """Turn pictures ``(n, side, side, 3)`` uint8 into what the critic sees before any augmentation.

        Args:
            images: of a side that the size of the networks divides.
            stream: of the numbers that say which are mirrored.
            blocks: as for ``chance.uniform``.

        Returns:
            ``(n, size, size, 3)`` float32 in [-1, 1].
        """
        reals = tf.cast(images, tf.float32) / 127.5 - 1.0
        times = images.shape[1] // self.config.size
        if times > 1:  # a smaller size than the paintings are prepared at: the mean of each block of pixels
            reals = tf.nn.avg_pool2d(reals, times, times, "VALID")
        reals = self._fade_in(reals)
        return mirror(reals, self.seed_of(stream), blocks) if self.config.mirror else reals

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
        """Return how many images these networks have been shown, with those of this step on every device."""
        return self._images_of(tf.cast(self.step, tf.int64) - tf.cast(self.began, tf.int64) + 1, images)

    @staticmethod
    def _images_of(steps: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        """Return how many images all devices see in so many steps, of so many on each."""
        return tf.cast(steps, tf.float32) * tf.cast(images * devices(), tf.float32)

    def seed_of(self, stream: int, turn: int = 0, part: tf.Tensor | int = 0) -> tf.Tensor:
        """Name this step's random numbers of a stream.

        ``turn`` counts the updates of the critic within the step, ``part`` the parts of a batch, from 0.
        """
        # A configured seed is below 2**31, so the parts do not touch.
        first = self.config.seed * chance.STREAMS + stream + tf.cast(self.attempt, tf.int64) * 2**40
        place = tf.cast(self.step, tf.int64) + turn * 2**40 + tf.cast(part, tf.int64) * 2**46
        return tf.stack([first, place])
