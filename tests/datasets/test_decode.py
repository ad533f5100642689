"""Every kind of picture file comes out upright, in sRGB, or with a reason."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from artgan.datasets import decode
from artgan.datasets.decode import PictureError, glimpse, load_rgb, open_picture
from artgan.datasets.dhash import NEAR, dhash

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def saved(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def scene(width: int = 60, height: int = 40) -> Image.Image:
    """A picture whose four corners differ: red, green, blue, white; smooth, so that a JPEG keeps it."""
    corners = Image.new("RGB", (2, 2))
    corners.putdata([(220, 30, 30), (30, 200, 40), (30, 40, 210), (240, 240, 240)])
    return corners.resize((width, height), Image.Resampling.BILINEAR)


def distance(a: Image.Image, b: Image.Image) -> float:
    """Mean absolute difference, 0 to 255."""
    assert a.size == b.size and a.mode == b.mode == "RGB"
    return float(np.abs(np.asarray(a, int) - np.asarray(b, int)).mean())


def bomb_png(side: int = 60_000) -> bytes:
    """A valid PNG header that promises side x side pixels, and nothing behind it."""
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def reason(data: bytes | Path) -> str:
    with pytest.raises(PictureError) as caught:
        open_picture(data)
    return caught.value.reason


@pytest.mark.parametrize(
    "format, suffix", [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp"), ("TIFF", ".tif"), ("BMP", ".bmp")]
)
def test_the_true_format_decides_the_suffix(format: str, suffix: str) -> None:
    picture = open_picture(saved(scene(), format))
    assert picture.suffix == suffix
    assert (picture.width, picture.height) == picture.image.size == (60, 40)
    assert distance(picture.image, scene()) < 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_undone(orientation: int, format: str) -> None:
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = scene().transpose(back[orientation]) if orientation in back else scene()
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = open_picture(saved(stored, format, exif=exif))
    assert (picture.width, picture.height) == (60, 40)
    assert distance(picture.image, scene()) < 5


def test_a_broken_exif_block_does_not_cost_the_picture() -> None:
    data = saved(scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xff" * 40)
    assert load_rgb(data).size == (60, 40)


def test_cmyk_jpeg() -> None:
    plain = scene().convert("CMYK")
    assert distance(load_rgb(saved(plain, "JPEG", quality=95)), scene()) < 4


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, 0)
    for format in ("PNG", "TIFF"):
        out = np.asarray(load_rgb(saved(Image.fromarray(ramp), format)))
        assert np.abs(out[0, :, 0].astype(int) - np.arange(256)).max() == 0
        assert (out[..., 0] == out[..., 2]).all()


def test_a_dark_sixteen_bit_picture_stays_dark() -> None:
    dark = np.full((4, 4), 200, np.uint16)
    assert np.asarray(load_rgb(saved(Image.fromarray(dark)))).max() == 1


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0])
def test_float_tiff_keeps_its_ramp(top: float) -> None:
    ramp = np.linspace(0, top, 256, dtype=np.float32)[None].repeat(2, 0)
    out = np.asarray(load_rgb(saved(Image.fromarray(ramp), "TIFF")))[0, :, 0].astype(int)
    assert np.abs(out - np.arange(256)).max() <= 1


def test_float_tiff_of_any_range_and_nan_is_shown_whole() -> None:
    values = np.array([[-5.0, np.nan, 5.0]], np.float32)
    out = np.asarray(load_rgb(saved(Image.fromarray(values), "TIFF")))[0, :, 0]
    assert out[0] == 0 and out[2] == 255


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_plain_modes(mode: str) -> None:
    image = scene().convert(mode)
    assert distance(load_rgb(saved(image)), image.convert("RGB")) == 0


def test_lab_tiff() -> None:
    lab = ImageCms.profileToProfile(
        scene(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    assert distance(load_rgb(saved(lab, "TIFF")), scene()) < 3


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(mode: str) -> None:
    image = Image.new(mode, (8, 8))  # black, wholly transparent
    image.paste((0, 0, 0, 255) if mode == "RGBA" else (0, 255), (0, 0, 4, 8))
    out = np.asarray(load_rgb(saved(image)))
    assert (out[:, :4] == 0).all() and (out[:, 4:] == 255).all()


def test_half_transparent_is_half_white() -> None:
    out = np.asarray(load_rgb(saved(Image.new("RGBA", (4, 4), (200, 0, 0, 128)))))
    assert np.abs(out[0, 0].astype(int) - [227, 127, 127]).max() <= 1


def test_palette_with_a_transparent_colour() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(1, (4, 0, 8, 8))
    for format in ("PNG", "GIF"):
        out = np.asarray(load_rgb(saved(image, format, transparency=0)))
        assert (out[:, :4] == 255).all()
        assert (out[:, 4:] == [200, 100, 50]).all()


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    for format in ("GIF", "WEBP", "PNG"):
        data = saved(frames[0], format, save_all=True, append_images=frames[1:], duration=50, lossless=True)
        assert np.asarray(load_rgb(data))[0, 0].tolist() == [255, 0, 0]


# -- colour profiles


def swapped_profile() -> bytes:
    """An RGB profile in which red and green are exchanged: applying it is unmistakable."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", data, 128)[0]
    places = {}
    for index in range(count):
        at = 132 + 12 * index
        places[bytes(data[at : at + 4])] = at
    for tag in (b"rXYZ", b"gXYZ"):
        data[places[tag] : places[tag] + 4] = b"gXYZ" if tag == b"rXYZ" else b"rXYZ"
    return bytes(data).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be")).replace(b"sRGB", b"swap")


def test_an_rgb_profile_is_applied() -> None:
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    for format in ("PNG", "JPEG", "TIFF", "WEBP"):
        out = np.asarray(load_rgb(saved(red, format, icc_profile=swapped_profile())))[4, 4]
        assert out[1] > 240 and out[0] < 30, (format, out)


def test_a_profile_reaches_palette_and_transparent_pictures() -> None:
    red = Image.new("RGBA", (8, 8), (255, 0, 0, 255))
    red.paste((255, 0, 0, 0), (0, 0, 4, 8))
    for image in (red, red.convert("RGB").convert("P")):
        out = np.asarray(load_rgb(saved(image, icc_profile=swapped_profile())))
        assert out[4, 6, 1] > 240 and out[4, 6, 0] < 30
    assert (np.asarray(load_rgb(saved(red, icc_profile=swapped_profile())))[:, :4] == 255).all()


def test_a_grey_profile_is_applied_to_a_grey_picture_only() -> None:
    linear = grey_profile(gamma=1.0)
    middle = Image.new("L", (8, 8), 128)
    assert abs(int(np.asarray(load_rgb(saved(middle, icc_profile=linear)))[0, 0, 0]) - 188) <= 2
    colour = Image.new("RGB", (8, 8), (128, 128, 128))
    assert np.asarray(load_rgb(saved(colour, icc_profile=linear)))[0, 0, 0] == 128


def grey_profile(gamma: float) -> bytes:
    """The smallest ICC version 2 profile of a grey scale: white point and one gamma."""
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(4 + 4 + 2 + 1 + 67)
    text += bytes(-len(text) % 4)
    tags = [(b"desc", text), (b"wtpt", white), (b"kTRC", curve)]
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags:
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    header = struct.pack(">I4sI4s4s4s", offset + len(body), b"lcms", 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return header + bytes(128 - len(header)) + table + body


@pytest.mark.parametrize("profile", [b"not a profile", b"\0" * 200, swapped_profile()[:300]])
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    for format in ("PNG", "JPEG"):
        assert distance(load_rgb(saved(scene(), format, icc_profile=profile)), scene()) < 4


def test_the_srgb_profile_changes_nothing() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert distance(load_rgb(saved(scene(), icc_profile=srgb)), scene()) == 0


# -- drafts


def test_a_draft_is_smaller_but_never_too_small() -> None:
    data = saved(scene(800, 400), "JPEG")
    for wanted in ((100, 50), (64, 64), (300, 100), (500, 500)):
        picture = open_picture(data, draft=wanted)
        assert (picture.width, picture.height) == (800, 400)
        assert picture.image.width >= wanted[0] or picture.image.size == (800, 400)
        assert picture.image.height >= wanted[1] or picture.image.size == (800, 400)
    assert load_rgb(data, draft=(100, 50)).size == (100, 50)


def test_a_draft_of_a_turned_picture_is_measured_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = open_picture(saved(scene(800, 200), "JPEG", exif=exif), draft=(100, 400))
    assert (picture.width, picture.height) == (200, 800)
    assert picture.image.size == (100, 400)


def test_a_draft_finds_truncation_too() -> None:
    data = saved(Image.effect_noise((400, 400), 90), "JPEG")
    with pytest.raises(PictureError, match="truncated"):
        load_rgb(data[: len(data) * 9 // 10], draft=(50, 50))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_glimpse_reads_every_bit_and_hashes_like_the_whole(progressive: bool, mode: str) -> None:
    noise = np.random.default_rng(5).integers(0, 90, (300, 420, 3), dtype=np.uint8)
    painted = Image.fromarray(np.asarray(scene(420, 300)) // 2 + noise).convert(mode)
    data = saved(painted, "JPEG", progressive=progressive)
    whole, seen = open_picture(data), glimpse(data)
    assert (seen.width, seen.height, seen.suffix) == (whole.width, whole.height, whole.suffix)
    assert seen.image.width < 420
    assert (int(dhash(seen.image), 16) ^ int(dhash(whole.image), 16)).bit_count() <= NEAR
    for cut in (len(data) // 2, len(data) * 9 // 10, len(data) - 20):
        with pytest.raises(PictureError, match="truncated"):
            glimpse(data[:cut])


# -- files that are no pictures


def test_reasons() -> None:
    noise = saved(Image.effect_noise((200, 200), 90), "JPEG")
    assert reason(b"").startswith("empty:")
    assert reason(b"I am a letter, not a picture").startswith("not-an-image:")
    assert reason(b"<svg xmlns='http://www.w3.org/2000/svg'/>").startswith("not-an-image:")
    assert reason(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n").startswith("not-an-image:")
    assert reason(noise[: len(noise) // 2]).startswith("truncated:")
    assert reason(noise[:20]).split(":")[0] in ("truncated", "unreadable")
    assert reason(bomb_png()) == "bomb: 60000x60000 is more than 178,956,970 pixels"
    assert reason(bomb_png() + struct.pack(">I4s", 9, b"IDAT") + bytes(13)).startswith("bomb:")
    assert reason(b"\0\0\0\x18ftypheic" + bytes(100)).startswith("unsupported: a HEIC")


def test_a_truncated_png_fails() -> None:
    data = saved(Image.effect_noise((64, 64), 90))
    assert reason(data[: len(data) // 2]).split(":")[0] in ("truncated", "unreadable")


def test_pillow_prints_no_warnings(tmp_path: Path) -> None:
    # 100 million pixels, and an EXIF block that points nowhere: Pillow warns of both.
    (tmp_path / "large.png").write_bytes(bomb_png(10_000))
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12"
    (tmp_path / "odd.jpg").write_bytes(saved(scene(), "JPEG", exif=exif))
    code = (
        "import sys; from artgan.datasets.decode import *\n"
        "for path in sys.argv[1:]:\n"
        "    try: load_rgb(path)\n"
        "    except PictureError: pass\n"
    )
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_a_path_is_named_in_the_error(tmp_path: Path) -> None:
    path = tmp_path / "letter.jpg"
    path.write_text("no picture")
    with pytest.raises(PictureError, match=r"letter\.jpg: not-an-image"):
        load_rgb(path)
    assert reason(tmp_path / "absent.jpg").startswith("unreadable:")
    assert reason(tmp_path).startswith("unreadable:")


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    with open(path, "wb") as file:
        file.truncate(decode.MOST_BYTES + 1)  # sparse: takes no room
    assert reason(path).startswith("bomb:")


def test_any_bytes_give_a_picture_or_a_reason() -> None:
    rng = np.random.default_rng(5)
    for format in ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"):
        good = saved(scene(), format)
        for _ in range(40):
            bad = bytearray(good)
            for place in rng.integers(0, len(bad), 6):
                bad[place] = rng.integers(0, 256)
            try:
                assert load_rgb(bytes(bad)).mode == "RGB"
            except PictureError as error:
                assert ":" in error.reason
