"""Latents through a generator, so that a picture's bytes depend on its own latent alone."""

from __future__ import annotations

import keras
import numpy as np

from artgan import images

# The last digits of a convolution can depend on how many pictures are computed together, so every call computes the
# same number, the last batch padded. Small, since one picture costs as much as a batch.
_BATCH = 8


def paint(generator: keras.Model, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """Paint one picture for each latent.

    Args:
        generator: ``(n, latent_dim)`` float32, and labels ``(n, 1)`` where it takes them, to
            ``(n, size, size, 3)`` in [-1, 1].
        latents: ``(n, latent_dim)`` float32.
        labels: ``(n,)`` int32, for a generator of classes.

    Returns:
        ``(n, size, size, 3)`` uint8; picture ``i`` has the same bytes whatever else is painted with it.
    """
    count = len(latents)
    padded = np.zeros((-(-count // _BATCH) * _BATCH, latents.shape[1]), np.float32)
    padded[:count] = latents
    classes = np.zeros((len(padded), 1), np.int32)
    if labels is not None:
        classes[:count, 0] = labels
    sheets = []
    for first in range(0, len(padded), _BATCH):
        batch = padded[first : first + _BATCH]
        inputs = [batch, classes[first : first + _BATCH]] if len(generator.inputs) > 1 else batch
        sheets.append(images.to_uint8(keras.ops.convert_to_numpy(generator(inputs, training=False))))
    return np.concatenate(sheets)[:count]
