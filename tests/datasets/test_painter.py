"""The demo's painter: the same seed paints the same picture, and a set of them is worth learning."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from artgan.datasets.painter.bouquet import paint_bouquet

SET = 12  # enough for averages over palettes and light, few enough for a quick test


@pytest.fixture(scope="module")
def small_set() -> np.ndarray:
    """Pictures as a GAN at 64 px sees them: float array (SET, 64, 64, 3), values 0..255."""
    return np.stack([np.asarray(paint_bouquet(seed, size=64), float) for seed in range(SET)])


def _corners(pictures: np.ndarray) -> np.ndarray:
    """The two upper corners, where only the wall is: (n, 12, 24, 3)."""
    return np.concatenate([pictures[:, :12, :12], pictures[:, :12, -12:]], axis=2)


def _bouquet(pictures: np.ndarray) -> np.ndarray:
    """The middle of the upper two thirds, where the flowers are: (n, 24, 28, 3)."""
    return pictures[:, 12:36, 18:46]


def test_picture_has_the_size_asked_for() -> None:
    default = paint_bouquet(3)
    assert (default.mode, default.size) == ("RGB", (160, 160))
    for size in (16, 256):
        picture = paint_bouquet(3, size=size)
        assert (picture.mode, picture.size) == ("RGB", (size, size))


def test_same_seed_gives_same_bytes() -> None:
    paint_bouquet(8)  # what was painted before must not matter
    assert paint_bouquet(7).tobytes() == paint_bouquet(7).tobytes()


def test_same_seed_gives_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib; from artgan.datasets.painter.bouquet import paint_bouquet; "
        "print(hashlib.sha256(paint_bouquet(11).tobytes()).hexdigest())"
    )
    paint_bouquet(12)
    other = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert other.stdout.strip() == hashlib.sha256(paint_bouquet(11).tobytes()).hexdigest()


def test_a_seed_shows_the_same_picture_at_every_size() -> None:
    large = paint_bouquet(5, size=256).resize((64, 64), Image.Resampling.LANCZOS)
    small = paint_bouquet(5, size=64)
    assert np.abs(np.asarray(large, float) - np.asarray(small, float)).mean() < 1.0


def test_global_random_state_is_neither_read_nor_moved() -> None:
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = paint_bouquet(2, size=64).tobytes()
    assert (np.random.get_state()[1] == before).all()
    np.random.seed(2)
    assert paint_bouquet(2, size=64).tobytes() == first


@pytest.mark.parametrize("size", [15, 0, -64, 257])
def test_bad_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=r"size must be 16\.\.256"):
        paint_bouquet(0, size=size)


def test_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed must be 0 or more"):
        paint_bouquet(-1)


def test_set_is_varied(small_set: np.ndarray) -> None:
    flat = small_set.reshape(SET, -1)
    distance = np.abs(flat[:, None] - flat[None]).mean(axis=2)
    pairs = distance[np.triu_indices(SET, 1)]
    assert pairs.mean() > 35.0  # of 255: different palettes and lights
    assert pairs.min() > 10.0  # and no two alike


def test_bouquet_stands_out_from_the_wall(small_set: np.ndarray) -> None:
    corners, bouquet = _corners(small_set), _bouquet(small_set)
    assert bouquet.mean() > corners.mean() + 10.0

    def colourfulness(part: np.ndarray) -> float:
        return float((part.max(axis=-1) - part.min(axis=-1)).mean())

    assert colourfulness(bouquet) > colourfulness(corners) + 10.0
    # In every picture, not only on average: much happens among the flowers, little on the wall.
    detail = [np.abs(np.diff(part.mean(axis=-1), axis=2)).mean(axis=(1, 2)) for part in (bouquet, corners)]
    assert (detail[0] > 2.0 * detail[1]).all()


def test_composition_is_steady(small_set: np.ndarray) -> None:
    """Over the set, colours change most at the table's edge, in the lower third: what makes it learnable."""
    sides = np.concatenate([small_set[:, :, :10], small_set[:, :, -10:]], axis=2).mean(axis=2)  # (SET, 64, 3)
    step = np.abs(sides[:, 4:] - sides[:, :-4]).mean(axis=(0, 2))  # (60,): change over four rows
    assert 40 <= int(step.argmax()) + 2 <= 52
