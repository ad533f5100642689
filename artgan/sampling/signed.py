"""Signed copies of picture files: they tell all that the pictures told, and who signed."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from artgan import files, images
from artgan.datasets.decode import load_rgb
from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.sampling.signing import Signer

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp"}
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class SignedFile:
    """What became of one picture.

    Attributes:
        source: the picture.
        path: its signed copy; None where none was made.
        sign: the name of the signature; empty where there is no copy.
        reason: why there is none.
        new: whether the copy was written now, and not there already, the same.
        width: of the picture in pixels.
    """

    source: Path
    path: Path | None
    sign: str = ""
    reason: str = ""
    new: bool = True
    width: int = 0


def pictures_of(paths: Sequence[Path]) -> list[Path]:
    """Return the pictures named, and those in the folders named, by name; folders within are not looked into.

    Raises:
        NotFoundError: a path is not there, or a folder has no picture in it.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"no picture {path}", "name pictures, or a folder of them")
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES) if path.is_dir() else [path]
        if not inside:
            raise NotFoundError(f"no pictures in {path}", f"artgan signs {', '.join(sorted(_SUFFIXES))}")
        found += inside
    return found


def sign_files(
    pictures: Sequence[Path], signing: Signer, out: Path | None = None, *, force: bool = False, metadata: bool = True
) -> Iterator[SignedFile]:
    """Write a signed copy of each picture.

    Args:
        pictures: their files.
        signing: what ``signing.signer`` returned.
        out: the folder of the copies; default ``signed`` beside each picture.
        force: sign what is signed already, and replace files that are there, also the picture itself where it lies in
            ``out``.
        metadata: whether the copies tell what the pictures told.

    Yields:
        One each, also for a picture that cannot be read.

    Raises:
        UsageError: another file of that name is there, and ``force`` is not set.
        DiskFullError: no room; copies already made are whole.
    """
    taken: dict[Path, Path] = {}
    for source in pictures:
        path = (out or source.parent / "signed") / f"{source.stem}{_suffix(source)}"
        if taken.setdefault(path, source) != source:
            raise UsageError(
                f"{taken[path]} and {source} would both become {path}", "sign them one at a time, by --out"
            )
        try:
            with Image.open(source) as image:
                image.load()
                facts, kept = images.metadata_of(image), _kept(image)
            picture = np.asarray(load_rgb(source))
        except (OSError, ValueError, SyntaxError, DamagedError, Image.DecompressionBombError) as error:
            reason = error.reason if hasattr(error, "reason") else "is not a picture that can be read"
            yield SignedFile(source, None, reason=str(reason))
            continue
        if facts.get("sign") and not force:
            yield SignedFile(source, None, reason=f"is signed already, with {facts['sign']}")
            continue
        if path.exists() and path.samefile(source) and not force:
            raise UsageError(f"{path} is the picture itself", "choose another --out, or replace it with --force")
        signed, told = signing(picture, _seed(facts))
        data = _encoded(signed, path.suffix, facts | told if facts else {}, kept, metadata)
        new = force or not (path.is_file() and path.read_bytes() == data)
        if new and path.is_file() and not force:
            raise UsageError(f"{path} is there and is another picture", "choose another --out, or replace it: --force")
        if new:
            files.write_bytes(path, data)
        yield SignedFile(source, path, sign=str(told["sign"]), new=new, width=picture.shape[1])


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    return path.suffix if suffix in {".png", ".jpg", ".jpeg", ".webp"} else ".png"


def _seed(facts: dict[str, str]) -> int | None:
    seed = facts.get("seed", "")
    return int(seed) if seed.isascii() and seed.isdecimal() and int(seed) < 2**32 else None


def _kept(image: Image.Image) -> dict[str, Any]:
    """Return what a picture of anybody tells, but for how it lies: the copy is upright, in sRGB."""
    exif = image.getexif()
    exif.pop(_ORIENTATION, None)
    packet = images.xmp_of(image)
    dpi = image.info.get("dpi")
    kept: dict[str, Any] = {"exif": exif.tobytes()} if len(exif) else {}
    return kept | ({"xmp": packet} if packet else {}) | ({"dpi": dpi} if isinstance(dpi, tuple) else {})


def _encoded(picture: np.ndarray, suffix: str, facts: dict[str, str], kept: dict[str, Any], metadata: bool) -> bytes:
    format = {".jpeg": "jpg"}.get(suffix.lower(), suffix.lower().lstrip("."))
    if facts or not metadata:
        dpi = round(kept["dpi"][0]) if "dpi" in kept else None
        return images.encode(picture, format, facts if metadata else None, dpi=dpi)
    options = dict(kept)
    if format == "png" and "xmp" in kept:
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", options.pop("xmp").decode("utf-8", "replace"))
    elif format != "png":
        options["quality"] = 95
    if format == "jpg":
        options["subsampling"] = 0
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG" if format == "jpg" else format.upper(), **options)
    return buffer.getvalue()
