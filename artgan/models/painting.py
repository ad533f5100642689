"""Latents through a generator, so that a picture's bytes depend on its own latent alone."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from artgan import images
from artgan.seeds import in_turn

# The last digits of a convolution can depend on how many pictures are computed together, so every call computes the
# same number, the last batch padded. Small, since one picture costs as much as a batch.
_BATCH = 8
# Compiling costs as much as it saves in some six batches.
_COMPILED_AFTER = 6
_batches: weakref.WeakKeyDictionary[keras.Model, int] = weakref.WeakKeyDictionary()
_compiled: weakref.WeakKeyDictionary[keras.Model, Callable[[Any], tf.Tensor]] = weakref.WeakKeyDictionary()


def class_count(generator: keras.Model) -> int:
    """Return how many classes a generator paints; 0 where it is told of none."""
    return int(generator.inputs[1].shape[-1]) if len(generator.inputs) > 1 else 0


def paint(generator: keras.Model, latents: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
    """Paint one picture for each latent.

    Args:
        generator: ``(n, latent_dim)`` float32, and classes ``(n, classes)`` where it takes them, to
            ``(n, size, size, 3)`` in [-1, 1].
        latents: ``(n, latent_dim)`` float32.
        classes: ``(n, classes)`` float32, the shares of each class in a picture; default all classes in turn.

    Returns:
        ``(n, size, size, 3)`` uint8; picture ``i`` has the same bytes whatever else is painted with it.
    """
    count, known = len(latents), class_count(generator)
    padded = np.zeros((-(-count // _BATCH) * _BATCH, latents.shape[1]), np.float32)
    padded[:count] = latents
    shares = np.zeros((len(padded), known), np.float32)
    if known:
        shares[:count] = in_turn(range(count), known) if classes is None else classes
    sheets = []
    for first in range(0, len(padded), _BATCH):
        batch = padded[first : first + _BATCH]
        inputs = [batch, shares[first : first + _BATCH]] if known else batch
        sheets.append(images.to_uint8(keras.ops.convert_to_numpy(_forward(generator)(inputs))))
    return np.concatenate(sheets)[:count]


def _forward(generator: keras.Model) -> Callable[[Any], tf.Tensor]:
    """Return the generator's pass: a compiled one, a third of the time for the same bytes, where many are painted.

    On a GPU it stays as it is: there a compiled graph may choose other algorithms, and a batch costs little anyway.
    """
    _batches[generator] = _batches.get(generator, 0) + 1
    if _batches[generator] <= _COMPILED_AFTER or tf.config.list_logical_devices("GPU"):
        return functools.partial(generator, training=False)
    if generator not in _compiled:
        model = weakref.proxy(generator)  # or what is remembered for a generator would keep it alive
        _compiled[generator] = tf.function(lambda inputs: model(inputs, training=False), autograph=False)
    return _compiled[generator]
