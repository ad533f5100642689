"""Is every picture in use still there, and still what was taken up? And if not, can it be had again?"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

from pydantic import Field

from artgan import files
from artgan.datasets.decode import PictureError, open_picture
from artgan.datasets.ids import printable
from artgan.datasets.layouts.entry import Entry
from artgan.datasets.layouts.registry import choose_layout
from artgan.datasets.layouts.sources import ReadError, open_source
from artgan.datasets.looking import in_order
from artgan.datasets.manifest import Dataset, DatasetFolder, ImageRecord
from artgan.errors import ArtganError
from artgan.events import Event, Finished, Note, Progress, Skipped

Fault = Literal["missing", "changed", "unreadable"]


class Checked(Finished):
    """Every picture in use was read; ids by what is wrong with them.

    ``repaired`` are those of them that are whole again, ``failed`` those that could not be mended, and why.
    """

    name: str
    path: Path
    checked: int
    missing: list[str]
    changed: list[str]
    unreadable: list[str]
    repaired: list[str] = Field(default_factory=list)
    failed: dict[str, str] = Field(default_factory=dict)

    @property
    def wrong(self) -> list[str]:
        """Ids of pictures that are not as they should be now."""
        return [name for name in [*self.missing, *self.changed, *self.unreadable] if name not in self.repaired]


class _Found(NamedTuple):
    record: ImageRecord
    fault: Fault | None
    reason: str


def check(
    folder: DatasetFolder,
    *,
    repair: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
    contact: str = "",
) -> Iterator[Event]:
    """Read every picture in use and compare it with what its record says.

    Args:
        folder: of the dataset.
        repair: fetch what is wrong again, or copy it again from where it was imported; nothing else is touched.
        should_stop: says whether somebody asked to stop.
        contact: an address that a site is told when it is asked for a picture again.

    Yields:
        ``Progress`` (stage "check"), ``Skipped`` for each picture that is not as it should be, what a repair yields,
        at the end ``Checked``, unless it was asked to stop before everything was looked at.

    Raises:
        NotFoundError: there is no dataset.
        BusyError: something is to be mended and another process is at work on the dataset.
        DiskFullError: no room for what was to be mended.
    """
    return _check(folder, folder.read(), folder.in_use(), repair, should_stop, contact)


def _check(
    folder: DatasetFolder,
    dataset: Dataset,
    records: list[ImageRecord],
    repair: bool,
    should_stop: Callable[[], bool],
    contact: str,
) -> Iterator[Event]:
    started = time.monotonic()
    wrong: list[_Found] = []
    yield Progress(stage="check", done=0, total=len(records))
    for done, found in enumerate(in_order(lambda record: _look(folder, record), records), 1):
        if should_stop():
            return
        if found.fault:
            wrong.append(found)
            yield Skipped(source=found.record.id, status=found.fault, reason=f"{found.fault}: {found.reason}")
        yield Progress(stage="check", done=done, total=len(records))
    repaired: list[str] = []
    failed: dict[str, str] = {}
    if repair and wrong:
        repaired, failed = yield from _repair(folder, dataset, [found.record for found in wrong], should_stop, contact)
    yield Checked(
        seconds=time.monotonic() - started,
        name=folder.name,
        path=folder.path,
        checked=len(records),
        repaired=repaired,
        failed=failed,
        **{kind: [f.record.id for f in wrong if f.fault == kind] for kind in ("missing", "changed", "unreadable")},
    )


def _look(folder: DatasetFolder, record: ImageRecord) -> _Found:
    path = folder.file_of(record)
    try:
        size = path.stat().st_size
        if record.bytes is not None and size != record.bytes:
            return _Found(record, "changed", f"{path} has {size:,} bytes, not {record.bytes:,}")
        if record.sha256:
            same = files.sha256_file(path) == record.sha256
            return _Found(record, None if same else "changed", "" if same else f"{path} has other bytes")
        open_picture(path, draft=(64, 64))  # nothing is known to compare it with
    except (FileNotFoundError, NotADirectoryError):
        return _Found(record, "missing", f"there is no {path}")
    except OSError as error:
        return _Found(record, "unreadable", f"{path}: {error.strerror or error}")
    except PictureError as error:
        return _Found(record, "unreadable", f"{path}: {error.reason}")
    return _Found(record, None, "")


# -- mending

_OUTSIDE = "it lies outside the dataset, which only links to it, and cannot be mended here"
_Outcome = tuple[list[str], dict[str, str]]  # ids that are whole again, and the others with the reason


def _repair(
    folder: DatasetFolder,
    dataset: Dataset,
    records: list[ImageRecord],
    should_stop: Callable[[], bool],
    contact: str,
) -> Generator[Event, None, _Outcome]:
    outside = {record.id: _OUTSIDE for record in records if _linked(record)}
    inside = [record for record in records if record.id not in outside]
    if not inside:
        return [], outside
    if "query" in dataset.query:
        repaired, failed = yield from _fetch_again(folder, inside, should_stop, contact)
    else:
        repaired, failed = yield from _copy_again(folder, dataset, inside)
    return repaired, outside | failed


def _linked(record: ImageRecord) -> bool:
    """Say whether a picture is not a file of the dataset's own; nothing is written anywhere else."""
    return PurePosixPath(record.file or "").parent != PurePosixPath("originals")


def _fetch_again(
    folder: DatasetFolder, records: list[ImageRecord], should_stop: Callable[[], bool], contact: str
) -> Generator[Event, None, _Outcome]:
    from artgan.datasets.fetching import repair

    done: Any = None
    for event in repair(folder, [record.id for record in records], should_stop=should_stop, contact=contact):
        if isinstance(event, Finished):
            done = event
        else:
            yield event
    return done.repaired, done.failed


def _copy_again(
    folder: DatasetFolder, dataset: Dataset, records: list[ImageRecord]
) -> Generator[Event, None, _Outcome]:
    """Copy exactly these pictures again from where they were imported, if they are still the same there."""
    if not os.path.isabs(dataset.source):
        return [], {record.id: "nobody noted where it was imported from" for record in records}
    try:
        found = _entries(folder, dataset, {record.source for record in records})
    except ArtganError as error:
        return [], {record.id: error.message for record in records}
    repaired: list[str] = []
    failed: dict[str, str] = {}
    with folder.writing():
        for record in records:
            reason = _copy(folder, record, found.get(record.source))
            if reason:
                failed[record.id] = reason
            else:
                repaired.append(record.id)
            yield Progress(stage="repair", done=len(repaired), total=len(records))
    return repaired, failed


def _entries(folder: DatasetFolder, dataset: Dataset, wanted: set[str]) -> dict[str, Entry]:
    """Find the files of a source again, by the path that their records carry."""
    source = open_source(Path(dataset.source), without=folder.path.parent)
    found: dict[str, Entry] = {}
    for item in choose_layout(source, dataset.layout or "auto").entries(source):
        if not isinstance(item, Note) and printable(item.file.path) in wanted:
            found.setdefault(printable(item.file.path), item)
    return found


def _copy(folder: DatasetFolder, record: ImageRecord, entry: Entry | None) -> str:
    """Put a picture back in its place; returns why not."""
    if entry is None:
        return f"{record.source or 'it'} is no longer where it was imported from"
    try:
        data = entry.file.read()
    except ReadError as error:
        return error.message
    if hashlib.sha256(data).hexdigest() != record.sha256:
        return f"{record.source} is no longer what was imported; import again to take it up as it is now"
    files.write_bytes(folder.file_of(record), data)
    return ""
