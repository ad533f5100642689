"""A picture's latent is found: a network's own picture comes back, others come nearer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from films_made import run_of
from PIL import Image

from artgan import seeds
from artgan.datasets.decode import PictureError
from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.events import Progress
from artgan.models.dcgan import generator
from artgan.models.files import save_generator
from artgan.models.painting import paint
from artgan.models.presets import NetworkSpec
from artgan.runs.store import new_run
from artgan.sampling import projecting, samples


def opened(place: Path, classes: tuple[str, ...] = (), **changes: Callable[[keras.Model], None]) -> samples.Source:
    folder = new_run(place, "flowers-16", size=16, classes=list(classes))
    keras.utils.set_random_seed(1)
    model = generator(NetworkSpec(16, 12, classes=len(classes)))
    random = np.random.default_rng(0)
    for weight in model.trainable_weights:  # else it paints one grey
        weight.assign(weight + 0.15 * random.standard_normal(weight.shape))
    for change in changes.values():
        change(model)
    save_generator(model, folder.models / "gen_000007.keras", half=False)
    return samples.open_source(folder)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> samples.Source:
    return opened(tmp_path_factory.mktemp("runs"))


def found_of(
    source: samples.Source, target: np.ndarray, seen: list[Progress] | None = None, **options: Any
) -> projecting.Found:
    events = projecting.project(source, target, **options)
    while True:
        try:
            event = next(events)
            assert isinstance(event, Progress)
            if seen is not None:
                seen.append(event)
        except StopIteration as over:
            return over.value


def own(source: samples.Source, seed: int) -> np.ndarray:
    return paint(source.generator, seeds.latents([seed], 12))[0]


def test_a_picture_that_the_network_painted_is_found_again(source: samples.Source) -> None:
    target = own(source, 100_000)  # not among the seeds that are tried
    found = found_of(source, target)
    assert found.loss < 0.1 * found.start < 0.1 * found.random
    assert found.pixels < 0.03
    painted = paint(source.generator, found.latent[None])[0]
    assert np.abs(painted.astype(int) - target).mean() < 4
    assert 0.6 < found.length < 1.3
    assert found.way.shape == (projecting.STEPS + 1, 12) and np.array_equal(found.way[-1], found.latent)


def test_a_seed_that_is_tried_is_met_at_once_and_the_same_again(source: samples.Source) -> None:
    target = own(source, 77)
    first, again = (found_of(source, target, steps=3) for _ in range(2))
    assert first.start < 1e-3 and np.allclose(first.way[0], seeds.latents([77], 12)[0])
    assert np.array_equal(first.latent, again.latent) and first.loss == again.loss
    assert found_of(source, target, steps=3, seed=1).start > 0.01


def test_other_pictures_come_nearer_than_any_seed(source: samples.Source) -> None:
    drawn = np.zeros((16, 16, 3), np.uint8)
    drawn[8:, :, 1], drawn[:8, :, 2] = 160, 220
    found = found_of(source, drawn, steps=60)
    assert found.loss < found.start < found.random and 0.3 < found.length < 1.5


def test_asked_to_stop_it_returns_what_it_has(source: samples.Source) -> None:
    target, seen = own(source, 100_000), list[Progress]()
    found = found_of(source, target, seen, should_stop=lambda: (seen[-1].stage, seen[-1].done) == ("coming nearer", 1))
    assert found.steps == 2 and len(found.way) == 3 and found.tried == 256
    at_once = found_of(source, target, should_stop=lambda: True)
    assert at_once.steps == 0 and at_once.tried == 16 and np.isclose(at_once.loss, at_once.start, atol=1e-4)


def test_of_8_px_it_is_found_too(tmp_path: Path) -> None:
    place = run_of(tmp_path, (1,), side=8)
    small = samples.open_source(place)
    found = found_of(small, small.painter.paint(seeds.latents([12], 6))[0], steps=1)
    assert found.start < 1e-3 and np.allclose(found.way[0], seeds.latents([12], 6)[0])


def test_the_class_is_found_or_kept(tmp_path: Path) -> None:
    source = opened(tmp_path, ("cat", "dog", "hen"))
    dog = np.eye(3, dtype=np.float32)[1:2]
    target = paint(source.generator, seeds.latents([100_000], 12), dog)[0]
    kept = found_of(source, target, steps=5, shares=np.eye(3, dtype=np.float32)[2])
    assert kept.shares is not None and kept.shares.tolist() == [0, 0, 1]
    free = found_of(source, target, steps=5)
    assert free.shares is not None and sorted(free.shares) == [0, 0, 1]


def test_frames_of_the_way_have_both_ends() -> None:
    way = np.arange(201, dtype=np.float32)[:, None]
    frames = projecting.along(way, 8)[:, 0]
    assert len(frames) == 8 and frames[0] == 0 and frames[-1] == 200 and (np.diff(frames) > 0).all()
    assert projecting.along(way[:1], 8).tolist() == [[0.0]]


def test_any_picture_is_read_upright_and_square(tmp_path: Path) -> None:
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = (200, 0, 0)
    image = Image.fromarray(wide).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif, quality=100, subsampling=0)
    middle = projecting.read_target(tmp_path / "turned.jpg", 16)
    assert middle.shape == (16, 16, 3) and middle.dtype == np.uint8 and middle[..., 0].min() > 150
    whole = projecting.read_target(tmp_path / "turned.jpg", 16, "stretch")
    assert whole[8, 8, 0] > 150 and whole[8, 0, 0] < 60
    clear = Image.new("RGBA", (9, 9), (255, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    assert projecting.read_target(tmp_path / "clear.png", 16).min() == 255


def test_what_is_no_picture_is_one_line(tmp_path: Path, source: samples.Source) -> None:
    with pytest.raises(NotFoundError, match="no file"):
        projecting.read_target(tmp_path / "nowhere.jpg", 16)
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff nothing")
    with pytest.raises(PictureError, match=r"a\.jpg"):
        projecting.read_target(tmp_path / "a.jpg", 16)
    Image.new("RGB", (90, 90)).save(tmp_path / "b.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes()[:-30])
    with pytest.raises(PictureError, match=r"truncated|unreadable"):
        projecting.read_target(tmp_path / "b.png", 16)
    with pytest.raises(UsageError, match="does not fit"):
        found_of(source, np.zeros((32, 32, 3), np.uint8))


def test_a_generator_of_no_numbers_is_found_out(tmp_path: Path) -> None:
    def spoil(model: keras.Model) -> None:
        model.trainable_weights[0].assign(np.full(model.trainable_weights[0].shape, np.nan))

    with pytest.raises(DamagedError, match="not finite"):
        found_of(opened(tmp_path, spoiled=spoil), np.zeros((16, 16, 3), np.uint8), steps=1)
