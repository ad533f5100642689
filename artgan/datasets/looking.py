"""Every file of a source is looked at once and becomes a record: in use, or with the reason why not."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import Any, TypeVar

from artgan.datasets.decode import PictureError, glimpse
from artgan.datasets.dhash import dhash
from artgan.datasets.ids import printable
from artgan.datasets.layouts.entry import Entry
from artgan.datasets.layouts.sources import ReadError
from artgan.datasets.manifest import ImageRecord, first_word, is_by_hand, status_counts
from artgan.errors import DamagedError
from artgan.events import Event, Note, Progress, Skipped

T = TypeVar("T")
R = TypeVar("R")
Looked = tuple[Entry, ImageRecord]


def look_at_all(
    chosen: list[tuple[str, Entry]], earlier: list[ImageRecord], *, limit: int | None, min_side: int, link: bool
) -> Generator[Event, None, list[Looked]]:
    """Decode every file once; stop when ``limit`` pictures are good.

    Args:
        chosen: ids and entries.
        earlier: records of an earlier import; what they say of the same bytes is not found out again, and what was
            dropped by hand stays out, under another name too.
        limit: most pictures of different content.
        min_side: shortest side in pixels.
        link: put the absolute path into ``file`` instead of the place where a copy will lie.

    Yields:
        ``Progress``, ``Skipped`` and a ``Note`` when the limit was reached.

    Returns:
        Entries with their records, in order.

    Raises:
        DamagedError: no file can be used.
    """
    known = {record.sha256: record for record in earlier if record.status == "ok" and record.sha256 and record.dhash}
    dropped = [record for record in earlier if is_by_hand(record)]
    by_place = {(record.id, record.source): record for record in dropped}
    by_content = {record.sha256: record.id for record in dropped if record.sha256}
    total = min(len(chosen), limit or len(chosen))
    looked: list[Looked] = []
    good = 0
    shas: set[str | None] = set()
    yield Progress(stage="look", done=0, total=total)

    def look(item: tuple[str, Entry]) -> Looked:
        name, entry = item
        if record := by_place.get((name, printable(entry.file.path))):
            return entry, record
        record = _look(name, entry, known, min_side=min_side, link=link)
        if record.status == "ok" and record.sha256 in by_content:
            reason = f"duplicate: same content as {by_content[record.sha256]}, which was dropped by hand"
            record = record.model_copy(update={"status": "dropped", "reason": reason, "file": None})
        return entry, record

    for entry, record in in_order(look, chosen):
        looked.append((entry, record))
        if record.status == "ok":
            good += record.sha256 not in shas
            shas.add(record.sha256)
        else:
            yield skipped(record)
        yield Progress(stage="look", done=good if limit else len(looked), total=total)
        if good == limit:
            break
    if len(looked) < len(chosen):
        yield Note(text=f"{len(chosen) - len(looked)} more files were not looked at: the limit is {limit}")
    if not good:
        counts = status_counts(record for _, record in looked)
        reasons = ", ".join(f"{count} {word}" for word, count in counts.items())
        raise DamagedError(
            f"none of the {len(looked)} files can be used: {reasons}",
            "give a folder of JPEG, PNG, WebP or TIFF pictures",
        )
    return looked


def _look(name: str, entry: Entry, known: Mapping[str, ImageRecord], *, min_side: int, link: bool) -> ImageRecord:
    """Make the record of one file; the reason says why it cannot be used."""
    texts = {key: printable(value) if isinstance(value, str) else value for key, value in entry.facts.items()}
    fields: dict[str, Any] = {"id": name, "source": printable(entry.file.path), **texts}
    if entry.status:
        return ImageRecord(**fields, status=entry.status, reason=entry.reason)
    if entry.file.trouble:
        return ImageRecord(**fields, status="failed", reason=entry.file.trouble)
    try:
        data = entry.file.read()
        fields |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        fields |= _seen_before(name, known.get(fields["sha256"])) or _seen(name, data)
        if link:
            fields["file"] = _link(entry)
    except PictureError as error:
        return ImageRecord(**fields, status="failed", reason=error.reason)
    except ReadError as error:
        return ImageRecord(**fields, status="failed", reason=error.message)
    except MemoryError:
        return ImageRecord(**fields, status="failed", reason="memory: there was not enough to read it")
    width, height = fields["width"], fields["height"]
    if min(width, height) < min_side:
        reason = f"too-small: {width}x{height}, less than {min_side} on a side"
        return ImageRecord(**fields | {"file": None}, status="dropped", reason=reason)
    return ImageRecord(**fields, status="ok")


def _seen(name: str, data: bytes) -> dict[str, Any]:
    picture = glimpse(data)
    return {
        "width": picture.width,
        "height": picture.height,
        "dhash": dhash(picture.image),
        "file": f"originals/{name}{picture.suffix}",
    }


def _seen_before(name: str, record: ImageRecord | None) -> dict[str, Any]:
    """Take over what an earlier import found out about the same bytes."""
    if record is None or not record.file or not record.file.startswith("originals/"):
        return {}
    suffix = PurePosixPath(record.file).suffix
    same = {"width": record.width, "height": record.height, "dhash": record.dhash}
    return {**same, "file": f"originals/{name}{suffix}"}


def _link(entry: Entry) -> str:
    location = str(entry.file.location)
    if printable(location) != location:
        raise ReadError("unreadable: its name is not UTF-8, so it cannot be linked to")
    return location


def skipped(record: ImageRecord) -> Skipped:
    return Skipped(source=record.source, status=first_word(record.reason) or record.status, reason=record.reason)


def in_order(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Call a function on every item, on all processors, and yield the results in order; a few are ahead, never all.

    Threads do: Pillow decodes, hashlib hashes and files are read outside Python's global lock.
    """
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > 8 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
