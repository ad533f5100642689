"""Many images in one file: an array that is written once and read at once, or mapped when memory would not hold it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from artgan import files
from artgan.errors import ArtganError, DamagedError

IN_MEMORY_BYTES = 2**30
"""Up to here images are held in memory (10,000 at 64 px are 123 MB); larger sets are mapped from the disk."""


def packed(path: Path, shape: tuple[int, ...], rows: Callable[[], Iterator[np.ndarray]]) -> np.ndarray:
    """Read the array at ``path``; where it is missing, of another shape or cut short, write it first.

    Other ``images-*.npy`` beside it are of older sets and are deleted then. Where nothing may be written (a mounted
    datastore), an array that fits into memory is gathered there.

    Args:
        path: an ``.npy``.
        shape: (n, ...) of the uint8 array.
        rows: gives the n parts of it in order.

    Returns:
        uint8 of that shape; read-only and mapped above ``IN_MEMORY_BYTES``.

    Raises:
        DamagedError: a row cannot be read.
        DiskFullError: no room for an array that does not fit into memory.
    """
    cached = _read(path, shape)
    if cached is not None:
        return cached
    try:
        # Two trainings may start at once: one packs, the other waits and finds it done.
        with files.locked(path.with_name(".packing.lock")):
            cached = _read(path, shape)
            if cached is None:
                _write(path, shape, rows())
                cached = _read(path, shape)
    except DamagedError:
        raise
    except ArtganError:
        if not _fits(shape):
            raise
    return cached if cached is not None else np.stack(list(rows()))


def _fits(shape: tuple[int, ...]) -> bool:
    return math.prod(shape) <= IN_MEMORY_BYTES


def _read(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError):
        return None
    if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != np.uint8:
        return None
    return np.array(array) if _fits(shape) else array


def _write(path: Path, shape: tuple[int, ...], rows: Iterable[np.ndarray]) -> None:
    """Write row by row: memory stays flat, and a full disk is an error (a mapped file would end in a bus error)."""
    with files.whole_file(path) as part, open(part, "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        for row in rows:
            file.write(row.tobytes())
    for older in path.parent.glob("images-*.npy"):
        if older != path:
            # On Windows a file that another training has mapped cannot go yet; a later packing takes it.
            with contextlib.suppress(OSError):
                older.unlink()
