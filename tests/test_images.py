from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan import images
from artgan.errors import UsageError


def test_every_grey_level_survives_the_way_through_the_network_s_range() -> None:
    levels = np.arange(256, dtype=np.uint8)
    values = images.to_float(levels)
    assert values.min() == -1 and values.max() == 1
    assert np.array_equal(images.to_uint8(values), levels)


def test_values_outside_the_range_are_clipped() -> None:
    assert images.to_uint8(np.array([-3.0, 3.0])).tolist() == [0, 255]


def test_a_grid_shows_every_picture_in_order() -> None:
    pictures = np.stack([np.full((4, 4, 3), value, np.uint8) for value in range(7)])
    sheet = images.grid(pictures, columns=3, gap=1)
    assert sheet.shape == (3 * 5 + 1, 3 * 5 + 1, 3)
    seen = [int(sheet[1 + 5 * (i // 3), 1 + 5 * (i % 3), 0]) for i in range(9)]
    assert seen == [0, 1, 2, 3, 4, 5, 6, 255, 255]


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_picture_carries_where_it_comes_from(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    images.write(path, np.zeros((8, 8, 3), np.uint8), {"run": "flowers-64-abc", "seed": 42, "epoch": None})
    assert images.read_metadata(path) == {"run": "flowers-64-abc", "seed": "42"}


def test_the_same_picture_is_the_same_file() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    assert images.encode(picture, "png", {"seed": 1}) == images.encode(picture, "png", {"seed": 1})


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError):
        images.encode(np.zeros((8, 8, 3), np.uint8), "bmp")


def test_a_picture_of_somebody_else_carries_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (8, 8)).save(path)
    assert images.read_metadata(path) == {}
