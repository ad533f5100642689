from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from artgan import images
from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.models.dcgan import generator
from artgan.models.files import load_generator, save_generator
from artgan.models.presets import NetworkSpec
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run
from artgan.sampling import samples
from artgan.sampling.adopting import import_model


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with three generators of a 16 px network, the highest of which is 100."""
    folder = new_run(tmp_path_factory.mktemp("runs"), "flowers-16", size=16, typical_aspect=1.5)
    for epoch in (9, 10, 100):
        keras.utils.set_random_seed(epoch)
        save_generator(generator(NetworkSpec(16, 12)), folder.models / f"gen_{epoch:06d}.keras")
    (folder.models / "gen_001000.keras").touch()
    (folder.models / "gen_002000.keras.part").write_bytes(b"half")
    return folder


def _paint(source: samples.Source, chosen: object, **options: object) -> list[np.ndarray]:
    return [picture.image for picture in samples.sample(source, chosen, **options)]  # type: ignore[arg-type]


def test_the_highest_epoch_paints_compared_as_a_number(run: RunFolder) -> None:
    assert samples.open_source(run).epoch == 100
    assert samples.open_source(run, epoch=9).epoch == 9


def test_an_epoch_that_is_not_there_names_the_nearest(run: RunFolder) -> None:
    with pytest.raises(NotFoundError) as caught:
        samples.open_source(run, epoch=12)
    assert "--epoch 10" in caught.value.hint


def test_a_seed_paints_the_same_picture_alone_and_among_others(run: RunFolder) -> None:
    source = samples.open_source(run)
    together = _paint(source, list(range(70)))
    assert together[0].shape == (16, 16, 3) and together[0].dtype == np.uint8
    for seed in (0, 7, 8, 69):
        assert _paint(source, [seed])[0].tobytes() == together[seed].tobytes()
    assert len({picture.tobytes() for picture in together}) == 70


def test_latents_paint_what_their_seeds_paint(run: RunFolder, tmp_path: Path) -> None:
    from artgan.seeds import latents

    source = samples.open_source(run)
    np.save(tmp_path / "z.npy", latents([3, 5], 12))
    given = samples.read_latents(tmp_path / "z.npy")
    assert [a.tobytes() for a in _paint(source, given)] == [b.tobytes() for b in _paint(source, [3, 5])]
    with pytest.raises(UsageError):
        _paint(source, given[:, :5])


@pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY\x01\x00garbage"])
def test_latents_that_are_not_numbers_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "z.npy").write_bytes(content)
    with pytest.raises(DamagedError):
        samples.read_latents(tmp_path / "z.npy")


def test_pickled_latents_run_nothing(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DamagedError):
        samples.read_latents(tmp_path / "z.npy")


def test_psi_zero_paints_one_picture_and_one_paints_the_seed(run: RunFolder) -> None:
    source = samples.open_source(run)
    flat = _paint(source, [1, 2, 3], psi=0.0)
    assert flat[0].tobytes() == flat[1].tobytes() == flat[2].tobytes()
    assert _paint(source, [1], psi=1.0)[0].tobytes() == _paint(source, [1])[0].tobytes()


def test_scale_and_aspect_shape_the_picture(run: RunFolder) -> None:
    source = samples.open_source(run)
    assert _paint(source, [1], scale=4)[0].shape == (64, 64, 3)
    assert _paint(source, [1], aspect="original")[0].shape == (16, 24, 3)
    for bad in ({"scale": 0}, {"scale": 17}, {"psi": -1.0}, {"psi": float("nan")}):
        with pytest.raises(UsageError):
            _paint(source, [1], **bad)


def test_a_file_on_the_disk_says_where_it_comes_from(run: RunFolder, tmp_path: Path) -> None:
    source = samples.open_source(run)
    picture = next(samples.sample(source, [42], psi=0.7))
    ((path, new),) = samples.write(picture, source, tmp_path)
    assert new and path.name == "seed000042.png"
    fields = images.read_metadata(path)
    assert fields["run"] == run.name and fields["epoch"] == "100" and fields["seed"] == "42"
    assert fields["psi"] == "0.7" and fields["engine"] == source.painter.name


def test_nothing_is_overwritten_unless_forced(run: RunFolder, tmp_path: Path) -> None:
    source = samples.open_source(run)
    one, other = samples.sample(source, [1]), samples.sample(source, [1], psi=0.5)
    picture, changed = next(one), next(other)
    samples.write(picture, source, tmp_path)
    assert samples.write(picture, source, tmp_path) == [(tmp_path / "seed000001.png", False)]
    with pytest.raises(UsageError) as caught:
        samples.write(changed, source, tmp_path)
    assert "--force" in caught.value.hint
    assert samples.write(changed, source, tmp_path, force=True)[0][1]


def test_both_orders_of_colour_can_be_had(run: RunFolder, tmp_path: Path) -> None:
    source = samples.open_source(run)
    picture = next(samples.sample(source, [1]))
    (rgb, _), (bgr, _) = samples.write(picture, source, tmp_path, channels="both")
    first, second = images.read_all([rgb, bgr])
    assert np.array_equal(first, second[..., ::-1]) and not np.array_equal(first, second)


def test_a_file_becomes_a_run_that_paints_the_same(run: RunFolder, tmp_path: Path) -> None:
    path = run.generator(10).path
    adopted = import_model(path, runs_dir=tmp_path / "runs")
    assert adopted.record.state == "finished" and adopted.record.epoch == 10
    before, after = load_generator(path), load_generator(adopted.generator().path)
    latents = np.ones((1, 12), np.float32)
    assert np.array_equal(before.predict(latents, verbose=0), after.predict(latents, verbose=0))
    assert (
        _paint(samples.open_source(adopted), [1])[0].tobytes()
        == _paint(samples.open_source(model=path), [1])[0].tobytes()
    )


def test_a_run_and_a_file_at_once_are_refused(run: RunFolder) -> None:
    with pytest.raises(UsageError):
        samples.open_source(run, run.generator().path)
    with pytest.raises(UsageError):
        samples.open_source()
    with pytest.raises(NotFoundError):
        samples.open_source(model=Path("nowhere.keras"))
