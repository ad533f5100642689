"""A trainer at work on a dataset: steps, their numbers, and its state between two steps."""

from __future__ import annotations

import time

import keras
import numpy as np
import tensorflow as tf

from artgan.datasets.prepared import PreparedImages
from artgan.errors import ArtganError
from artgan.training import checkpoints, machine
from artgan.training.batches import Batches, epoch_of
from artgan.training.checkpoints import NotFiniteError, State
from artgan.training.config import TrainConfig
from artgan.training.trainer import GANTrainer

_REHEARSED_STEPS = 4
_SMALLEST_BATCH = 2


class OutOfMemoryError(ArtganError):
    """A step does not fit into memory; the hint names the batch that does."""


class Session:
    """A trainer, its data and its counts.

    Args:
        config: the resolved configuration.
        prepared: the square images to learn.
        rows: which of them are learned, ``(n,)`` int; the others are held out.
    """

    def __init__(self, config: TrainConfig, prepared: PreparedImages, rows: np.ndarray) -> None:
        if config.deterministic:
            tf.config.experimental.enable_op_determinism()
        self.device = machine.choose_device(config.device)
        self.policy = machine.choose_policy(config, self.device)
        self.config = config
        self.classes = 0 if prepared.labels is None else int(prepared.labels.max()) + 1
        keras.utils.set_random_seed(config.seed)
        self.trainer = GANTrainer(config, classes=self.classes, dtype=self.policy)
        self.trainer.compile()
        self.batches = Batches(prepared.images, prepared.labels, rows, config.batch_size, config.seed)
        # Its only conditions are on the configuration; without the rewriting, tracing takes half of the time.
        self._step = tf.function(self.trainer.train_step, autograph=False)
        self._logs: list[dict[str, tf.Tensor]] = []
        self.step = 0
        self.seconds = 0.0
        self.cpu_seconds = 0.0

    @property
    def precision(self) -> str:
        """The number format of the networks: float32 or bfloat16."""
        return self.policy.removeprefix("mixed_")

    @property
    def count(self) -> int:
        """How many pictures are learned."""
        return len(self.batches.rows)

    @property
    def images_seen(self) -> int:
        return self.step * self.config.batch_size

    @property
    def epoch(self) -> int:
        return epoch_of(self.images_seen, self.count)

    def advance(self) -> None:
        """Take one step.

        Raises:
            OutOfMemoryError: it does not fit.
        """
        try:
            self._logs.append(self._step(self._data(self.config.batch_size)))
        except tf.errors.ResourceExhaustedError as error:
            raise self._out_of_memory(self._largest_batch()) from error
        self.step += 1

    def _data(self, count: int) -> tuple[tf.Tensor, ...]:
        """Return the first so many pictures of the next batch, with their labels where there are any."""
        pictures, labels = self.batches.batch(self.step)
        found = (pictures,) if labels is None else (pictures, labels)
        return tuple(tf.constant(array[:count]) for array in found)

    def drain(self) -> list[dict[str, float]]:
        """Return the numbers of each step since the last call.

        Raises:
            NotFiniteError: one of them is not finite.
        """
        logs, self._logs = self._logs, []
        columns = {name: tf.stack([log[name] for log in logs]).numpy() for name in (logs[0] if logs else ())}
        if not all(np.isfinite(values).all() for values in columns.values()):
            raise NotFiniteError(f"the losses are no longer finite numbers at step {self.step}")
        return [{name: float(values[i]) for name, values in columns.items()} for i in range(len(logs))]

    def state(self) -> State:
        """Copy everything that an exact resume needs."""
        arrays = checkpoints.capture(self.trainer)
        return State(arrays, self.step, self.images_seen, self.seconds, self.cpu_seconds)

    def load(self, state: State) -> None:
        """Go to a state.

        Raises:
            DamagedError: it is not one of this configuration.
        """
        checkpoints.restore(self.trainer, state.arrays)
        self._logs.clear()
        self.step, self.seconds, self.cpu_seconds = state.step, state.seconds, state.cpu_seconds

    def go_back(self, state: State) -> float:
        """Go back to a state, but with other random numbers and half the learning rate than led away from it.

        Returns:
            The new rate.
        """
        trainer = self.trainer
        optimizers = (trainer.generator_optimizer, trainer.discriminator_optimizer)
        attempt, rates = int(trainer.attempt), [float(optimizer.learning_rate) for optimizer in optimizers]
        self.load(state)
        trainer.attempt.assign(attempt + 1)
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.learning_rate.assign(rate / 2)
        return rates[0] / 2

    def rehearse(self) -> float:
        """Take some steps, forget them, and return how many images a second they showed.

        Raises:
            OutOfMemoryError: a step does not fit; the hint names the largest batch, by halves, that does.
        """
        self._refuse_what_cannot_fit()
        state = self.state()
        # A penalised step and one without are separate branches of the first trace.
        self.advance()
        begun = time.perf_counter()
        for _ in range(_REHEARSED_STEPS):
            self.advance()
        float(self._logs[-1]["d_loss"])
        seconds = time.perf_counter() - begun
        self.load(state)
        return _REHEARSED_STEPS * self.config.batch_size / seconds

    def _refuse_what_cannot_fit(self) -> None:
        """On a CPU the system kills a process that takes too much; say so before instead."""
        if self.device.startswith("GPU"):
            return
        networks, free = (self.trainer.generator, self.trainer.discriminator), machine.free_bytes()
        batch = self.config.batch_size
        while batch >= _SMALLEST_BATCH and machine.step_bytes(*networks, batch) > free:
            batch //= 2
        if batch < self.config.batch_size:
            raise self._out_of_memory(batch, free)

    def _largest_batch(self) -> int:
        """Return the largest batch, by halves, that a step can be taken with now; 0 when even a pair is too much."""
        batch = self.config.batch_size // 2
        while batch >= _SMALLEST_BATCH:
            try:
                self._step(self._data(batch))
                return batch
            except tf.errors.ResourceExhaustedError:
                batch //= 2
        return 0

    def _out_of_memory(self, fitting: int, free: float | None = None) -> OutOfMemoryError:
        size = f"{self.config.batch_size} pictures of {self.config.size} px"
        text = f"a batch of {size} does not fit into memory"
        if free is not None:
            needed = machine.step_bytes(self.trainer.generator, self.trainer.discriminator, self.config.batch_size)
            text = f"a batch of {size} needs about {needed / 1e9:.1f} GB of memory; {free / 1e9:.1f} GB are free"
        fits = fitting >= _SMALLEST_BATCH
        return OutOfMemoryError(text, f"use --batch-size {fitting}" if fits else "use a smaller --size")
