"""The one place that knows how a network's numbers become pictures.

Outside: uint8 RGB. Inside: float32 in [-1, 1]. Always NHWC: (count, height, width, channels).
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from artgan import files
from artgan.errors import UsageError

FORMATS = ("png", "jpg", "webp")
# The keyword of the PNG text chunk (and EXIF UserComment elsewhere) is the field's name with this in front.
_PREFIX = "artgan:"
_EXIF_DESCRIPTION = 0x010E


def to_float(pictures: np.ndarray) -> np.ndarray:
    """Turn uint8 [0, 255] into float32 [-1, 1], any shape."""
    return pictures.astype(np.float32) / np.float32(127.5) - np.float32(1.0)


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Turn floats in [-1, 1] into uint8 [0, 255] by rounding; values outside are clipped, any shape."""
    return np.clip(np.rint((np.asarray(values, np.float32) + 1.0) * 127.5), 0, 255).astype(np.uint8)


def grid(pictures: np.ndarray, columns: int | None = None, *, gap: int = 2, background: int = 255) -> np.ndarray:
    """Lay pictures out in rows.

    Args:
        pictures: ``(n, height, width, 3)`` uint8, n at least 1.
        columns: pictures in a row; default the smallest number that makes the sheet no taller than wide.
        gap: pixels between pictures and around them.
        background: grey value 0 to 255 of the gaps.

    Returns:
        ``(rows * (height + gap) + gap, columns * (width + gap) + gap, 3)`` uint8.
    """
    count, height, width, channels = pictures.shape
    columns = columns or max(1, math.ceil(math.sqrt(count)))
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), background, np.uint8)
    for index, picture in enumerate(pictures):
        top = gap + (index // columns) * (height + gap)
        left = gap + (index % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def enlarge(pictures: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize pictures with Lanczos windows.

    Args:
        pictures: ``(n, height, width, 3)`` uint8.
        size: the new (width, height) in pixels.

    Returns:
        ``(n, size[1], size[0], 3)`` uint8.
    """
    if pictures.shape[2] == size[0] and pictures.shape[1] == size[1]:
        return pictures
    return np.stack([np.asarray(Image.fromarray(p).resize(size, Image.Resampling.LANCZOS)) for p in pictures])


def encode(picture: np.ndarray, format: str = "png", metadata: Mapping[str, Any] | None = None) -> bytes:
    """Encode one picture; the same picture and metadata give the same bytes.

    Args:
        picture: ``(height, width, 3)`` or ``(height, width)`` uint8.
        format: one of ``FORMATS``.
        metadata: fields to carry; text chunks ``artgan:<field>`` in a PNG, the EXIF description elsewhere.

    Raises:
        UsageError: an unknown format.
    """
    if format not in FORMATS:
        raise UsageError(f"format {format!r} is not one of {', '.join(FORMATS)}", "use --format png")
    image = Image.fromarray(picture)
    fields = {name: str(value) for name, value in (metadata or {}).items() if value is not None}
    buffer = io.BytesIO()
    if format == "png":
        info = PngInfo()
        for name, value in fields.items():
            info.add_text(_PREFIX + name, value)
        image.save(buffer, "PNG", pnginfo=info)
    else:
        exif = Image.Exif()
        if fields:
            exif[_EXIF_DESCRIPTION] = "; ".join(f"{_PREFIX}{name}={value}" for name, value in fields.items())
        options = {"quality": 95, "subsampling": 0} if format == "jpg" else {"quality": 95, "method": 4}
        image.save(buffer, "JPEG" if format == "jpg" else "WEBP", exif=exif, **options)
    return buffer.getvalue()


def write(path: Path, picture: np.ndarray, metadata: Mapping[str, Any] | None = None) -> None:
    """Encode a picture in the format of the path's suffix and write it, whole or not at all."""
    files.write_bytes(path, encode(picture, path.suffix.lstrip(".").lower(), metadata))


def read_metadata(path: Path) -> dict[str, str]:
    """Return the fields that ``write`` put into a picture, without their prefix; empty where there are none."""
    with Image.open(path) as image:
        image.load()
        found = {k: v for k, v in image.info.items() if isinstance(k, str) and isinstance(v, str)}
        description = str(image.getexif().get(_EXIF_DESCRIPTION, ""))
    pairs = (piece.partition("=") for piece in description.split("; "))
    found.update((name, value) for name, _, value in pairs)
    return {name.removeprefix(_PREFIX): value for name, value in found.items() if name.startswith(_PREFIX)}


def read_all(paths: Sequence[Path]) -> np.ndarray:
    """Read pictures of one size as ``(n, height, width, 3)`` uint8 RGB."""
    return np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths])
