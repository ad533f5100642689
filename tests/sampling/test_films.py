from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from films_made import decoded, psnr
from PIL import Image

from artgan.errors import BusyError, SetupError, UsageError
from artgan.files import locked
from artgan.sampling.film_writers import Shape
from artgan.sampling.films import FORMATS, Film, FilmSaved, film_metadata, read_film_metadata, write_film

FIELDS = film_metadata(
    "interpolate", title="Ein Weg; über <b>Blüten</b>", run='r"un', film=Film(Path("x"), "mp4"), epochs=[3],
    seeds=[0, 1, 2, 42], psi=None, scale=4,
)  # fmt: skip


def _pictures(count: int, width: int = 48, height: int = 32) -> list[np.ndarray]:
    """Soft colours that move."""
    y, x = np.mgrid[:height, :width] / 20
    waves = [[np.sin(x + n / 5), np.cos(y + n / 7), np.sin(x + y)] for n in range(count)]
    return [np.rint(127 + 100 * np.stack(wave, axis=-1)).astype(np.uint8) for wave in waves]


def _write(film: Film, pictures: list[np.ndarray], metadata: dict[str, str] | None = None) -> FilmSaved:
    film.check()
    *_, saved = write_film(film, iter(pictures), len(pictures), metadata)
    assert isinstance(saved, FilmSaved)
    return saved


def _film(folder: Path, format: str, **options: object) -> Film:
    return Film(folder / ("film" if format == "frames" else f"film.{format}"), format, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", FORMATS)
def test_a_film_decodes_to_the_pictures_that_went_in(tmp_path: Path, format: str) -> None:
    pictures, film = _pictures(25), _film(tmp_path, format, fps=12)
    saved = _write(film, pictures, FIELDS)
    shown, ends = decoded(film.path)
    assert len(shown) == saved.frames == 25 and saved.fps == 12
    assert (saved.width, saved.height) == (48, 32) == shown[0].shape[1::-1]
    assert min(map(psnr, pictures, shown)) > (98 if format == "frames" else 28 if format == "gif" else 31)
    if format != "frames":
        assert ends[-1] == pytest.approx(25 / 12, abs=0.01)
    assert read_film_metadata(film.path) == FIELDS
    assert FIELDS["seeds"] == "0-2,42" and FIELDS["film"] == "interpolate"
    assert sorted(p.name for p in tmp_path.iterdir()) == [film.path.name]


@pytest.mark.parametrize("format", FORMATS)
def test_without_metadata_a_film_says_nothing(tmp_path: Path, format: str) -> None:
    film = _film(tmp_path, format)
    _write(film, _pictures(3))
    assert read_film_metadata(film.path) == {}
    data = next(film.path.iterdir()).read_bytes() if film.path.is_dir() else film.path.read_bytes()
    assert b"artgan" not in data


@pytest.mark.parametrize("format", ["mp4", "webm"])
def test_odd_sides_become_even_and_nothing_is_cut(tmp_path: Path, format: str) -> None:
    film = _film(tmp_path, format)
    pictures = _pictures(4, 33, 17)
    saved = _write(film, pictures)
    shown, _ = decoded(film.path)
    assert (saved.width, saved.height) == (34, 18) and shown[0].shape == (18, 34, 3)
    assert psnr(shown[0][:17, :33], pictures[0]) > 30


def test_an_mp4_plays_while_it_loads(tmp_path: Path) -> None:
    film = _film(tmp_path, "mp4")
    _write(film, _pictures(10))
    data = film.path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_colours_are_those_that_were_painted(tmp_path: Path) -> None:
    plain = np.zeros((64, 64, 3), np.uint8) + np.array([200, 30, 60], np.uint8)
    for format in ("mp4", "webm"):
        film = _film(tmp_path, format)
        _write(film, [plain] * 3)
        assert np.abs(decoded(film.path)[0][1].astype(int) - plain).max() <= 3


@pytest.mark.parametrize("format", FORMATS)
def test_whatever_goes_wrong_leaves_what_was_there(tmp_path: Path, format: str) -> None:
    film = _film(tmp_path, format, force=True)
    _write(film, _pictures(2))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    def interrupted() -> Iterator[np.ndarray]:
        yield from _pictures(5)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(write_film(film, interrupted(), 9))
    left = write_film(film, iter(_pictures(5)), 5)
    next(left)
    left.close()  # whoever reads the events goes away
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    _write(film, _pictures(4))
    assert len(decoded(film.path)[0]) == 4


@pytest.mark.parametrize("name", ["a:b", "-x", "c%d%03d", "ö ' \"; $(id)", "file:concat|x"])
@pytest.mark.parametrize("format", ["mp4", "webp"])
def test_any_name_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, format: str) -> None:
    monkeypatch.chdir(tmp_path)
    film = Film(Path(f"{name}.{format}"), format)
    _write(film, _pictures(2), FIELDS)
    assert [p.name for p in tmp_path.iterdir()] == [f"{name}.{format}"]
    assert read_film_metadata(film.path) == FIELDS


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    film = _film(tmp_path, "mp4")
    with locked(tmp_path / ".film.mp4.lock"), pytest.raises(BusyError):
        _write(film, _pictures(2))
    _write(film, _pictures(2))


def test_nothing_is_replaced_unless_forced(tmp_path: Path) -> None:
    for format in ("gif", "frames"):
        film = _film(tmp_path, format)
        _write(film, _pictures(2))
        with pytest.raises(UsageError) as caught:
            film.check()
        assert "--force" in caught.value.hint
    paintings = tmp_path / "paintings"
    paintings.mkdir()
    Image.new("RGB", (4, 4)).save(paintings / "mine.png")
    with pytest.raises(UsageError):
        Film(paintings, "frames", force=True).check()


def test_without_pyav_the_hint_is_one_line_that_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(SetupError) as caught:
        _film(tmp_path, "mp4").check()
    assert 'pip install "artgan[video]"' in caught.value.hint and caught.value.exit_code == 3
    _write(_film(tmp_path, "webp"), _pictures(2))


def test_what_pillow_cannot_hold_is_refused_with_the_reason(tmp_path: Path) -> None:
    for format in ("gif", "webp"):
        film = _film(tmp_path, format)
        with pytest.raises(UsageError) as caught:
            film.scale(Shape(512, 512), 512, 1000, None)
        assert "memory" in caught.value.message and "mp4" in caught.value.hint
        assert film.scale(Shape(64, 64), 64, 1000, None) < film.scale(Shape(64, 64), 64, 100, None) == 8


def test_small_pictures_are_enlarged_and_large_ones_are_not(tmp_path: Path) -> None:
    film = _film(tmp_path, "mp4")
    for side, scale in ((8, 64), (16, 32), (64, 8), (512, 1), (1024, 1)):
        assert film.scale(Shape(side, side), side, 240, None) == scale
    assert film.scale(Shape(266, 200), 64, 240, None) == 3
    for asked in (0, 65, 20):
        with pytest.raises(UsageError):
            film.scale(Shape(266, 200), 64, 240, asked)


@pytest.mark.parametrize(("format", "fps"), [("mp4", 0), ("mp4", 121), ("gif", 60), ("avi", 24)])
def test_what_is_no_film_is_refused(tmp_path: Path, format: str, fps: int) -> None:
    with pytest.raises(UsageError):
        _film(tmp_path, format, fps=fps).check()
