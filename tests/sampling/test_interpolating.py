from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films_made import LATENT, decoded, painter, psnr, run_of

from artgan import images, seeds
from artgan.errors import UsageError
from artgan.events import Note
from artgan.sampling import samples
from artgan.sampling.engine import TensorFlow
from artgan.sampling.films import Film, read_film_metadata
from artgan.sampling.interpolating import Interpolated, Wanted, interpolate


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> samples.Source:
    return samples.open_source(run_of(tmp_path_factory.mktemp("runs"), (5,)))


@pytest.fixture(scope="module")
def classed(tmp_path_factory: pytest.TempPathFactory) -> samples.Source:
    return samples.open_source(run_of(tmp_path_factory.mktemp("runs"), (5,), classes=("disc", "ring")))


def _filmed(source: samples.Source, out: Path, chosen: Any, format: str = "frames", **options: Any) -> Interpolated:
    *_, made = interpolate(source, Film(out, format), Wanted(chosen, **{"frames": 31, **options}))
    assert isinstance(made, Interpolated)
    return made


def _painted(source: samples.Source, seed: int, scale: int, **options: Any) -> np.ndarray:
    return next(samples.sample(source, [seed], scale=scale, **options)).image


@pytest.mark.parametrize("path", ["slerp", "spline", "noise-loop"])
def test_each_seed_stands_on_its_frame_as_sample_paints_it(source: samples.Source, tmp_path: Path, path: str) -> None:
    made = _filmed(source, tmp_path / "film", [3, 17, 42], path=path, loop=True, scale=1, frames=40)
    shown, _ = decoded(tmp_path / "film")
    assert len(shown) == 40 and shown[0].shape == (16, 16, 3)
    for seed, frame in zip([3, 17, 42, 3], made.key_frames, strict=True):
        assert shown[frame].tobytes() == _painted(source, seed, 1).tobytes()
    assert shown[0].tobytes() == shown[-1].tobytes()
    assert len({picture.tobytes() for picture in shown}) == 39


@pytest.mark.parametrize("format", ["mp4", "webm", "gif", "webp"])
def test_the_right_seed_is_seen_at_the_right_time(source: samples.Source, tmp_path: Path, format: str) -> None:
    path = tmp_path / f"film.{format}"
    made = _filmed(source, path, [3, 17, 42], format, loop=True, scale=8)
    shown, _ = decoded(path)
    assert len(shown) == 31 and shown[0].shape == (128, 128, 3)
    for seed, frame in zip([3, 17, 42, 3], made.key_frames, strict=True):
        assert psnr(shown[frame], _painted(source, seed, 8)) > (26 if format == "gif" else 29)
        assert psnr(shown[frame], _painted(source, seed + 1, 8)) < 25
    assert psnr(shown[0], shown[-1]) > 35


def test_the_same_wishes_give_the_same_frames(source: samples.Source, tmp_path: Path) -> None:
    for name in ("one", "two"):
        _filmed(source, tmp_path / name, [1, 2], path="noise-loop", grid=(2, 1), scale=1)
    one, two = (decoded(tmp_path / name)[0] for name in ("one", "two"))
    assert [a.tobytes() for a in one] == [b.tobytes() for b in two]


def test_in_a_grid_each_walk_has_seeds_of_its_own(source: samples.Source, tmp_path: Path) -> None:
    events = list(interpolate(source, Film(tmp_path / "f", "frames"), Wanted([3, 17], frames=5, grid=(2, 2), scale=1)))
    assert any(isinstance(event, Note) and "4 walks" in event.text for event in events)
    last = decoded(tmp_path / "f")[0][-1]
    wanted = np.stack([_painted(source, 17 + cell, 1) for cell in range(4)])
    assert last.tobytes() == images.grid(wanted, 2, gap=1, background=18).tobytes()


def test_latents_are_walked_by_and_shared_out_in_a_grid(source: samples.Source, tmp_path: Path) -> None:
    given = seeds.latents([3, 17, 42, 5], LATENT)
    _filmed(source, tmp_path / "latents", given, scale=1, grid=(2, 1))
    _filmed(source, tmp_path / "seeds", [3, 17], scale=1)
    latents, plain = decoded(tmp_path / "latents")[0], decoded(tmp_path / "seeds")[0]
    assert [picture[1:17, 1:17].tobytes() for picture in latents] == [picture.tobytes() for picture in plain]
    assert "seeds" not in read_film_metadata(tmp_path / "latents")
    for bad in (given[:, :4], given[:3]):
        with pytest.raises(UsageError):
            _filmed(source, tmp_path / "bad", bad, grid=(2, 1))


def test_a_walk_keeps_a_class_or_goes_from_one_to_another(classed: samples.Source, tmp_path: Path) -> None:
    def ends(name: str, **options: Any) -> list[bytes]:
        _filmed(classed, tmp_path / name, [4, 6], scale=1, **options)
        shown = decoded(tmp_path / name)[0]
        return [shown[0].tobytes(), shown[15].tobytes(), shown[-1].tobytes()]

    def painted(seed: int, **options: Any) -> bytes:
        return _painted(classed, seed, 1, **options).tobytes()

    kept, crossed = ends("kept", classes="ring"), ends("crossed", classes="disc..ring")
    assert kept[::2] == [painted(4, classes="ring"), painted(6, classes="ring")]
    assert crossed[::2] == [painted(4, classes="disc"), painted(6, classes="ring")]
    back = ends("back", classes="disc..ring", loop=True)
    assert back[0] == back[2] == painted(4, classes="disc") and back[1] == painted(6, classes="ring")
    assert ends("own")[::2] == [painted(4), painted(6)]
    with pytest.raises(UsageError):
        ends("none", classes="square")


def test_a_network_of_8_px_can_be_looked_at(tmp_path: Path) -> None:
    source = samples.open_source(run_of(tmp_path / "runs", (1,), side=8))
    made = _filmed(source, tmp_path / "film.mp4", [1, 2], "mp4", frames=12)
    assert (made.width, made.height) == (512, 512) and len(decoded(tmp_path / "film.mp4")[0]) == 12


def test_a_network_of_512_px_is_filmed_as_it_is(tmp_path: Path) -> None:
    source = samples.Source(TensorFlow(painter(512, 1)), Path("large.keras"))
    made = _filmed(source, tmp_path / "film.mp4", [1, 2], "mp4", frames=6)
    shown, _ = decoded(tmp_path / "film.mp4")
    assert made.width == 512 and psnr(shown[-1], _painted(source, 2, 1)) > 30


def test_a_film_says_where_it_comes_from_unless_told_not_to(source: samples.Source, tmp_path: Path) -> None:
    _filmed(source, tmp_path / "film.webp", [3, 17], "webp", psi=0.7)
    fields = read_film_metadata(tmp_path / "film.webp")
    assert fields["run"] == source.run and fields["epoch"] == "5" and fields["seeds"] == "3,17"
    assert fields["psi"] == "0.7" and fields["path"] == "slerp" and "loop" not in fields
    _filmed(source, tmp_path / "silent.webp", [3, 17], "webp", metadata=False)
    assert read_film_metadata(tmp_path / "silent.webp") == {}
