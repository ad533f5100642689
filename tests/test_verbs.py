"""The library as a notebook uses it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import artgan
from artgan.training.events import Trained


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small dataset and a run of it, made with the library's verbs."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "mine").mkdir()
    random = np.random.default_rng(1)
    for number in range(12):
        Image.fromarray(random.integers(0, 256, (16, 16, 3), np.uint8)).save(folder / "mine" / f"{number}.png")
    where = {"datasets_dir": folder / "datasets"}
    assert list(artgan.import_folder(folder / "mine", **where))[-1].name == "mine"
    assert list(artgan.prepare("mine", size=8, **where))[-1].made == 12
    options = {"preset": "dcgan", "size": 8, "kimg": 0.016, "batch_size": 4, "latent_dim": 5, "augment": ""}
    events = list(artgan.train("mine", options, runs_dir=folder / "runs", **where))
    assert isinstance(events[-1], Trained) and events[-1].images_seen == 16
    return folder


def test_a_run_is_opened_and_paints(studio: Path) -> None:
    generator = artgan.load_generator("@last", runs_dir=studio / "runs")
    pictures = np.asarray(generator(np.zeros((3, 5), np.float32)))
    assert pictures.shape == (3, 8, 8, 3) and pictures.dtype == np.float32 and abs(pictures).max() <= 1


def test_seeds_are_numbers_or_text(studio: Path) -> None:
    painted = [p.image.tobytes() for p in artgan.sample("@last", seeds="2,3", runs_dir=studio / "runs")]
    assert painted == [p.image.tobytes() for p in artgan.sample("@last", seeds=[2, 3], runs_dir=studio / "runs")]
    assert painted == [p.image.tobytes() for p in artgan.sample("@last", 4, runs_dir=studio / "runs")][2:]


def test_films_are_made(studio: Path, tmp_path: Path) -> None:
    *_, walk = artgan.interpolate(
        "@last", tmp_path / "w.webp", seeds="3,5", frames=4, loop=True, runs_dir=studio / "runs"
    )
    *_, learning = artgan.timelapse("@last", tmp_path / "film", seconds=0.5, seeds=[3], runs_dir=studio / "runs")
    assert (walk.frames, walk.format, walk.path) == (4, "webp", tmp_path / "w.webp") and walk.path.is_file()
    assert learning.format == "frames" and len(list(learning.path.iterdir())) == 12


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        artgan.paint  # noqa: B018
    assert "sample" in dir(artgan)
