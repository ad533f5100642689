from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from artgan import __version__, images, provenance
from artgan.errors import DamagedError, UsageError


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


# -- what a picture tells


def _exactly(path: Path) -> tuple[str, str]:
    with Image.open(path) as image:
        image.load()
        return provenance.source_type_of(images.xmp_of(image))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_painted_picture_says_in_iptc_s_words_that_a_trained_algorithm_made_it(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    images.write(path, np.zeros((8, 8, 3), np.uint8), provenance.facts(run="flowers-64-abc", seed=42))
    source, program = _exactly(path)
    assert source == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert program == f"artgan {__version__}"
    # As a reader of XML finds it, not only ours.
    with Image.open(path) as image:
        image.load()
        tree = ElementTree.fromstring(images.xmp_of(image).decode().partition("?>")[2].rpartition("<?")[0])
    (found,) = tree.iter("{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")
    assert found.text == source
    images.write(path, np.zeros((8, 8, 3), np.uint8), {"run": "a"}, source_type=provenance.COMPOSITE_SOURCE_TYPE)
    assert _exactly(path)[0].endswith("/compositeWithTrainedAlgorithmicMedia")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_what_no_network_painted_tells_nothing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    images.write(path, np.zeros((8, 8, 3), np.uint8))
    assert images.read_metadata(path) == {} and _exactly(path) == ("", "")
    assert b"artgan" not in path.read_bytes() and b"iptc" not in path.read_bytes()


HOSTILE = {"class": "Näher; artgan:run=other \n<b>&'\"%3B 東京", "run": "a=b;c"}


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_any_text_comes_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    images.write(path, np.zeros((8, 8, 3), np.uint8), HOSTILE)
    assert images.read_metadata(path) == HOSTILE


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), st.text(max_size=40), max_size=6))
def test_a_line_of_facts_is_read_as_it_was_written(facts: dict[str, str]) -> None:
    assert provenance.parse(provenance.comment(facts)) == facts
    assert provenance.comment(facts).isascii() and provenance.comment(facts).isprintable()


def test_a_film_s_comment_is_found_between_other_bytes(tmp_path: Path) -> None:
    film, facts = tmp_path / "a.mp4", provenance.facts(run="flowers-64-abc", seeds="3,17", film="interpolate")
    film.write_bytes(b"\0\0ftypmp42 artgan: \xff" + provenance.comment(facts).encode() + b"g\xc8\0mdat")
    assert provenance.read_film(film) == (facts, provenance.DIGITAL_SOURCE_TYPE)
    film.write_bytes(b"artgan:run=cut off; ")
    assert provenance.read_film(film) == ({}, "")
    film.write_bytes(b"")
    assert provenance.read_film(film) == ({}, "")


def test_the_latent_of_a_picture_comes_back_bit_for_bit() -> None:
    latent = np.random.default_rng(0).normal(size=100).astype(np.float32)
    assert provenance.latents_of(provenance.latent_text(latent)).tobytes() == latent.tobytes()
    for text in ("", "no base64!", "AAA=", provenance.latent_text(np.float32([np.nan]))):
        with pytest.raises(DamagedError):
            provenance.latents_of(text)


def test_the_order_in_which_facts_are_given_does_not_matter() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    assert images.encode(picture, "png", {"a": 1, "b": 2}) == images.encode(picture, "png", {"b": 2, "a": 1})


@pytest.mark.parametrize("format", ["png", "jpg"])
def test_a_printer_is_told_how_large(format: str) -> None:
    with Image.open(io.BytesIO(images.encode(np.zeros((8, 8, 3), np.uint8), format, dpi=300))) as image:
        assert round(image.info["dpi"][0]) == 300
    with Image.open(io.BytesIO(images.encode(np.zeros((8, 8, 3), np.uint8), format))) as image:
        assert image.info.get("dpi") is None


# -- print size


@pytest.mark.parametrize("size", [(64, 64), (48, 96), (50, 33)])
def test_a_large_picture_made_small_again_is_the_picture(size: tuple[int, int]) -> None:
    cells = np.random.default_rng(3).integers(40, 216, (6, 6, 3), np.uint8)
    small = np.asarray(Image.fromarray(cells).resize((16, 16), Image.Resampling.BICUBIC))
    (large,) = images.magnify(small[None], size)
    (plain,) = images.enlarge(small[None], size)
    assert large.shape == (size[1], size[0], 3) and large.dtype == np.uint8

    def lost(picture: np.ndarray) -> float:
        back = np.asarray(Image.fromarray(picture).resize((16, 16), Image.Resampling.BOX), float)
        return float(np.abs(back - small).mean())

    assert lost(large) < 2 and lost(large) < 0.5 * lost(plain)


def test_a_plain_ground_stays_plain_however_large() -> None:
    ground = np.full((2, 8, 8, 3), (0, 128, 255), np.uint8)
    assert (images.magnify(ground, (40, 40)) == ground[:, :1, :1]).all()
    assert images.magnify(ground, (8, 8)) is ground
