"""A trainer at work on a dataset: steps, their numbers, and its state between two steps."""

from __future__ import annotations

import time

import keras
import numpy as np
import tensorflow as tf

from artgan.datasets.classes import rows_with_class
from artgan.datasets.prepared import PreparedImages
from artgan.errors import ArtganError
from artgan.models.presets import NetworkSpec, find_preset
from artgan.training import checkpoints, machine
from artgan.training.batches import Batches, epoch_of
from artgan.training.checkpoints import NotFiniteError, State
from artgan.training.config import TrainConfig
from artgan.training.devices import choose_devices
from artgan.training.trainer import GANTrainer
from artgan.training.transfer import Transfer, transfer

_REHEARSED_STEPS = 4
_SMALLEST_BATCH = 2


class OutOfMemoryError(ArtganError):
    """A step does not fit into memory; the hint names how many pictures at a time do.

    ``fitting`` is their number, 0 when even a pair is too much.
    """

    def __init__(self, message: str, hint: str, fitting: int) -> None:
        super().__init__(message, hint)
        self.fitting = fitting


class Session:
    """A trainer, its data and its counts.

    Args:
        config: the resolved configuration.
        prepared: the square images to learn.
        rows: which of them are learned, ``(n,)`` int; the others are held out.
        begin_at: the side, in pixels, of networks that are there already: the largest stage that is not above it comes
            first. Default: the first of ``config.stages``.
    """

    def __init__(
        self, config: TrainConfig, prepared: PreparedImages, rows: np.ndarray, begin_at: int | None = None
    ) -> None:
        if config.deterministic:
            tf.config.experimental.enable_op_determinism()
        self._devices = choose_devices(config)
        self.device = self._devices.name
        self.policy = machine.choose_policy(config, self.device)
        self.config = config
        self._prepared, self._rows = prepared, rows
        self.classes = 0 if prepared.labels is None else int(prepared.labels.max()) + 1
        held = np.setdiff1d(rows_with_class(prepared), rows)
        labels = None if prepared.labels is None else prepared.labels[held]
        self._held_out = (prepared.images[held], labels) if config.augment_p == "auto" else None
        self._others: dict[int, tuple[keras.Model, keras.Model]] = {}
        self._stock_critic: keras.Model | None = None
        self._deal()
        self._enter(max((side for side in config.stages if side <= (begin_at or 0)), default=config.stages[0]))
        self._logs: list[dict[str, tf.Tensor]] = []
        self.step = 0
        self.seconds = 0.0
        self.cpu_seconds = 0.0

    def _deal(self) -> None:
        prepared, config = self._prepared, self.config
        self.batches = Batches(prepared.images, prepared.labels, self._rows, config.step_images, config.seed)

    def _enter(self, size: int) -> None:
        """Make fresh networks for pictures of a size, and compile the step that trains them."""
        self.size = size
        self._stock_critic = None
        # What is fresh when a run grows is the same whether it was stopped before that or not.
        keras.utils.set_random_seed(self.config.seed + size - self.config.stages[0])
        config = self.config.model_copy(update={"size": size})
        with self._devices.scope():
            self.trainer = GANTrainer(config, classes=self.classes, dtype=self.policy, held_out=self._held_out)
            self.trainer.compile()
        self._step = self._devices.compiled(self.trainer.train_step, config.xla)

    @property
    def precision(self) -> str:
        """The number format of the networks: float32 or bfloat16."""
        return self.policy.removeprefix("mixed_")

    def stock_critic(self) -> keras.Model:
        """Return the critic as it is now, of stock layers and float32: as it is kept in a file."""
        if self._stock_critic is None:
            spec = NetworkSpec(self.size, self.config.latent_dim, self.classes)
            self._stock_critic = find_preset(self.config.preset).build_discriminator(spec)
        self._stock_critic.set_weights(self.trainer.discriminator.get_weights())
        return self._stock_critic

    @property
    def at_once(self) -> int:
        """How many pictures a step computes at a time: the batch, or a part of it."""
        return self.config.micro_batch or self.config.batch_size

    @property
    def half_at_once(self) -> int:
        """Half as many, or the next fewer that go; 0 where none do."""
        return self._half(self.at_once)

    def _half(self, pictures: int) -> int:
        devices, whole = self._devices.count, self.config.batch_size if self.trainer.takes_parts else 0
        fewer = range(pictures // 2 // devices * devices, 0, -devices)
        return next((number for number in fewer if whole % number == 0), 0)

    @property
    def count(self) -> int:
        """How many pictures are learned."""
        return len(self.batches.rows)

    @property
    def images_seen(self) -> int:
        return self.step * self.config.step_images

    @property
    def epoch(self) -> int:
        return epoch_of(self.images_seen, self.count)

    @property
    def planned_images(self) -> int | None:
        """How many images the run shows in all; None when the clock ends it."""
        if self.config.epochs is not None:
            return self.config.epochs * self.count
        return round(self.config.kimg * 1000) if self.config.kimg is not None else None

    def _stage_images(self) -> float:
        """How many images a smaller size is shown at most."""
        share = self.config.grow_share * (self.planned_images or float("inf"))
        return min(1000 * self.config.grow_kimg, share)

    def has_outgrown(self) -> bool:
        """Whether it is time to go on with the next size."""
        config, stage = self.config, self.config.stages.index(self.size)
        if self.size == config.size:
            return False
        shown = (self.step - int(self.trainer.began.numpy())) * config.step_images
        late = config.time is not None and self.seconds >= (stage + 1) * config.grow_share * config.time
        return late or shown >= self._stage_images()

    def seconds_for(self, images: int, images_per_s: float) -> float:
        """Foretell how long so many more images take, when those of this size go at a rate."""
        left, seconds, work = float(max(images, 0)), 0.0, machine.step_work(*self._networks(self.size))
        for size in self.config.stages[self.config.stages.index(self.size) :]:
            shown = (self.step - int(self.trainer.began.numpy())) * self.config.step_images if size == self.size else 0
            here = left if size == self.config.size else min(left, max(self._stage_images() - shown, 0.0))
            seconds += here / images_per_s * machine.step_work(*self._networks(size)) / work
            left -= here
        return seconds

    def _networks(self, size: int) -> tuple[keras.Model, keras.Model]:
        """Return networks for a size: those that learn, or others just like those that will."""
        if size == self.size:
            return self.trainer.generator, self.trainer.discriminator
        if size not in self._others:
            spec = NetworkSpec(size, self.config.latent_dim, self.classes, fused=True)
            preset = find_preset(self.config.preset)
            self._others[size] = preset.build_generator(spec), preset.build_discriminator(spec)
        return self._others[size]

    def grow(self) -> list[Transfer]:
        """Go on with the next size: what was learned stays, what the larger pictures need more begins at nothing.

        Returns:
            What each network took over.
        """
        before, stages = self.trainer, self.config.stages
        self._enter(stages[stages.index(self.size) + 1])
        after = self.trainer
        found = [
            transfer(before.generator, after.generator, "generator"),
            transfer(before.discriminator, after.discriminator, "discriminator"),
        ]
        transfer(before.averaged, after.averaged, "generator")
        after.take_over(before)
        return found

    def advance(self) -> None:
        """Take one step.

        Raises:
            OutOfMemoryError: it does not fit.
        """
        try:
            self._logs.append(self._step(self._data(self.config.step_images)))
        except tf.errors.ResourceExhaustedError as error:
            raise self._out_of_memory(self._largest_batch()) from error
        self.step += 1

    def _data(self, count: int) -> tuple[tf.Tensor, ...]:
        """Return the first so many pictures of the next batch, with their labels where there are any."""
        pictures, labels = self.batches.batch(self.step)
        found = (pictures,) if labels is None else (pictures, labels)
        return tuple(self._devices.split(array[:count], self.trainer.blocks) for array in found)

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
        return State(arrays, self.step, self.images_seen, self.seconds, self.cpu_seconds, self.size)

    def load(self, state: State) -> None:
        """Go to a state.

        Raises:
            DamagedError: it is not one of this configuration.
        """
        if state.size in self.config.stages and state.size != self.size:
            self._enter(state.size)
        checkpoints.restore(self.trainer, state.arrays)
        self._logs.clear()
        self.step, self.seconds, self.cpu_seconds = state.step, state.seconds, state.cpu_seconds
        if state.images_seen != self.images_seen:  # it was of larger batches: the same place is another step now
            self.step = state.images_seen // self.config.step_images
            began = int(self.trainer.began.numpy()) * self.step // max(state.step, 1)
            self.trainer.step.assign(self.step)
            self.trainer.began.assign(began)

    def halve(self) -> TrainConfig:
        """Compute half as many pictures at a time from here on; the networks are fresh ones, so load a state.

        Where the parts of a batch teach what the whole does, it is cut into parts; else the batch itself is halved.

        Returns:
            The configuration from here on.
        """
        field = "micro_batch" if self.trainer.takes_parts else "batch_size"
        self.config = self.config.model_copy(update={field: self.half_at_once})
        self._deal()
        self._enter(self.size)
        return self.config

    def go_back(self, state: State) -> float:
        """Go back to a state, but with other random numbers and half the learning rate than led away from it.

        Returns:
            The new rate.
        """
        attempt, rate = int(self.trainer.attempt.numpy()), float(self.trainer.rate.numpy()) / 2
        self.load(state)
        self.trainer.attempt.assign(attempt + 1)
        self.trainer.set_rate(rate)
        return rate

    def rehearse(self) -> float:
        """Take some steps, forget them, and return how many images a second they showed.

        Raises:
            OutOfMemoryError: a step does not fit; the hint names the largest batch, by halves, that does.
        """
        self._refuse_what_cannot_fit()
        state = self.state()
        try:
            # A penalised step and one without are separate branches of the first trace.
            self.advance()
            begun = time.perf_counter()
            for _ in range(_REHEARSED_STEPS):
                self.advance()
            float(self._logs[-1]["d_loss"])
            seconds = time.perf_counter() - begun
        finally:
            self.load(state)
        return _REHEARSED_STEPS * self.config.step_images / seconds

    def _refuse_what_cannot_fit(self) -> None:
        """On a CPU the system kills a process that takes too much; say so before instead."""
        if self.device.startswith("GPU"):
            return
        networks, free = self._networks(self.config.size), machine.free_bytes()
        fitting = self.at_once
        while fitting >= _SMALLEST_BATCH and machine.step_bytes(*networks, fitting) > free:
            fitting = self._half(fitting)
        if fitting < self.at_once:
            raise self._out_of_memory(fitting, free)

    def memory_mb(self) -> float:
        """Foretell how much memory the process comes to hold, in megabytes: at the largest size, where it grows."""
        now, then = (machine.step_bytes(*self._networks(size), self.at_once) for size in (self.size, self.config.size))
        return machine.memory_mb() + (then - now) / 1e6

    def _largest_batch(self) -> int:
        """Return the largest batch, by halves, that a step can be taken with now; 0 when even a pair is too much."""
        if self.config.micro_batch:
            return self.half_at_once  # tried when it is
        batch = self.half_at_once
        while batch >= _SMALLEST_BATCH:
            try:
                self._step(self._data(batch * self.config.critic_steps))
                return batch
            except tf.errors.ResourceExhaustedError:
                batch = self._half(batch)
        return 0

    def _out_of_memory(self, fitting: int, free: float | None = None) -> OutOfMemoryError:
        size = f"{self.at_once} pictures of {self.config.size} px"
        text = f"a batch of {size} does not fit into memory"
        if free is not None:
            needed = machine.step_bytes(*self._networks(self.config.size), self.at_once)
            text = f"a batch of {size} needs about {needed / 1e9:.1f} GB of memory; {free / 1e9:.1f} GB are free"
        option = "--micro-batch" if self.trainer.takes_parts else "--batch-size"
        if fitting < _SMALLEST_BATCH:
            return OutOfMemoryError(text, "use a smaller --size", 0)
        return OutOfMemoryError(text, f"use {option} {fitting}", fitting)
