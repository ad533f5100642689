"""Directions in which the pictures of a generator differ most, found without any labels.

GANSpace (Härkönen, Hertzmann, Lehtinen, Paris 2020, section 2.2): the principal axes of what the first layers make of
many latents, carried back to the latents by linear regression. Here the first layers end with the first map; and the
axes are scaled so that one step along a direction changes that map by the standard deviation of its axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from artgan import seeds
from artgan.models.files import latent_dim
from artgan.models.painting import class_count
from artgan.seeds import in_turn

SAMPLES, FOUND = 4096, 24
_BATCH = 256
_FIRST_SEED = 2_000_000_000
"""The latents are no seeds that a person would look at."""


class Directions(NamedTuple):
    """Main axes of a generator, the widest first.

    Attributes:
        vectors: ``(k, latent_dim)`` float32; added to a latent, one step goes one standard deviation along the axis.
        shares: ``(k,)`` float64, of the variance in the first map, 0 to 1.
    """

    vectors: np.ndarray
    shares: np.ndarray


def find_directions(
    generator: keras.Model, *, samples: int = SAMPLES, count: int = FOUND, said: Callable[[float], None] | None = None
) -> Directions:
    """Find the main directions of a generator; the same generator has the same ones.

    Args:
        generator: ``(n, latent_dim)`` float32, and classes where it takes them, to pictures.
        samples: latents that are looked at.
        count: directions at most; there are never more than the latents are long.
        said: told how far it is, 0 to 1.
    """
    length, classes = latent_dim(generator), class_count(generator)
    first = keras.Model(generator.inputs if classes else generator.inputs[0], _first_map(generator).output)
    latents = seeds.latents(range(_FIRST_SEED, _FIRST_SEED + samples), length)
    shares = in_turn(range(samples), classes) if classes else None
    maps = np.concatenate(list(_maps(first, latents, shares, said)))
    maps -= maps.mean(0)
    count = min(count, length, samples - 1)
    axes, widths = _principal(maps, count)
    along = maps @ axes.T / widths  # (samples, k), each of variance 1
    # Least squares: how a latent lies, by where it lies along each axis.
    centred = latents - latents.mean(0)
    vectors = np.linalg.lstsq(along.astype(np.float64), centred.astype(np.float64), rcond=None)[0]
    total = float((maps.astype(np.float64) ** 2).sum()) / (samples - 1)
    return Directions(vectors.astype(np.float32), widths.astype(np.float64) ** 2 / max(total, 1e-12))


def _first_map(generator: keras.Model) -> Any:
    """Return the layer whose output is the first map, after what normalises and cuts it off where that follows."""
    found = None
    for layer in generator.layers:
        shape: tuple[Any, ...] = getattr(layer.output, "shape", ())
        if found is None and len(shape) == 4 and shape[1] is not None and shape[1] > 1:
            found, side = layer, shape[1]
        elif found is not None:
            if len(shape) == 4 and shape[1] != side and shape[1] > 1:
                break
            if len(shape) == 4 and shape[1] == side:
                found = layer
    assert found is not None
    return found


def _maps(first: keras.Model, latents: np.ndarray, shares: np.ndarray | None, said: Any) -> Iterator[np.ndarray]:
    for start in range(0, len(latents), _BATCH):
        piece = latents[start : start + _BATCH]
        inputs = piece if shares is None else [piece, shares[start : start + _BATCH]]
        made = keras.ops.convert_to_numpy(first(inputs, training=False))
        yield made.reshape(len(piece), -1).astype(np.float32)
        if said:
            said(min(1.0, (start + len(piece)) / len(latents)))


def _principal(values: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the principal axes ``(k, features)`` of centred values and the standard deviations along them.

    A randomised projection (Halko, Martinsson, Tropp 2011, algorithm 4.4) keeps this to seconds for wide maps. The sign
    of each axis is such that its largest number is positive, or the same generator could have others tomorrow.
    """
    draw = np.random.default_rng(0).standard_normal((values.shape[1], count + 8)).astype(np.float32)
    basis = values @ draw
    for _ in range(2):
        basis = np.linalg.qr(values @ (values.T @ np.linalg.qr(basis)[0]))[0]
    _, strength, axes = np.linalg.svd(basis.T @ values, full_matrices=False)
    axes = axes[:count]
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    return axes, np.maximum(strength[:count] / np.sqrt(len(values) - 1), 1e-12)
