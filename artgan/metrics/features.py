"""Pictures of any size as features: resized as clean-fid does it, through a network in batches of one size."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from artgan import files
from artgan.errors import ArtganError
from artgan.metrics import inception, lite0

# One trace serves all calls, the last batch padded. On two cores 4 at a time take two thirds of the processor time that
# 32 take: their maps stay in the cache.
_BATCH = 4
_NETWORKS: dict[str, ModuleType] = {network.NAME: network for network in (lite0, inception)}


class Features:
    """A feature network, ready to look at pictures.

    Args:
        name: "lite0" or "inception".
    """

    def __init__(self, name: str = lite0.NAME) -> None:
        self.name = name
        self._side = _NETWORKS[name].SIDE
        self._network = _NETWORKS[name].feature_network()
        self._see = tf.function(self._features, autograph=False)

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Return what the network sees.

        Args:
            pictures: ``(n, size, size, 3)`` uint8, n at least 1.

        Returns:
            ``(n, 1280)`` float32, of inception ``(n, 2048)``; the same every time, and to within rounding whatever
            comes with a picture.
        """
        resize = tf.constant(resize_matrix(pictures.shape[1], self._side))
        found = []
        for first in range(0, len(pictures), _BATCH):
            batch = np.zeros((_BATCH, *pictures.shape[1:]), np.uint8)
            batch[: len(pictures) - first] = pictures[first : first + _BATCH]
            found.append(self._see(tf.constant(batch), resize).numpy())
        return np.concatenate(found)[: len(pictures)]

    def _features(self, pictures: Any, resize: Any) -> Any:
        values = tf.einsum("ab,nbcd->nacd", resize, tf.cast(pictures, tf.float32))
        values = tf.einsum("ab,ncbd->ncad", resize, values)
        return self._network(tf.clip_by_value(values, 0.0, 255.0), training=False)


@functools.cache
def ready(name: str = lite0.NAME) -> Features:
    """Return a feature network, built once in a process: that takes seconds."""
    return Features(name)


def resize_matrix(side: int, to: int) -> np.ndarray:
    """Return the matrix that resizes a line of pixels as Pillow's antialiased bicubic filter does in floats.

    clean-fid (Parmar et al. 2022) resizes with that filter, one channel at a time. It is linear, so resizing the
    identity gives its matrix; multiplying with that is the same and ten times quicker.

    Returns:
        ``(to, side)`` float32.
    """
    identity = Image.fromarray(np.eye(side, dtype=np.float32))
    return np.asarray(identity.resize((side, to), Image.Resampling.BICUBIC))


def cache_path(folder: Path, fingerprint: str, network: str = lite0.NAME) -> Path:
    """Return where the features of a prepared set are kept.

    Args:
        folder: of the set.
        fingerprint: names its pixels.
        network: the name of the one that sees them.
    """
    return folder / f"features-{network}-{fingerprint[:12]}.npy"


def load_cached(path: Path, count: int, network: str = lite0.NAME) -> np.ndarray | None:
    """Return the features ``(count, 1280)`` float32 that were kept, of inception ``(count, 2048)``.

    Returns:
        None where there are none, or others.
    """
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError):
        return None
    shape = (count, _NETWORKS[network].FEATURES)
    fits = isinstance(found, np.ndarray) and found.shape == shape and found.dtype == np.float32
    return found if fits and np.isfinite(found).all() else None


def keep(path: Path, features: np.ndarray) -> None:
    """Keep features for the next time; where nothing may be written (a mounted datastore) it does without."""
    with contextlib.suppress(ArtganError), files.whole_file(path) as part, open(part, "wb") as file:
        np.save(file, features)
        for older in path.parent.glob(f"{path.stem.rpartition('-')[0]}-*.npy"):
            if older != path:
                older.unlink(missing_ok=True)
