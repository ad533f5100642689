"""A folder of bouquets, painted on every core."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from artgan import files
from artgan.datasets.painter.bouquet import paint_bouquet
from artgan.events import Event, Progress

# A worker fills its cache of brush stamps with its first pictures; enough in one go make that worthwhile.
_AT_ONCE = 20


def paint_collection(folder: Path, count: int) -> Iterator[Event]:
    """Paint bouquets 0 ... count - 1 into a folder as ``bouquet-<number>.png``; what is there already stays.

    Args:
        folder: made when missing.
        count: how many pictures there shall be.

    Yields:
        Progress.

    Raises:
        DiskFullError: no room; the pictures so far are whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [number for number in range(count) if not _path(folder, number).is_file()]
    done = count - len(missing)
    yield Progress(stage="paint", done=done, total=count)
    pieces = [missing[first : first + _AT_ONCE] for first in range(0, len(missing), _AT_ONCE)]
    if not pieces:
        return
    # Spawned, because a process that has TensorFlow's threads must not be forked.
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(pieces)), mp_context=get_context("spawn")) as pool:
        for painted in pool.map(_paint, [folder] * len(pieces), pieces):
            done += painted
            yield Progress(stage="paint", done=done, total=count)


def _path(folder: Path, number: int) -> Path:
    return folder / f"bouquet-{number:04d}.png"


def _paint(folder: Path, numbers: list[int]) -> int:
    for number in numbers:
        buffer = io.BytesIO()
        paint_bouquet(number).save(buffer, "PNG")
        files.write_bytes(_path(folder, number), buffer.getvalue())
    return len(numbers)
