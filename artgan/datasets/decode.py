"""A file becomes an upright sRGB picture, or one sentence that says why not.

Everything that a camera, a scanner or a paint program does to a file is undone here, once: EXIF orientation, ICC
profiles, CMYK, 16 bits, palettes, transparency (laid on white), animation (the first frame counts).
"""

from __future__ import annotations

import functools
import io
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from PIL import Image, ImageCms, UnidentifiedImageError

from artgan.errors import DamagedError

MOST_PIXELS = 178_956_970
"""A picture with more is taken for a decompression bomb. It is where Pillow itself refuses (twice its
``MAX_IMAGE_PIXELS``): half a gibibyte as RGB, a square of 13,377 pixels."""

MOST_BYTES = 3 * MOST_PIXELS
"""A file with more is not read: no picture within ``MOST_PIXELS`` is larger, even uncompressed."""

# Pillow also warns, on stderr and file by file, of pictures of half that size and of odd metadata. The limit that
# counts is checked below, and what cannot be read becomes a reason. (``catch_warnings`` is not for threads.)
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

# Formats of photographs and scans that Pillow decodes by itself. Others stay shut: EPS, for one, would run Ghostscript.
_SUFFIXES = {
    "JPEG": ".jpg",
    "MPO": ".jpg",  # what many telephones write: a JPEG with a second one behind it
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "TIFF": ".tif",
    "BMP": ".bmp",
    "PPM": ".ppm",
    "JPEG2000": ".jp2",
    "AVIF": ".avif",
}

# What a file starts with: (offset, bytes, name). The first list is of formats above, seen when their header is broken.
_BROKEN = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG", "PNG"),
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WebP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
)
_FOREIGN = (
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (0, b"8BPS", "Photoshop"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
)

# EXIF tag 0x0112, JEITA CP-3451: what turns the stored picture upright. 5 to 8 exchange width and height.
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureError(DamagedError):
    """A file is not a picture that can be used; ``reason`` starts with a word that can be counted."""

    def __init__(self, reason: str, source: Path | str | None = None) -> None:
        where = f"{source}: " if source is not None else ""
        super().__init__(f"{where}{reason}", "open it in a paint program and save it again, or leave it out")
        self.reason = reason


@dataclass(frozen=True)
class DecodedPicture:
    """A picture as it is meant to be seen.

    Attributes:
        image: mode "RGB", sRGB, upright; smaller than width x height when a draft was asked for.
        width: of the whole picture, upright, in pixels.
        height: of the whole picture, upright, in pixels.
        suffix: the file name suffix of its true format, with the dot.
    """

    image: Image.Image
    width: int
    height: int
    suffix: str


def load_rgb(source: Path | str | bytes, *, draft: tuple[int, int] | None = None) -> Image.Image:
    """Decode a picture wholly; see ``open_picture``.

    Args:
        source: a path, or the file's bytes.
        draft: a JPEG may be decoded smaller, by 2, 4 or 8, as long as it stays at least this (width, height) in
            pixels, upright. Other formats are not affected.

    Returns:
        A picture of mode "RGB", sRGB, upright.

    Raises:
        PictureError: it cannot be used; ``.reason`` says why.
    """
    return open_picture(source, draft=draft).image


def glimpse(source: Path | str | bytes, *, most_pixels: int = MOST_PIXELS) -> DecodedPicture:
    """Decode a picture wholly, yet no larger and no more colourful than its difference hash needs.

    Every bit of a JPEG is read, but an eighth of its width is computed, and none of its colours: that takes a third of
    the time. Other formats are decoded as they are. See ``open_picture``.
    """
    return open_picture(source, draft=(64, 64), grey=True, most_pixels=most_pixels)


def open_picture(
    source: Path | str | bytes,
    *,
    draft: tuple[int, int] | None = None,
    grey: bool = False,
    most_pixels: int = MOST_PIXELS,
) -> DecodedPicture:
    """Decode a picture wholly: a file that breaks off is found out, also in a draft.

    Args:
        source: a path, or the file's bytes.
        draft: as in ``load_rgb``.
        grey: of the draft of a JPEG only the brightness counts.
        most_pixels: a picture with more is refused before it is decoded; ``MOST_PIXELS`` is the highest that holds.

    Raises:
        PictureError: empty, not-an-image, unsupported, bomb, truncated, unreadable or memory, with a sentence.
    """
    where = None if isinstance(source, bytes) else source
    try:
        if where is not None and Path(where).stat().st_size > MOST_BYTES:
            raise PictureError(f"bomb: the file has more than {MOST_BYTES:,} bytes", where)
        file: IO[bytes] = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")  # noqa: SIM115
    except OSError as error:
        raise PictureError(f"unreadable: {error.strerror or error}", where) from error
    with file:
        try:
            return _decode(file, draft, grey, min(most_pixels, MOST_PIXELS))
        except PictureError as error:
            raise PictureError(error.reason, where) from error.__cause__
        except UnidentifiedImageError as error:
            raise PictureError(_stranger(file), where) from error
        except Image.DecompressionBombError as error:
            raise PictureError(f"bomb: more than {MOST_PIXELS:,} pixels", where) from error
        except MemoryError as error:
            raise PictureError("memory: there was not enough to decode it", where) from error
        # Pillow's decoders raise nearly anything on hostile bytes: OSError, SyntaxError, ValueError, struct.error ...
        except Exception as error:
            text = str(error) or type(error).__name__
            cut = "truncated" in text.lower() or isinstance(error, EOFError)
            raise PictureError(f"{'truncated' if cut else 'unreadable'}: {text}", where) from error


def _decode(file: IO[bytes], draft: tuple[int, int] | None, grey: bool, most_pixels: int) -> DecodedPicture:
    with Image.open(file, formats=_formats()) as image:
        width, height = image.size
        if width * height > most_pixels:
            raise PictureError(_bomb(width, height, most_pixels))
        suffix = _SUFFIXES[image.format or "JPEG"]
        turned = suffix == ".jpg" and _orientation(image) >= 5
        if draft and suffix == ".jpg":
            image.draft("L" if grey else image.mode, (draft[1], draft[0]) if turned else draft)
        image.load()
        # After loading: only then does a PNG know its EXIF, and a TIFF that it has been turned already.
        orientation = _orientation(image)
        picture = _to_rgb(image)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    if suffix != ".jpg":
        width, height = picture.size
    elif turned:
        width, height = height, width
    return DecodedPicture(picture, width, height, suffix)


@functools.cache
def _formats() -> tuple[str, ...]:
    """The formats above that this Pillow was built with."""
    Image.init()
    return tuple(name for name in _SUFFIXES if name in Image.OPEN)


def _stranger(file: IO[bytes]) -> str:
    """The reason for a file that no decoder takes for its own."""
    file.seek(0)
    head = file.read(24)
    if not head:
        return "empty: the file has no bytes"
    for offset, magic, name in _FOREIGN:
        if head[offset:].startswith(magic):
            return f"unsupported: a {name} file; export it as JPEG or PNG"
    if head.startswith(b"\x89PNG") and head[12:16] == b"IHDR" and len(head) == 24:
        width, height = struct.unpack(">II", head[16:])
        if width * height > MOST_PIXELS:
            return _bomb(width, height, MOST_PIXELS)
    for offset, magic, name in _BROKEN:
        if head[offset:].startswith(magic):
            return f"unreadable: the header of this {name} is broken"
    return "not-an-image: no picture format starts like this"


def _bomb(width: int, height: int, most_pixels: int) -> str:
    return f"bomb: {width}x{height} is more than {most_pixels:,} pixels"


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error):
        return 1  # a picture with a broken EXIF block is still a picture


def _to_rgb(image: Image.Image) -> Image.Image:
    """Bring a loaded picture of any mode to 8-bit sRGB, transparency laid on white."""
    profile: bytes | None = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if image.mode == "LAB":
        return _transform_lab(image)
    alpha: Image.Image | None = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    elif image.mode not in ("L", "CMYK", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    image = _to_srgb(image, profile)
    if alpha is not None:
        white = Image.new("RGB", image.size, (255, 255, 255))
        white.paste(image, mask=alpha)
        image = white
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale grey values of 16 or 32 bits, or floats, to 8 bits: brightness is kept, nothing is clipped."""
    import numpy as np  # here, as few pictures need it and it takes longer to load than all the rest

    values = np.asarray(image)
    if values.dtype.itemsize == 2:
        return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))
    floats = values.dtype.kind == "f"
    values = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low < 0.0 or high > 65535.0:
        # 32 bits have no common white: show everything that is there.
        scaled = (values - low) * (255.0 / max(high - low, 1e-6))
    elif floats and high <= 1.0:
        scaled = values * 255.0
    else:
        scaled = values * (1.0 if high <= 255.0 else 1.0 / 257.0)
    return Image.fromarray(np.rint(scaled).astype(np.uint8))


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Apply an embedded profile to a picture of mode L, RGB or CMYK, unless it is broken or of another space."""
    if profile:
        space = _space(profile)
        if space == "RGB" and image.mode == "L":
            image = image.convert("RGB")
        if {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}.get(space) == image.mode:
            transform = _transform(profile, image.mode)
            if transform is not None:
                return transform.apply(image)
    return image if image.mode == "RGB" else image.convert("RGB")


@functools.lru_cache(maxsize=16)
def _space(profile: bytes) -> str:
    """The colour space of a profile; empty where nothing is to be done: it is broken, or it is sRGB."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        # Within rounding of sRGB, and by far the commonest.
        if (opened.profile.profile_description or "").startswith("sRGB"):
            return ""
        return opened.profile.xcolor_space.strip()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, ImportError):
        return ""


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform of a profile to sRGB. Collections share few profiles, so the last ones are kept."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.ImageCmsTransform(opened, _standard("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _transform_lab(image: Image.Image) -> Image.Image:
    return ImageCms.ImageCmsTransform(_standard("LAB"), _standard("sRGB"), "LAB", "RGB").apply(image)


def _standard(name: Literal["sRGB", "LAB"]) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name))
