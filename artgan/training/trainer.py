"""One step of training, as a ``keras.Model`` with its own ``train_step``.

So ``fit``, callbacks and ``tf.distribute`` work for whoever uses the library. artgan's own loop calls the same step
itself: exact saving between any two steps, stopping at once and resuming at the very next batch are three lines there
and a fight with callbacks in ``fit``.

Every random number comes from (seed, step) by a counter, so the state that a resume needs is the variables alone.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from artgan.errors import UsageError
from artgan.models.presets import NetworkSpec, find_preset, look_up
from artgan.training.augment import augment, mirror
from artgan.training.config import LOSSES, TrainConfig
from artgan.training.losses import Loss, squared_gradient_norms

# Independent streams of random numbers within a step; 16 apart so that augmentation policies can count on from theirs.
_MIRROR, _CRITIC_LATENTS, _GENERATOR_LATENTS, _CRITIC_AUGMENT, _REAL_AUGMENT, _FAKE_AUGMENT = range(0, 96, 16)
_STREAMS = 128


class GANTrainer(keras.Model):
    """Generator, discriminator, the averaged generator, and the step that trains them.

    Args:
        config: the resolved configuration.
        classes: number of classes the networks are told of; 0 for none.
        dtype: Keras precision policy of the two trained networks; the averaged one is float32 always.

    Raises:
        UsageError: the loss needs real and painted pictures together, and ``separate_batches`` shows them apart.
    """

    def __init__(self, config: TrainConfig, *, classes: int = 0, dtype: str = "float32") -> None:
        super().__init__(name="gan_trainer")
        self.config = config
        self.loss_terms: Loss = look_up(LOSSES[config.loss])
        if config.separate_batches and self.loss_terms.paired:
            raise UsageError(
                f"the loss {config.loss} compares pairs, which separate_batches tears apart",
                "use --loss bce, or --no-separate-batches",
            )
        self.policies = tuple(piece for piece in config.augment.split(",") if piece)
        preset = find_preset(config.preset)
        spec = NetworkSpec(config.size, config.latent_dim, classes, dtype, fused=True)
        self.generator = preset.build_generator(spec)
        self.discriminator = preset.build_discriminator(spec)
        self.averaged = preset.build_generator(NetworkSpec(config.size, config.latent_dim, classes))
        self.averaged.set_weights(self.generator.get_weights())
        self.averaged.trainable = False
        self.step = self._counter("step")
        # Counts roll-backs: with other random numbers the same steps need not fail the same way.
        self.attempt = self._counter("attempt")
        self.built = True

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

    def _adam(self) -> keras.optimizers.Optimizer:
        c = self.config
        return keras.optimizers.Adam(c.lr, beta_1=c.beta1, beta_2=c.beta2, epsilon=c.adam_epsilon)

    def call(self, inputs: Any, training: bool = False) -> tf.Tensor:
        """Paint with the averaged generator."""
        return self.averaged(inputs, training=False)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Update critic, generator and average once.

        Args:
            data: uint8 pictures ``(n, size, size, 3)``, or (pictures, labels ``(n,)``).

        Returns:
            Scalars: ``d_loss``, ``g_loss``, ``penalty``, ``accuracy``.
        """
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        reals = tf.cast(images, tf.float32) / 127.5 - 1.0
        if self.config.mirror:
            reals = mirror(reals, self._seed(_MIRROR))
        if labels is not None:
            labels = tf.reshape(tf.cast(labels, tf.int32), [-1, 1])
        logs = self._train_critic(reals, labels)
        logs["g_loss"] = self._train_generator(reals, labels)
        self._update_average(tf.shape(reals)[0])
        self.step.assign_add(1)
        return logs

    def _seed(self, stream: int) -> tf.Tensor:
        """Name this step's random numbers of a stream; a device beside others (``tf.distribute``) has its own."""
        replica = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int64)
        # A configured seed is below 2**31, so the parts do not touch.
        first = self.config.seed * _STREAMS + stream + tf.cast(self.attempt, tf.int64) * 2**40 + replica * 2**52
        return tf.stack([first, tf.cast(self.step, tf.int64)])

    def _paint(self, reals: tf.Tensor, labels: tf.Tensor | None, stream: int, training: bool) -> tf.Tensor:
        """Paint as many pictures as there are reals, from the latents of this step and stream."""
        latents = tf.random.stateless_normal([tf.shape(reals)[0], self.config.latent_dim], self._seed(stream))
        return _call(self.generator, latents, labels, training)

    def _train_critic(self, reals: tf.Tensor, labels: tf.Tensor | None) -> dict[str, tf.Tensor]:
        if self.config.separate_batches:
            # As train_on_batch on the output of predict: the generator in inference mode.
            return self._update_separately(reals, self._paint(reals, labels, _CRITIC_LATENTS, False), labels)
        fakes = self._paint(reals, labels, _CRITIC_LATENTS, True)
        every = self.config.penalty_every
        if not self.config.gamma or every == 1:
            gradients, logs = self._judge(reals, fakes, labels, self.config.gamma > 0)
        else:
            gradients, logs = tf.cond(
                tf.equal(tf.cast(self.step, tf.int64) % every, 0),
                lambda: self._judge(reals, fakes, labels, True),
                lambda: self._judge(reals, fakes, labels, False),
            )
        self.discriminator_optimizer.apply(gradients, self.discriminator.trainable_variables)
        return logs

    def _judge(
        self, reals: tf.Tensor, fakes: tf.Tensor, labels: tf.Tensor | None, penalise: bool
    ) -> tuple[list[tf.Tensor], dict[str, tf.Tensor]]:
        """Show the critic real and painted pictures as one batch; one forward pass serves both penalties.

        Returns:
            The gradients of its variables, and the logs.
        """
        pictures = tf.concat([reals, fakes], axis=0)
        both = None if labels is None else tf.concat([labels, labels], axis=0)
        variables = self.discriminator.trainable_variables
        penalty = tf.zeros([])
        with tf.GradientTape() as outer:
            if penalise:
                with tf.GradientTape(watch_accessed_variables=False) as inner:
                    inner.watch(pictures)
                    scores = self._score(pictures, both, _CRITIC_AUGMENT)
                    total = tf.reduce_sum(scores)
                norms = squared_gradient_norms(inner.gradient(total, pictures))
                penalty = 2 * tf.reduce_mean(norms)  # mean over reals (R1) plus mean over painted ones (R2)
            else:
                scores = self._score(pictures, both, _CRITIC_AUGMENT)
            real, fake = tf.split(scores, 2)
            adversarial = self.loss_terms.critic(real, fake)
            loss = _shared(adversarial + self.config.penalty_every * self.config.gamma / 2 * penalty)
        gradients = outer.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        logs = {
            "d_loss": adversarial,
            "accuracy": self.loss_terms.accuracy(real, fake),
            # So that the mean over all steps is the mean over those that have one.
            "penalty": penalty * self.config.penalty_every,
        }
        # Both branches of the condition return dense gradients, also where labels are looked up in a table.
        return [tf.convert_to_tensor(gradient) for gradient in gradients], logs

    def _update_separately(self, reals: tf.Tensor, fakes: tf.Tensor, labels: tf.Tensor | None) -> dict[str, tf.Tensor]:
        """Two batches, two updates, as keragan did: batch statistics never mix real and painted pictures."""
        variables = self.discriminator.trainable_variables
        scores, losses = [], []
        for pictures, stream in ((reals, _REAL_AUGMENT), (fakes, _FAKE_AUGMENT)):
            with tf.GradientTape() as tape:
                score = self._score(pictures, labels, stream)
                loss = self.loss_terms.critic(*((score, None) if pictures is reals else (None, score)))
                shared = _shared(loss)
            self.discriminator_optimizer.apply(tape.gradient(shared, variables), variables)
            scores.append(score)
            losses.append(loss)
        return {
            "d_loss": tf.add_n(losses) / 2,
            "accuracy": self.loss_terms.accuracy(*scores),
            "penalty": tf.zeros([]),
        }

    def _train_generator(self, reals: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor:
        variables = self.generator.trainable_variables
        real = self._score(reals, labels, _REAL_AUGMENT) if self.loss_terms.paired else None
        # keragan shows the combined model the very latents its discriminator has just judged.
        stream = _CRITIC_LATENTS if self.config.separate_batches else _GENERATOR_LATENTS
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            fakes = self._paint(reals, labels, stream, True)
            fake = self._score(fakes, labels, _FAKE_AUGMENT)
            loss = self.loss_terms.generator(real, fake)
            shared = _shared(loss)
        self.generator_optimizer.apply(tape.gradient(shared, variables), variables)
        return loss

    def _score(self, pictures: tf.Tensor, labels: tf.Tensor | None, stream: int) -> tf.Tensor:
        if self.policies:
            pictures = augment(pictures, self.policies, self._seed(stream))
        # Batch statistics also while the generator learns: in inference mode it would fool the moving averages.
        return tf.cast(_call(self.discriminator, pictures, labels, True), tf.float32)

    def _update_average(self, batch: tf.Tensor) -> None:
        """Move the averaged weights: beta = 0.5^(batch / half-life), as Karras et al. 2020 (ADA) count it.

        The half-life grows with the images seen up to ``ema_kimg``; moving statistics are copied, not averaged.
        """
        context = tf.distribute.get_replica_context()
        if self.config.ema_kimg:
            images = tf.cast(batch * context.num_replicas_in_sync, tf.float32)
            seen = tf.cast(self.step, tf.float32) * images
            half_life = tf.minimum(self.config.ema_kimg * 1000.0, self.config.ema_ramp * seen)
            beta = tf.pow(0.5, images / tf.maximum(half_life, 1e-8))
        else:
            beta = tf.zeros([])
        # With several devices the copies are changed between them, so that they stay equal.
        context.merge_call(self._average, args=(beta,))

    def _average(self, strategy: tf.distribute.Strategy, beta: tf.Tensor) -> None:
        beta = strategy.reduce("MEAN", beta, axis=None)
        averaged = {id(variable) for variable in self.generator.trainable_variables}
        for target, source in zip(self.averaged.weights, self.generator.weights, strict=True):
            value = tf.cast(source, target.dtype)
            target.assign(value + beta * (target - value) if id(source) in averaged else value)


def _shared(loss: tf.Tensor) -> tf.Tensor:
    """Divide a loss by the number of devices, since the optimizer sums their gradients."""
    return loss / tf.distribute.get_strategy().num_replicas_in_sync


def _call(model: keras.Model, x: tf.Tensor, labels: tf.Tensor | None, training: bool) -> tf.Tensor:
    """Call a network, with the labels when it takes them."""
    return model([x, labels] if len(model.inputs) > 1 else x, training=training)
