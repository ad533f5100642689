"""A signature: legible on any ground, inside the picture, and the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from artgan import images, provenance
from artgan.errors import ArtganError, DamagedError, NotFoundError, UsageError
from artgan.sampling.signatures import Signature, read_signature, read_signatures
from artgan.sampling.signed import pictures_of, sign_files
from artgan.sampling.signing import POSITIONS, Placing, sign, signer

DARK, RED, LIGHT = (20, 18, 15), (180, 35, 25), (240, 235, 220)


def drawn(colour: tuple[int, int, int], *, seal: bool = False, size: tuple[int, int] = (300, 100)) -> Image.Image:
    """Thin strokes, or a block with a hole in it, on a transparent ground with much room around."""
    image = Image.new("RGBA", (size[0] + 80, size[1] + 80), (*colour, 0))
    pen = ImageDraw.Draw(image)
    left, top, right, bottom = 40, 40, size[0] + 39, size[1] + 39
    if seal:
        pen.rectangle((left, top, right, bottom), (*colour, 255))
        pen.rectangle((left + 30, top + 30, right - 30, bottom - 30), (*colour, 0))
    else:
        for x in range(left, right - 20, 40):
            pen.line((x, bottom, x + 20, top, x + 40, bottom), (*colour, 255), 4)
        pen.line((left, bottom, right, bottom), (*colour, 255), 4)
    return image


def signature(colour: tuple[int, int, int], **how: object) -> Signature:
    ink = np.array(drawn(colour, **how).crop((40, 40, 340, 140)))  # type: ignore[arg-type]
    return Signature(f"{colour[0]}.png", "0" * 12, ink)


def ground(grey: int, side: int = 256) -> np.ndarray:
    noise = np.random.default_rng(grey).integers(-8, 9, (side, side, 1))
    return np.clip(np.array([grey, grey - 4, grey - 10]) + noise, 0, 255).astype(np.uint8)


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where the signature is: (top, left, bottom, right)."""
    rows, columns = np.nonzero((before != after).any(axis=-1))
    return np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])


@pytest.mark.parametrize("position", POSITIONS)
def test_it_stands_in_its_corner_as_large_as_was_asked(position: str) -> None:
    picture = ground(200)
    signed, told = sign(picture, [signature(DARK)], Placing(position, size=0.25, margin=0.05))
    top, left, bottom, right = changed(picture, signed)
    assert abs((right - left) - 64) <= 2 and abs((bottom - top) - 64 / 3) <= 2
    margin = 0.05 * 256
    assert abs((256 - bottom if position[0] == "L" else top) - margin) <= 2
    assert abs((256 - right if position[1] == "R" else left) - margin) <= 2
    assert told == {
        "sign": "20.png", "sign_sha256": "0" * 12, "position": position, "sign_size": 0.25, "sign_margin": 0.05
    }  # fmt: skip


@pytest.mark.parametrize("grey", [15, 60, 110, 150, 200, 245])
@pytest.mark.parametrize("colour", [DARK, LIGHT, RED])
def test_automatic_ink_can_be_read_on_any_ground(grey: int, colour: tuple[int, int, int]) -> None:
    picture = ground(grey)
    signed, _ = sign(picture, [signature(colour)], Placing(size=0.4))
    strokes = np.abs(signed.astype(int) - picture).max(axis=-1) > 0
    apart = np.abs(signed.astype(float).mean(-1) - picture.mean(-1))[strokes]
    assert np.percentile(apart, 75) > 40


def test_a_seal_keeps_its_red_and_a_thin_red_line_on_dark_does_not() -> None:
    picture = ground(50)
    sealed, _ = sign(picture, [signature(RED, seal=True)], Placing(size=0.3))
    assert (sealed == RED).all(axis=-1).sum() > 500
    lined, _ = sign(picture, [signature(RED)], Placing(size=0.3))
    assert not (lined == RED).all(axis=-1).any() and lined.max() > 150
    own, _ = sign(picture, [signature(RED)], Placing(size=0.3, ink="own"))
    assert (own == RED).all(axis=-1).any()


@pytest.mark.parametrize(("ink", "lighter"), [("dark", False), ("light", True)])
def test_an_ink_that_is_asked_for_is_taken(ink: str, lighter: bool) -> None:
    picture = ground(128)
    signed, told = sign(picture, [signature(RED)], Placing(ink=ink))
    strokes = (signed != picture).any(axis=-1)
    assert (signed[strokes].mean() > picture[strokes].mean()) == lighter and told["ink"] == ink


def test_the_ink_is_the_picture_s_own_darkest_paint() -> None:
    picture = ground(230)
    picture[:40] = (10, 30, 90)
    signed, _ = sign(picture, [signature(LIGHT)], Placing(size=0.4))
    strokes = (signed != picture).any(axis=-1)
    darkest = signed[strokes][signed[strokes].sum(axis=-1).argmin()]
    assert np.abs(darkest.astype(int) - (10, 30, 90)).max() < 12


def test_the_same_seed_signs_the_same_and_others_otherwise() -> None:
    picture, placing = ground(200), Placing(jitter=1)
    again = [sign(picture, [signature(DARK)], placing, seed)[0].tobytes() for seed in (1, 2, 3, 1)]
    assert again[0] == again[3] and len(set(again)) == 3
    assert len({sign(picture, [signature(DARK)], Placing(), seed)[0].tobytes() for seed in (1, 2, 3)}) == 1
    # Without a seed the pixels say it.
    assert np.array_equal(sign(picture, [signature(DARK)], placing)[0], sign(picture, [signature(DARK)], placing)[0])


@given(
    seed=st.integers(0, 2**32 - 1), position=st.sampled_from(POSITIONS), size=st.floats(0.02, 1),
    margin=st.floats(0, 0.4), jitter=st.floats(0, 1), width=st.integers(1, 90), height=st.integers(1, 90),
    shape=st.sampled_from([(300, 100), (20, 400), (1, 1)]),
)  # fmt: skip
def test_whatever_is_asked_it_stays_on_the_picture(seed, position, size, margin, jitter, width, height, shape) -> None:
    picture = np.full((height, width, 3), 200, np.uint8)
    ink = np.full((shape[1], shape[0], 4), (0, 0, 0, 255), np.uint8)
    placing = Placing(position, size, margin, jitter)
    signed, _ = sign(picture, [Signature("a", "", ink)], placing, seed)
    assert signed.shape == picture.shape and signed.dtype == np.uint8


def test_jitter_stays_within_its_bounds() -> None:
    picture, quiet = ground(200), Placing(size=0.3, margin=0.06)
    rest = changed(picture, sign(picture, [signature(DARK)], quiet)[0])
    for seed in range(30):
        placing = Placing(size=0.3, margin=0.06, jitter=1)
        _, left, bottom, right = changed(picture, sign(picture, [signature(DARK)], placing, seed)[0])
        assert 0.75 <= (right - left) / (rest[3] - rest[1]) <= 1.3
        assert bottom <= 256 and right <= 256 and abs(right - rest[3]) <= 0.06 * 256 + 2


def test_several_are_drawn_by_seed_or_chosen_by_what_is_seen_best() -> None:
    dark, light = signature(DARK), signature(LIGHT)
    drawn_ones = [sign(ground(120), [dark, light], Placing(), seed)[1]["sign"] for seed in range(40)]
    assert 8 < drawn_ones.count("20.png") < 32
    for grey, best in ((30, "240.png"), (225, "20.png")):
        for seed in range(5):
            assert sign(ground(grey), [dark, light], Placing(choose="contrast"), seed)[1]["sign"] == best


def test_the_one_that_was_drawn_signs_alone_as_it_did_among_others() -> None:
    ones, placing = [signature(DARK), signature(LIGHT)], Placing(jitter=1)
    for seed in range(6):
        signed, told = sign(ground(120), ones, placing, seed)
        alone = next(one for one in ones if one.name == told["sign"])
        assert np.array_equal(sign(ground(120), [alone], placing, seed)[0], signed)


@pytest.mark.parametrize(
    "wrong", [{"position": "MM"}, {"size": 0}, {"size": 2}, {"margin": -0.1}, {"jitter": 1.5}, {"ink": "pink"},
              {"choose": "best"}],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_flag(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="--"):
        Placing(**wrong)  # type: ignore[arg-type]


# -- reading signatures


def test_a_transparent_ground_is_cut_away(tmp_path: Path) -> None:
    drawn(DARK).save(tmp_path / "s.png")
    found = read_signature(tmp_path / "s.png")
    assert abs(found.ink.shape[1] - 300) < 12 and abs(found.ink.shape[0] - 100) < 12 and found.name == "s.png"


@pytest.mark.parametrize(("paper", "pen"), [((232, 226, 210), (30, 30, 70)), ((20, 20, 25), (240, 240, 235))])
def test_of_a_scan_the_ink_is_told_from_the_paper(tmp_path: Path, paper, pen) -> None:
    mask = drawn(pen)
    scan = Image.new("RGB", mask.size, paper)
    scan.paste(mask, (0, 0), mask)
    shade = np.linspace(0, 14, mask.width)[None, :, None]
    noisy = np.asarray(scan, float) + np.random.default_rng(0).normal(0, 4, (mask.height, mask.width, 1)) - shade
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(tmp_path / "scan.jpg", quality=85)
    ink = read_signature(tmp_path / "scan.jpg").ink
    assert abs(ink.shape[1] - 300) < 14 and abs(ink.shape[0] - 100) < 14
    truth = np.asarray(mask)[..., 3] > 128
    assert abs((ink[..., 3] > 128).sum() - truth.sum()) < 0.15 * truth.sum()


@pytest.mark.parametrize("kind", ["RGBA", "RGB", "L"])
def test_nothing_to_see_is_said(tmp_path: Path, kind: str) -> None:
    Image.new(kind, (50, 20)).save(tmp_path / "empty.png")
    with pytest.raises(UsageError, match="nothing can be seen"):
        read_signature(tmp_path / "empty.png")


def test_what_is_no_signature_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "none").mkdir()
    with pytest.raises(DamagedError):
        read_signatures([tmp_path / "text.png"])
    for missing in (tmp_path / "none", tmp_path / "nowhere.png"):
        with pytest.raises(NotFoundError):
            read_signatures([missing])


def test_a_folder_is_all_that_lie_in_it(tmp_path: Path) -> None:
    for name in ("b.png", "a.png"):
        drawn(DARK).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not one")
    assert [found.name for found in read_signatures([tmp_path])] == ["a.png", "b.png"]


# -- signing files


def test_copies_are_made_and_originals_stay(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    facts = provenance.facts(run="flowers-64-abc", seed=3)
    images.write(pictures / "a.png", ground(200, 64), facts)
    photograph = Image.fromarray(ground(120, 64))
    exif = Image.Exif()
    exif[0x013B], exif[0x0112] = "Anna", 6
    photograph.save(pictures / "b.JPG", exif=exif)
    (pictures / "c.png").write_bytes(b"torn")
    before = {path.name: path.read_bytes() for path in pictures.iterdir()}
    signing = signer([signature(DARK)], Placing())
    done = list(sign_files(pictures_of([pictures]), signing))
    assert [one.path and one.path.name for one in done] == ["a.png", "b.JPG", None] and "torn" not in done[2].reason
    assert {path.name: path.read_bytes() for path in pictures.iterdir() if path.is_file()} == before
    told = images.read_metadata(pictures / "signed" / "a.png")
    assert told == {**facts, "sign": "20.png", "sign_sha256": "0" * 12, "position": "LR"}
    with Image.open(pictures / "signed" / "b.JPG") as copy:
        assert copy.getexif()[0x013B] == "Anna" and 0x0112 not in copy.getexif()
        assert images.metadata_of(copy) == {} and images.xmp_of(copy) == b""
    again = list(sign_files(pictures_of([pictures]), signing))
    assert [one.new for one in again[:2]] == [False, False]


def test_nothing_is_replaced_or_signed_twice_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    images.write(path, ground(200, 64), provenance.facts(run="r", seed=3))
    signing = signer([signature(DARK)], Placing())
    with pytest.raises(UsageError, match="is the picture itself"):
        list(sign_files([path], signing, tmp_path))
    list(sign_files([path], signing, tmp_path / "out"))
    with pytest.raises(UsageError, match="is another picture"):
        list(sign_files([path], signer([signature(DARK)], Placing("UL")), tmp_path / "out"))
    (twice,) = sign_files([tmp_path / "out" / "a.png"], signing)
    assert twice.path is None and "signed already" in twice.reason
    (forced,) = sign_files([path], signing, tmp_path, force=True)
    assert forced.path == path and images.read_metadata(path)["sign"] == "20.png"
    other = tmp_path / "other"
    images.write(other / "a.png", ground(90, 64))
    with pytest.raises(UsageError, match="would both become"):
        list(sign_files([path, other / "a.png"], signing, tmp_path / "new", force=True))


def test_a_copy_tells_nothing_where_that_was_asked(tmp_path: Path) -> None:
    images.write(tmp_path / "a.png", ground(200, 64), provenance.facts(run="r", seed=3))
    (done,) = sign_files([tmp_path / "a.png"], signer([signature(DARK)], Placing()), metadata=False)
    assert done.path is not None and b"artgan" not in done.path.read_bytes()


def test_a_missing_picture_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.png"):
        with pytest.raises(ArtganError):
            pictures_of([path])
