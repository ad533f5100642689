"""Oblong pictures become squares: what is kept, what is cut, and how good the pixels are."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from artgan.datasets.decode import open_picture
from artgan.datasets.fit import FITS, square, window
from artgan.errors import UsageError


def thirds(width: int, height: int) -> Image.Image:
    """Red, green and blue thirds along the longer side."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for index, colour in enumerate(((255, 0, 0), (0, 255, 0), (0, 0, 255))):
        if width > height:
            draw.rectangle((width * index // 3, 0, width * (index + 1) // 3 - 1, height), fill=colour)
        else:
            draw.rectangle((0, height * index // 3, width, height * (index + 1) // 3 - 1), fill=colour)
    return image


def texture(width: int, height: int) -> Image.Image:
    """Brush-like noise on several scales."""
    rng = np.random.default_rng(3)
    total = np.full((height, width, 3), 128.0)
    for step in (2, 8, 32):
        small = rng.normal(0, 30, (math.ceil(height / step), math.ceil(width / step), 3))
        total += np.kron(small, np.ones((step, step, 1)))[:height, :width]
    return Image.fromarray(np.clip(total, 0, 255).astype(np.uint8))


def psnr(first: Image.Image, second: Image.Image) -> float:
    error = np.mean((np.asarray(first, np.float64) - np.asarray(second, np.float64)) ** 2)
    return 10 * math.log10(255**2 / error)


@pytest.mark.parametrize("sides", [(300, 100), (100, 300)])
def test_crop_keeps_the_middle_and_says_what_is_lost(sides: tuple[int, int]) -> None:
    result, cut = square(thirds(*sides), 32, "crop")
    assert result.size == (32, 32) and result.mode == "RGB"
    # Three pixels at the edge are mixed by the Lanczos window.
    assert np.all(np.asarray(result)[3:-3, 3:-3] == (0, 255, 0))
    assert cut == pytest.approx(2 / 3)


@pytest.mark.parametrize("sides", [(300, 150), (150, 300)])
def test_pad_keeps_all_on_a_ground_of_the_edge_colour(sides: tuple[int, int]) -> None:
    image = Image.new("RGB", sides, (200, 180, 90))
    image.paste((10, 20, 30), (70, 70, 80, 80))
    result, cut = square(image, 64, "pad")
    pixels = np.asarray(result) if sides[0] > sides[1] else np.asarray(result).transpose(1, 0, 2)
    assert cut == 0.0
    assert np.all(pixels[:16] == (200, 180, 90)) and np.all(pixels[48:] == (200, 180, 90))
    assert pixels[16:48].min() < 100


def test_stretch_keeps_all() -> None:
    result, cut = square(thirds(300, 100), 30, "stretch")
    row = np.asarray(result)[15]
    assert cut == 0.0
    assert [tuple(row[at]) for at in (4, 15, 25)] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("sides", [(1, 1), (1, 40), (40, 1), (7, 8), (64, 64), (129, 65), (9, 200)])
def test_any_picture_becomes_a_square(fit: str, sides: tuple[int, int]) -> None:
    result, cut = square(texture(*sides), 16, fit)
    assert result.size == (16, 16) and result.mode == "RGB"
    assert 0.0 <= cut < 1.0


@pytest.mark.parametrize("fit", FITS)
def test_a_square_stays_as_it_is(fit: str) -> None:
    image = texture(64, 64)
    result, cut = square(image, 64, fit)
    assert cut == 0.0
    assert np.array_equal(np.asarray(result), np.asarray(image))


def test_an_unknown_fit_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="'zoom' is not one of crop, pad"):
        square(texture(8, 8), 8, "zoom")


@pytest.mark.parametrize("size", [16, 64, 128])
@pytest.mark.parametrize("sides", [(1001, 703), (747, 1003)])
def test_a_draft_looks_like_the_whole_picture(size: int, sides: tuple[int, int]) -> None:
    """Decoding a JPEG at a fraction shifts nothing: 40 dB against the plain way, on fine texture."""
    buffer = io.BytesIO()
    texture(*sides).save(buffer, "JPEG", quality=90)
    draft = open_picture(buffer.getvalue(), draft=(2 * size, 2 * size))
    assert draft.image.width < sides[0]  # else nothing is tested
    quick, _ = square(draft.image, size, "crop", (draft.width, draft.height))
    plain = Image.open(buffer)
    side = min(sides)
    left, top = (sides[0] - side) / 2, (sides[1] - side) / 2
    plain = plain.resize((size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side))
    assert psnr(quick, plain) >= 40.0


# Marked fixtures of the smart crop: a drawn subject whose box is known, on grounds that paintings have.

Box = tuple[int, int, int, int]


def ground(name: str, width: int, height: int, rng: np.random.Generator) -> Image.Image:
    shade = np.linspace(90, 170, width)[None, :, None] + np.linspace(-20, 20, height)[:, None, None]
    pixels = np.broadcast_to(shade, (height, width, 3)).copy()
    if name == "canvas":
        pixels += rng.normal(0, 12, pixels.shape)
    elif name == "foliage":
        coarse = rng.normal(0, 25, (height // 8 + 1, width // 8 + 1, 3))
        pixels += np.kron(coarse, np.ones((8, 8, 1)))[:height, :width]
    elif name == "table":
        pixels[height * 2 // 3 :] -= 60
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def bouquet(image: Image.Image, box: Box, rng: np.random.Generator, blossoms: int = 90) -> None:
    """Many small blossoms in a box."""
    draw = ImageDraw.Draw(image)
    for _blossom in range(blossoms):
        x, y = rng.integers(box[0], box[2] - 14), rng.integers(box[1], box[3] - 14)
        reach = int(rng.integers(6, 14))
        draw.ellipse((x, y, x + reach, y + reach), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))


def scenes() -> list[tuple[str, Image.Image, Box]]:
    """Pictures with a subject at the start, the middle or the end of the longer side."""
    found = []
    rng = np.random.default_rng(11)
    for name in ("plain", "canvas", "foliage", "table"):
        for width, height in ((480, 260), (260, 480), (400, 300), (300, 400)):
            for place in (0.02, 0.2, 0.5, 0.8, 0.98):
                image = ground(name, width, height, rng)
                across, down = int(min(width, height) * 0.55), int(min(width, height) * 0.6)
                along = (place, 0.5) if width > height else (0.5, place)
                left, top = int((width - across) * along[0]), int((height - down) * along[1])
                box = (left, top, left + across, top + down)
                if place == 0.5:  # fallen petals at the edge must not draw the eye from a bouquet in the middle
                    bouquet(image, (0, 0, 40, height) if width > height else (0, 0, width, 40), rng, blossoms=12)
                bouquet(image, box, rng)
                found.append((f"{name} {width}x{height} {place}", image, box))
    return found


def coverage(image: Image.Image, box: Box, fit: str) -> float:
    """The share of the subject's box that a fit keeps."""
    left, top, right, bottom = window(image, fit)
    wide = max(0.0, min(box[2], right) - max(box[0], left))
    high = max(0.0, min(box[3], bottom) - max(box[1], top))
    return wide * high / ((box[2] - box[0]) * (box[3] - box[1]))


def test_smart_beats_the_centre_crop_on_marked_pictures() -> None:
    pictures = scenes()
    kept = {fit: [coverage(image, box, fit) for _, image, box in pictures] for fit in ("crop", "smart")}
    names = [name for name, _, _ in pictures]
    assert np.mean(kept["smart"]) > 0.95 and np.mean(kept["crop"]) < 0.8
    worse = [name for name, smart, crop in zip(names, kept["smart"], kept["crop"], strict=True) if smart < crop - 0.03]
    assert not worse


@pytest.mark.parametrize("name", ["plain", "canvas"])
def test_smart_stays_in_the_middle_where_nothing_stands_out(name: str) -> None:
    image = ground(name, 480, 260, np.random.default_rng(5))
    crop, smart = (np.asarray(square(image, 32, fit)[0], np.float64) for fit in ("crop", "smart"))
    assert np.abs(crop - smart).mean() < 4.0
