"""The numbers and sheets of a run as TensorBoard event files.

TensorFlow writes them by itself; only looking at them takes the ``tensorboard`` package, which ``tf.summary.scalar``
asks for all the same. So the two kinds of summary used here are written in their plain form.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
from PIL import Image

from artgan.errors import ArtganError
from artgan.training.events import GridSaved, Tick

# Values of TensorBoard's DataClass (tensorflow/core/framework/summary.proto), which TensorFlow does not export.
_SCALAR, _BLOBS = 1, 3


class EventFiles:
    """Writes what a training says into a folder of event files.

    Args:
        folder: made with the first event; several sessions may write into it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with self._errors():
            self._writer = tf.summary.create_file_writer(str(folder))

    def how_to_watch(self) -> str:
        """Say the command that shows them."""
        command = f"tensorboard --logdir {self.folder}"
        if importlib.util.find_spec("tensorboard") is None:
            return f'watch it with: {command} (once: pip install "artgan[tensorboard]")'
        return f"watch it with: {command}"

    def write_tick(self, tick: Tick) -> None:
        """Write each number of a tick."""
        values = tick.model_dump(exclude_none=True, exclude={"step", "remaining_s", "verdict"})
        scalars = {name: tf.constant(value, tf.float32) for name, value in values.items()}
        self._write(scalars, tick.step, "scalars", _SCALAR)

    def write_sheet(self, event: GridSaved) -> None:
        """Write a sheet of samples."""
        with Image.open(event.path) as sheet:
            size = [str(side).encode() for side in sheet.size]
        image = tf.constant([*size, event.path.read_bytes()])
        self._write({"samples": image}, event.step, "images", _BLOBS)

    def _write(self, values: dict[str, tf.Tensor], step: int, plugin: str, kind: int) -> None:
        metadata = tf.compat.v1.SummaryMetadata(
            plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name=plugin), data_class=kind
        )
        with self._errors(), self._writer.as_default():
            for name, value in values.items():
                tf.summary.write(name, value, step=step, metadata=metadata)
            self._writer.flush()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:
            raise ArtganError(
                f"could not write the event files in {self.folder}: {error.message.strip().splitlines()[0]}",
                "free some space, or go on with --no-tensorboard",
            ) from error
