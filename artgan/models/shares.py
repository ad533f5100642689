"""A batch that several devices share: which rows one of them has, and layers that look at the batch as a whole.

Every random number of a training is drawn for the whole batch, on each device, and a device takes its own rows of it:
one device with the same batch draws the very same. Drawing is next to nothing beside a network's pass.

Outside of ``tf.distribute`` there is one device, and nothing here changes anything.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers


def devices() -> int:
    """Return how many devices share a batch here."""
    return int(tf.distribute.get_strategy().num_replicas_in_sync)


def own_rows(values: tf.Tensor, axis: int = 0, blocks: int = 1) -> tf.Tensor:
    """Take the rows that this device has.

    Args:
        values: something with the rows of all devices along an axis.
        axis: of the rows.
        blocks: what they consist of, one after the other: batches, or parts of one. Of each, a device has an equal
            share, and its shares stand one after the other too.

    Returns:
        The same rank; along the axis, as many rows as this device has.
    """
    count = devices()
    if count == 1:
        return values
    shape = tf.shape(values)
    apart = tf.reshape(values, tf.concat([shape[:axis], [blocks, count, -1], shape[axis + 1 :]], 0))
    own = tf.gather(apart, tf.distribute.get_replica_context().replica_id_in_sync_group, axis=axis + 1)
    return tf.reshape(own, tf.concat([shape[:axis], [shape[axis] // count], shape[axis + 1 :]], 0))


def norms_of(network: keras.Model) -> list[layers.BatchNormalization]:
    """Return the layers of a network, nested ones too, that normalise a batch as a whole."""
    found: list[layers.BatchNormalization] = []
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            found += norms_of(layer)
        elif isinstance(layer, layers.BatchNormalization):
            found.append(layer)
    return found


def synchronise(network: keras.Model) -> None:
    """Let BatchNormalization see the whole batch while it learns, where several devices share one.

    Only how its statistics are found changes; a network for painting and for files is left as it is.
    """
    for layer in norms_of(network) if devices() > 1 else ():
        layer.synchronized = True


class ShareDropout(layers.Dropout):
    """``Dropout`` that leaves out, on each device, what one device with the whole batch would leave out there."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if devices() == 1 or not training:
            return super().call(inputs, training=training)
        seed = tf.cast(self.seed_generator.next(), tf.int32)

        def draw(shape: tf.Tensor, dtype: Any) -> tf.Tensor:
            whole = tf.concat([shape[:1] * devices(), shape[1:]], 0)
            return own_rows(tf.random.stateless_uniform(whole, seed, dtype=dtype))

        return tf.nn.experimental.general_dropout(inputs, self.rate, draw)
