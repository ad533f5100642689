"""What computes a step: one device, or several that share each batch (``tf.distribute.MirroredStrategy``)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import tensorflow as tf

from artgan.errors import SetupError
from artgan.models.presets import AUTO
from artgan.training.config import TrainConfig
from artgan.training.machine import choose_device
from artgan.training.resolving import check_sharing

Step = Callable[[Any], dict[str, tf.Tensor]]


class Devices:
    """Devices of one kind.

    Args:
        name: for a person; begins with "CPU" or "GPU".
        places: TensorFlow's names of several; one or none computes as TensorFlow does by itself.
    """

    def __init__(self, name: str, places: list[str] | None = None) -> None:
        self.name = name
        self.count = len(places) if places else 1
        self._strategy = None
        if places and self.count > 1:
            # Sums are made on the first device. TensorFlow's own choice, collective operations, stays broken in a
            # process once one of them has failed, as for want of memory, and a second training makes them fail.
            self._strategy = tf.distribute.MirroredStrategy(places, tf.distribute.ReductionToOneDevice())

    def scope(self) -> AbstractContextManager[Any]:
        """Return within what networks and optimizers are made, so that each device has them."""
        return self._strategy.scope() if self._strategy else nullcontext()

    def split(self, rows: np.ndarray, blocks: int) -> Any:
        """Give each device its rows.

        Args:
            rows: ``(n, ...)``.
            blocks: as for ``shares.own_rows``; their number times that of the devices divides n.

        Returns:
            What a compiled step takes.
        """
        if self._strategy is None:
            return tf.constant(rows)
        pieces = rows.reshape(blocks, self.count, -1, *rows.shape[1:])

        def own(context: Any) -> tf.Tensor:
            with tf.device("CPU"):  # or all of them would pass through the first device
                return tf.constant(pieces[:, context.replica_id_in_sync_group].reshape(-1, *rows.shape[1:]))

        return self._strategy.experimental_distribute_values_from_function(own)

    def compiled(self, step: Step, xla: str) -> Step:
        """Compile a step.

        Args:
            step: from a device's data to scalars that are means over its rows.
            xla: "auto", "on" or "off"; several devices compute without it.

        Returns:
            From the data of all devices to the means over all rows.
        """
        strategy = self._strategy
        if strategy is None:
            on = xla == "on" or (xla == "auto" and self.name.startswith("GPU"))
            # Its only conditions are on the configuration; without the rewriting, tracing takes half of the time.
            return tf.function(step, autograph=False, jit_compile=on or None)

        def shared(data: Any) -> dict[str, tf.Tensor]:
            logs = strategy.run(step, args=(data,))
            return {name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()}

        return tf.function(shared, autograph=False)


def choose_devices(config: TrainConfig) -> Devices:
    """Make TensorFlow see the devices that a configuration wants.

    Where nothing but the processor computes, the devices are those that it was divided into by
    ``tf.config.set_logical_device_configuration``: one, unless whoever calls did so.

    Raises:
        SetupError: there are fewer.
        UsageError: they cannot share a batch of this configuration.
    """
    name = choose_device(config.device)
    if config.gpus == 1:
        return Devices(name)
    gpu = name.startswith("GPU")
    found = [device.name for device in tf.config.list_logical_devices("GPU" if gpu else "CPU")]
    count = config.gpus if config.gpus != "all" else len(found) if gpu else 1
    if count > len(found):
        raise _too_few(count, len(found), gpu=gpu, device=config.device)
    if config.preset != AUTO:  # before that is settled, the batch is not known
        check_sharing(config, count)
    if count > 1:
        name = name.replace("(", f"({count} x ", 1) if gpu else name.replace(")", f", as {count} devices)")
    return Devices(name, found[:count])


def _too_few(wanted: int, there: int, *, gpu: bool, device: str) -> SetupError:
    if gpu:
        return SetupError(
            f"gpus {wanted}: TensorFlow can use {there} here", f"use --gpus {there}, or see: artgan doctor"
        )
    if device == "cpu":
        return SetupError(f"gpus {wanted} with device cpu, which has no GPU", "leave out one of --gpus and --device")
    return SetupError(
        f"gpus {wanted}: no GPU that TensorFlow can use was found", "leave out --gpus, or see why with: artgan doctor"
    )
