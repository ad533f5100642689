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

from artgan import files, provenance
from artgan.errors import UsageError
from artgan.provenance import DIGITAL_SOURCE_TYPE, PREFIX

FORMATS = ("png", "jpg", "webp")
_EXIF_DESCRIPTION = 0x010E
_XMP_KEYWORD = "XML:com.adobe.xmp"
_ROUNDS = 2


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


def magnify(pictures: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Enlarge pictures for print: larger, crisp, and nothing that was not there.

    Lanczos windows, then what the averages of the large picture lack of the small one is given back to it, twice (Irani
    and Peleg, 1991, "Improving resolution by image registration", for one picture). Of paintings that were made four
    times smaller it brings back more than Lanczos alone, or sharpened, does: tests/benchmarks/enlarging.py.

    Args:
        pictures: ``(n, height, width, 3)`` uint8.
        size: the new (width, height) in pixels, no side smaller than it was.

    Returns:
        ``(n, size[1], size[0], 3)`` uint8.
    """
    height, width, channels = pictures.shape[1:]
    if (width, height) == size:
        return pictures
    large = np.empty((len(pictures), size[1], size[0], channels), np.uint8)
    for index, picture in enumerate(pictures):
        for channel in range(channels):
            small = picture[..., channel].astype(np.float32)
            values = _resized(small, size, Image.Resampling.LANCZOS)
            for _ in range(_ROUNDS):
                lacking = small - _resized(values, (width, height), Image.Resampling.BOX)
                values = np.clip(values + _resized(lacking, size, Image.Resampling.BICUBIC), 0, 255)
            large[index, ..., channel] = np.rint(values)
    return large


def _resized(values: np.ndarray, size: tuple[int, int], how: Image.Resampling) -> np.ndarray:
    """Resize ``(height, width)`` float32."""
    return np.asarray(Image.fromarray(values).resize(size, how))


def encode(
    picture: np.ndarray,
    format: str = "png",
    metadata: Mapping[str, Any] | None = None,
    *,
    source_type: str = DIGITAL_SOURCE_TYPE,
    dpi: int | None = None,
) -> bytes:
    """Encode one picture; the same picture and metadata give the same bytes.

    Args:
        picture: ``(height, width, 3)``, ``(height, width, 4)`` but for jpg, or ``(height, width)`` uint8.
        format: one of ``FORMATS``.
        metadata: facts of a picture that a network has painted, as ``provenance.facts`` returns them: text chunks
            ``artgan:<name>`` in a PNG, the EXIF description elsewhere, and with them IPTC's source type in XMP. None
            for what is not painted by one, or shall not tell.
        source_type: IPTC's; ``provenance.COMPOSITE_SOURCE_TYPE`` where something else is on the picture too.
        dpi: pixels an inch in print; WebP has no place for it.

    Raises:
        UsageError: an unknown format.
    """
    if format not in FORMATS:
        raise UsageError(f"format {format!r} is not one of {', '.join(FORMATS)}", "use --format png")
    image = Image.fromarray(picture)
    told = {name: str(value) for name, value in sorted((metadata or {}).items()) if value is not None}
    options: dict[str, Any] = {"dpi": (dpi, dpi)} if dpi and format != "webp" else {}
    buffer = io.BytesIO()
    if format == "png":
        info = PngInfo()
        for name, value in told.items():
            info.add_text(PREFIX + name, value)
        if told:
            info.add_itxt(_XMP_KEYWORD, provenance.xmp(told, source_type).decode())
        image.save(buffer, "PNG", pnginfo=info, **options)
        return buffer.getvalue()
    if told:
        exif = Image.Exif()
        exif[_EXIF_DESCRIPTION] = provenance.description(told)
        options |= {"exif": exif, "xmp": provenance.xmp(told, source_type)}
    if format == "jpg":
        image.save(buffer, "JPEG", quality=95, subsampling=0, **options)
    else:
        image.save(buffer, "WEBP", quality=95, method=4, **options)
    return buffer.getvalue()


def write(
    path: Path,
    picture: np.ndarray,
    metadata: Mapping[str, Any] | None = None,
    *,
    source_type: str = DIGITAL_SOURCE_TYPE,
) -> None:
    """Encode a picture in the format of the path's suffix and write it, whole or not at all."""
    files.write_bytes(path, encode(picture, path.suffix.lstrip(".").lower(), metadata, source_type=source_type))


def read_metadata(path: Path) -> dict[str, str]:
    """Return the facts that ``write`` put into a picture, without their prefix; empty where there are none."""
    with Image.open(path) as image:
        image.load()
        return metadata_of(image)


def metadata_of(image: Image.Image) -> dict[str, str]:
    """Return the facts of a picture that was opened and loaded: a PNG may have them behind its pixels."""
    found = {k: v for k, v in image.info.items() if isinstance(k, str) and isinstance(v, str)}
    told = {name.removeprefix(PREFIX): str(value) for name, value in found.items() if name.startswith(PREFIX)}
    return told | provenance.parse(f"{image.getexif().get(_EXIF_DESCRIPTION, '')}; {_comment(image)}")


def source_of(image: Image.Image) -> tuple[str, str]:
    """Return IPTC's source type and the program of a picture of anybody, opened and loaded; empty where not told."""
    source_type, program = provenance.source_type_of(xmp_of(image))
    return source_type or provenance.source_type_in(_comment(image)), program


def _comment(image: Image.Image) -> str:
    comment = image.info.get("comment", b"")
    return comment.decode("ascii", "replace") if isinstance(comment, bytes) else str(comment)


def xmp_of(image: Image.Image) -> bytes:
    """Return the XMP packet of a picture that was opened and loaded; empty where there is none."""
    packet = image.info.get("xmp") or image.info.get(_XMP_KEYWORD) or b""
    return packet.encode() if isinstance(packet, str) else bytes(packet)


def read_all(paths: Sequence[Path]) -> np.ndarray:
    """Read pictures of one size as ``(n, height, width, 3)`` uint8 RGB."""
    return np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths])
