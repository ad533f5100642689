"""The square images of a dataset, read for training; and what ``prepared/<size>/dataset.json`` says of them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from pydantic import BaseModel, ConfigDict, ValidationError

from artgan import files
from artgan.datasets.manifest import DatasetFolder, ImageRecord, digest_of
from artgan.datasets.squares import PNG_ERRORS, SIZES, PrepareOptions, stamp_of
from artgan.errors import ArtganError, DamagedError, NotFoundError
from artgan.records import Record

if TYPE_CHECKING:
    import numpy as np  # elsewhere where it is used: it takes longer to load than all the rest


class PreparedImage(BaseModel):
    """One square image and the original it was made from."""

    model_config = ConfigDict(frozen=True)

    id: str
    file: str
    """The path inside the prepared folder, with "/"."""
    sha256: str
    """Of the original."""
    width: int
    height: int
    """Of the original, upright, in pixels."""


class PreparedSet(Record):
    """What ``prepared/<size>/dataset.json`` holds beside NVlabs' ``labels``."""

    dataset: str
    options: PrepareOptions
    fingerprint: str
    """Names the pixels of the whole set: options and originals."""
    manifest: str
    """Names the pictures that the dataset had in use: when it changes, there may be something to prepare."""
    cut_away: float
    typical_aspect: float | None = None
    """Median width / height of the originals, where ``stretch`` took it away."""
    counts: dict[str, int]
    images: list[PreparedImage]


@dataclass(frozen=True)
class PreparedImages:
    """A prepared set, ready to be trained on.

    Attributes:
        ids: of the pictures, sorted; ``ids[i]`` belongs to ``images[i]``.
        images: ``(n, size, size, 3)`` uint8 RGB, grey ones with three equal channels; read-only when mapped from disk.
        labels: ``(n,)`` int32, or None when the set has no classes.
        fingerprint: 64 hexadecimal digits that name the pixels.
        typical_aspect: median width / height of the originals when they were stretched, else None.
        fit: how the originals were made square.
    """

    ids: list[str]
    images: np.ndarray
    labels: np.ndarray | None
    fingerprint: str
    typical_aspect: float | None
    fit: str


def is_prepared(folder: DatasetFolder, size: int, **options: Any) -> bool:
    """Tell whether a dataset can be trained on at a size as it is.

    Args:
        folder: the dataset.
        size: in pixels.
        options: those of ``preparing.prepare`` that must have been used; one left out may have been anything.

    Returns:
        False when it was never prepared at this size, not wholly, otherwise, or before pictures came or went.
    """
    try:
        described = read_set(folder, size)
    except ArtganError:
        return False
    same = all(getattr(described.options, name) == value for name, value in options.items())
    return same and described.manifest == manifest_digest(folder.in_use())


def prepared_options(folder: DatasetFolder, size: int) -> dict[str, Any] | None:
    """Return the options of ``preparing.prepare``, beside the size, that made a set; None where there is no whole one.

    Who prepares a dataset anew because pictures came or went passes them on, so that it stays as the artist wanted it.
    """
    try:
        return read_set(folder, size).options.model_dump(exclude={"size"})
    except ArtganError:
        return None


def manifest_digest(records: Iterable[ImageRecord]) -> str:
    """Name the pictures in use and their contents as the manifest has them."""
    return digest_of([[record.id, record.file, record.sha256] for record in records])


def index_path(folder: DatasetFolder, size: int) -> Path:
    """Where the description of a prepared set lies; the file exists only while the set is whole."""
    return folder.prepared(size) / "dataset.json"


def read_set(folder: DatasetFolder, size: int) -> PreparedSet:
    """Return the description of a prepared set.

    Raises:
        NotFoundError: the dataset is not prepared at this size, or not wholly.
        DamagedError: the description is not what artgan wrote.
    """
    return _read_index(folder, size)[0]


def write_set(folder: DatasetFolder, described: PreparedSet) -> None:
    """Write the description of a set, and its size into that of the dataset; what is right already is not touched."""
    path = index_path(folder, described.options.size)
    content = {"labels": None, "artgan": described.model_dump(mode="json")}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    if not path.is_file() or path.read_bytes() != text.encode():
        files.write_text(path, text)
    # Two sizes may finish at once; what lies on the disk is what counts.
    with files.locked(folder.path / "prepared" / ".sizes.lock"):
        dataset = folder.read()
        sizes = [size for size in SIZES if index_path(folder, size).is_file()]
        if dataset.prepared != sizes:
            folder.write(dataset.model_copy(update={"prepared": sizes}))


def _read_index(folder: DatasetFolder, size: int) -> tuple[PreparedSet, list[list[Any]] | None]:
    path = index_path(folder, size)
    try:
        content = json.loads(path.read_bytes())
        return PreparedSet.model_validate(content["artgan"]), content.get("labels")
    except FileNotFoundError as error:
        raise NotFoundError(f"{folder.name!r} is not prepared at {size} px", _mend(folder, size)) from error
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise DamagedError(f"{path} cannot be read", _mend(folder, size)) from error


def _mend(folder: DatasetFolder, size: int) -> str:
    return f"artgan prepare {folder.name} --size {size}"


def open_prepared(folder: DatasetFolder, size: int) -> PreparedImages:
    """Read a prepared set.

    The first time, its pictures are packed into one array beside them, ``images-<fingerprint>.npy``; later that is
    all that is read. Where nothing may be written (a mounted datastore), a set that fits into memory does without.

    Args:
        folder: the dataset.
        size: in pixels.

    Raises:
        NotFoundError: it is not prepared at this size.
        DamagedError: a picture is missing or broken, or the description is.
        DiskFullError: there is no room for the array of a set that does not fit into memory.
    """
    from artgan.datasets.packing import packed

    described, labels = _read_index(folder, size)
    names = [image.file for image in described.images]
    lost = sorted(set(names) - set(_listing(folder.prepared(size))))
    if lost:
        raise DamagedError(
            f"{len(lost)} of {len(names)} prepared pictures of {folder.name!r} at {size} px are missing: {lost[0]}"
            + (", ..." if len(lost) > 1 else ""),
            _mend(folder, size),
        )
    return PreparedImages(
        ids=[image.id for image in described.images],
        images=packed(
            folder.prepared(size) / f"images-{described.fingerprint[:12]}.npy",
            (len(names), size, size, 3),
            lambda: _rows(folder, described),
        ),
        labels=_labels(labels, names, folder, size),
        fingerprint=described.fingerprint,
        typical_aspect=described.typical_aspect,
        fit=described.options.fit,
    )


def _listing(path: Path) -> Iterator[str]:
    """The pictures of a prepared folder, as "00000/<id>.png"."""
    for place in path.iterdir():
        if re.fullmatch(r"\d{5,}", place.name) and place.is_dir():
            with os.scandir(place) as entries:
                yield from (f"{place.name}/{entry.name}" for entry in entries if entry.name.endswith(".png"))


def _labels(labels: list[list[Any]] | None, names: list[str], folder: DatasetFolder, size: int) -> np.ndarray | None:
    import numpy as np

    if labels is None:
        return None
    try:
        classes = dict(labels)
        return np.array([int(classes[name]) for name in names], np.int32)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(
            f"the labels of {index_path(folder, size)} do not give each picture one class", _mend(folder, size)
        ) from error


def _rows(folder: DatasetFolder, described: PreparedSet) -> Iterator[np.ndarray]:
    """Decode the pictures in order, on every core."""
    import numpy as np

    def decode(image: PreparedImage) -> np.ndarray:
        size = described.options.size
        path = folder.prepared(size) / image.file
        try:
            with Image.open(path, formats=("PNG",)) as picture:
                stamp = stamp_of(picture)
                pixels = np.asarray(picture.convert("RGB"))
        except PNG_ERRORS as error:
            raise DamagedError(f"{path} is damaged", _mend(folder, size)) from error
        if (
            pixels.shape != (size, size, 3)
            or not stamp
            or stamp.source != image.sha256
            or stamp.options != described.options.digest
        ):
            raise DamagedError(f"{path} is not the picture that was prepared", _mend(folder, size))
        return pixels

    remaining = iter(described.images)
    # Ahead of the writer lie at most 32 MiB, or 16 pictures where those are more.
    ahead = max(16, min(256, 2**25 // (3 * described.options.size**2)))
    with ThreadPoolExecutor() as pool:
        while chunk := list(islice(remaining, ahead)):
            yield from pool.map(decode, chunk)
