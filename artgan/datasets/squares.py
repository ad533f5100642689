"""One square image: made from its original, stamped with where it came from, and known again by the stamp."""

from __future__ import annotations

import hashlib
import io
import math
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydantic import BaseModel, ConfigDict, ValidationError

from artgan.datasets import fit as fitting
from artgan.datasets.decode import PictureError, open_picture
from artgan.datasets.manifest import digest_of
from artgan.errors import UsageError

SIZES = tuple(2**power for power in range(3, 11))
MODES = ("rgb", "grey")

# Increased whenever the same options and originals would give other pixels: every set is then prepared anew.
_RECIPE = 1
# A JPEG is decoded at a half, quarter or eighth while that leaves this many times the wanted size. 2 keeps at least
# 43 dB PSNR of decoding in full on fine texture at 32 to 256 px (1: 38 dB), at a fifth to a third of the time.
_OVERSAMPLING = 2
# zlib's fastest; its default, 6, takes several times as long for files 5 to 10 % smaller.
_PNG_LEVEL = 1
_PREFIX = "artgan:"

PNG_ERRORS = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)
"""What Pillow raises on the bytes of a broken PNG."""


class PrepareOptions(BaseModel):
    """How pictures are chosen and made square; the fields are those of ``preparing.prepare``."""

    model_config = ConfigDict(frozen=True)

    size: int
    fit: str = "crop"
    mode: str = "rgb"
    aspect_max: float = 2.0
    min_side: int | None = None
    limit: int | None = None

    @property
    def digest(self) -> str:
        """Names the options that decide a picture's pixels; those that choose pictures are not in it."""
        return digest_of({"recipe": _RECIPE, "size": self.size, "fit": self.fit, "mode": self.mode})


def check_options(options: PrepareOptions) -> None:
    """Raise ``UsageError`` for the first option that cannot be."""
    check_size(options.size)
    fitting.check_fit(options.fit)
    if options.mode not in MODES:
        raise UsageError(f"mode {options.mode!r} is not one of {', '.join(MODES)}", "use --mode rgb")
    if not 1.0 <= options.aspect_max < math.inf:
        raise UsageError(f"aspect-max {options.aspect_max:g} is not a number from 1 on", "use --aspect-max 2")
    for name, value in (("min-side", options.min_side), ("limit", options.limit)):
        if value is not None and value < 1:
            raise UsageError(f"{name} {value} is below 1", f"leave --{name} out, or give 1 or more")


def check_size(size: int) -> None:
    """Raise ``UsageError`` unless ``size`` is a power of two from 8 to 1024; the hint names the nearest."""
    if size in SIZES:
        return
    near = [known for known in SIZES if known < size][-1:] + [known for known in SIZES if known > size][:1]
    raise UsageError(
        f"size {size} is not a power of two between {SIZES[0]} and {SIZES[-1]}",
        "use " + " or ".join(f"--size {known}" for known in near),
    )


class Stamp(BaseModel):
    """The text chunks of a square image."""

    model_config = ConfigDict(frozen=True)

    source: str
    """SHA-256 of the original, hexadecimal."""
    options: str
    """``PrepareOptions.digest``."""
    width: int
    height: int
    """Of the original, upright, in pixels."""


def make(original: Path, options: PrepareOptions) -> tuple[bytes, Stamp] | str:
    """Make one square image.

    Args:
        original: the picture.
        options: how.

    Returns:
        A PNG, RGB or of one channel in mode "grey", and what is stamped on it; or why the original cannot be used,
        starting with a word that can be counted.
    """
    try:
        data = original.read_bytes()
    except OSError as error:
        return f"missing: {error.strerror or error}"
    least = options.size * _OVERSAMPLING
    try:
        decoded = open_picture(data, draft=(least, least))
    except PictureError as error:
        return error.reason
    picture, _ = fitting.square(decoded.image, options.size, options.fit, (decoded.width, decoded.height))
    stamp = Stamp(
        source=hashlib.sha256(data).hexdigest(), options=options.digest, width=decoded.width, height=decoded.height
    )
    chunks = PngInfo()
    for name, value in stamp.model_dump().items():
        chunks.add_text(_PREFIX + name, str(value))
    buffer = io.BytesIO()
    picture = picture.convert("L") if options.mode == "grey" else picture
    picture.save(buffer, "PNG", pnginfo=chunks, compress_level=_PNG_LEVEL)
    return buffer.getvalue(), stamp


def read_stamp(path: Path) -> Stamp | None:
    """Return what is stamped on an image that is whole, by its checksums; None where it is not, or not ours."""
    try:
        with Image.open(path, formats=("PNG",)) as png:
            stamp = stamp_of(png)
            png.verify()
    except PNG_ERRORS:
        return None
    return stamp


def stamp_of(png: Image.Image) -> Stamp | None:
    """Return what is stamped on an opened image, None when it is not ours."""
    try:
        return Stamp.model_validate({name: png.info[_PREFIX + name] for name in Stamp.model_fields})
    except (KeyError, ValidationError):
        return None
