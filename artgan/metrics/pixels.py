"""How far two sets of pictures are apart without any network: sliced Wasserstein distances of their patches."""

from __future__ import annotations

import numpy as np

from artgan.metrics.estimates import Estimate, error_by_groups

# Karras et al. 2018 (Progressive GAN), section 5 and appendix: 7x7 patches, 128 of each picture and level; levels down
# to 16 pixels, 4 x 128 directions. Fewer patches here: those of one picture are much alike, more pictures tell more.
_PATCH, _PATCHES, _DIRECTIONS, _SMALLEST = 7, 32, 128, 16
_BINOMIAL = np.array([1.0, 4.0, 6.0, 4.0, 1.0], np.float32) / 16.0
_AT_A_TIME = 2**22
"""Pixels whose pyramid is built at a time."""


def sliced_wasserstein(reals: np.ndarray, fakes: np.ndarray, seed: int = 0, groups: int = 8) -> dict[int, Estimate]:
    """Return the sliced Wasserstein distance of patches on each level of a Laplacian pyramid (Karras et al. 2018).

    A level holds the detail of one scale: the picture minus its blurred copy; the last holds what is left. Patches of
    7x7 pixels are normalised per channel; along random directions their sorted projections are compared. What differs
    here: fewer patches and directions, and the same places in the i-th real and the i-th fake.

    Args:
        reals: ``(n, size, size, 3)`` uint8, size at least 7.
        fakes: the same size; of the larger set the first so many are taken.
        seed: of the places and the directions.
        groups: of pictures, each left out once to find the error; 0 for none.

    Returns:
        Side of the level in pixels to distance times 1,000, the largest side first; 0 for equal sets. The error is by
        leaving out one group of both at a time.
    """
    count = min(len(reals), len(fakes))
    real, fake = (_projections(pictures[:count], seed) for pictures in (reals, fakes))
    found = {}
    for side in real:

        def distance(rows: np.ndarray, side: int = side) -> float:
            return 1e3 * _distance(real[side][:, rows], fake[side][:, rows])

        found[side] = Estimate(distance(np.arange(count)), error_by_groups(distance, count, groups))
    return found


def _projections(pictures: np.ndarray, seed: int) -> dict[int, np.ndarray]:
    """Return where the patches of each level lie along the directions, ``(directions, n, patches)`` float32."""
    found = {}
    for side, patches in _descriptors(pictures, seed).items():
        directions = np.random.default_rng([seed, side]).standard_normal((_DIRECTIONS, 3 * _PATCH**2))
        directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
        mean = patches.mean(axis=(0, 1, 3), keepdims=True)
        deviation = patches.std(axis=(0, 1, 3), keepdims=True)
        patches = (patches - mean) / np.maximum(deviation, 1e-8)
        found[side] = (directions @ patches.reshape(-1, 3 * _PATCH**2).T).reshape(_DIRECTIONS, -1, _PATCHES)
    return found


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    along = [np.sort(points.reshape(_DIRECTIONS, -1), axis=1) for points in (a, b)]
    return float(np.abs(along[0] - along[1]).mean())


def _descriptors(pictures: np.ndarray, seed: int) -> dict[int, np.ndarray]:
    """Return the patches of each level, ``(n, patches, 3, 49)`` float32."""
    step = max(1, _AT_A_TIME // pictures.shape[1] ** 2)
    random = np.random.default_rng(seed)
    found: dict[int, list[np.ndarray]] = {}
    for first in range(0, len(pictures), step):
        for level in _pyramid(pictures[first : first + step]):
            places = random.integers(0, level.shape[1] - _PATCH + 1, (len(level), _PATCHES, 2))
            found.setdefault(level.shape[1], []).append(_patches(level, places))
    return {side: np.concatenate(pieces) for side, pieces in found.items()}


def _pyramid(pictures: np.ndarray) -> list[np.ndarray]:
    level = pictures.astype(np.float32) / np.float32(255.0)
    levels = []
    while level.shape[1] > _SMALLEST:
        smaller = _blur(level)[:, ::2, ::2]
        larger = np.zeros_like(level)
        larger[:, ::2, ::2] = smaller
        levels.append(level - 4.0 * _blur(larger))
        level = smaller
    return [*levels, level]


def _blur(pictures: np.ndarray) -> np.ndarray:
    for axis in (1, 2):
        edges = [(0, 0)] * 4
        edges[axis] = (2, 2)
        padded = np.pad(pictures, edges, mode="reflect")
        side = pictures.shape[axis]
        blurred = np.zeros_like(pictures)
        for tap, weight in enumerate(_BINOMIAL):
            window = [slice(None)] * 4
            window[axis] = slice(tap, tap + side)
            blurred += weight * padded[tuple(window)]
        pictures = blurred
    return pictures


def _patches(level: np.ndarray, places: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(level, (_PATCH, _PATCH), axis=(1, 2))
    rows = np.arange(len(level))[:, None]
    return windows[rows, places[..., 0], places[..., 1]].reshape(len(level), _PATCHES, 3, _PATCH**2)
