"""Signatures: what was written on paper, or drawn in a paint program, becomes ink, so much of it at each pixel."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from artgan.errors import DamagedError, NotFoundError, UsageError

_SUFFIXES = {".png", ".webp", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp"}
# A signature is some hundred pixels wide on a picture; a scan may be ten times that.
_LARGEST = 2048
_MOST_PIXELS = 100_000_000
_SEEN = 24
"""Grey levels between paper and ink, or of alpha, below which there is nothing to see."""


@dataclass(frozen=True)
class Signature:
    """What is put on a picture.

    Attributes:
        name: of its file.
        digest: first 12 digits of the file's SHA-256.
        ink: ``(height, width, 4)`` uint8, cut to what can be seen: its colours, and how much of it is where.
    """

    name: str
    digest: str
    ink: np.ndarray


def read_signatures(paths: Sequence[Path]) -> list[Signature]:
    """Read signatures, and of a folder all that are in it, by name.

    Raises:
        NotFoundError: a path is not there, or a folder has no picture in it.
        DamagedError: a file is no picture.
        UsageError: a picture has nothing on it.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"no signature {path}", "name a picture of it, or a folder of several")
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES) if path.is_dir() else [path]
        if not inside:
            raise NotFoundError(f"no picture of a signature in {path}", "put PNG files with a transparent ground there")
        found += inside
    return [read_signature(path) for path in found]


def read_signature(path: Path) -> Signature:
    """Read a signature with a transparent ground; without one, dark ink on light paper is told apart (or the reverse).

    Raises:
        DamagedError: the file is no picture.
        UsageError: there is nothing on it.
    """
    try:
        data = path.read_bytes()
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise DamagedError(f"{path} has {opened.width} x {opened.height} pixels", "make it some hundred wide")
            image = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DamagedError(f"{path} is not a picture that can be read", "save the signature as PNG") from error
    image.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
    ink = np.array(image)
    if ink[..., 3].min() == 255:
        ink[..., 3] = _darkness(ink[..., :3])
    seen = np.argwhere(ink[..., 3] >= _SEEN)
    if not len(seen):
        raise UsageError(
            f"nothing can be seen on {path}",
            "a signature is dark ink on light paper, or drawn on a transparent ground and saved as PNG",
        )
    (top, left), (bottom, right) = seen.min(axis=0), seen.max(axis=0) + 1
    return Signature(path.name, hashlib.sha256(data).hexdigest()[:12], ink[top:bottom, left:right])


def _darkness(colours: np.ndarray) -> np.ndarray:
    """Tell ink from paper by how dark it is; where most is dark, the ink is what is light.

    Args:
        colours: ``(height, width, 3)`` uint8.

    Returns:
        ``(height, width)`` uint8: 0 paper, 255 ink.
    """
    grey = colours @ np.array([0.299, 0.587, 0.114])
    if np.median(grey) < 128:
        grey = 255.0 - grey
    # Paper is most of it. Few pixels are ink, and noise or a shadow is not: the darkest thousandth, not the darkest.
    paper, ink = np.percentile(grey, 60), np.percentile(grey, 0.1)
    depth = paper - ink
    if depth < _SEEN:
        return np.zeros(grey.shape, np.uint8)
    # A tenth at both ends: the grain of the paper is no ink, and ink need not be quite black.
    return np.rint(np.clip(((paper - grey) / depth - 0.12) / 0.76, 0, 1) * 255).astype(np.uint8)
