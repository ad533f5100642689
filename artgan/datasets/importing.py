"""A folder, zip or array of paintings becomes a dataset folder, as a stream of events.

First every file is looked at, on every processor, and becomes a record; then the pictures in use are copied; last the
manifest and the description are written. Whatever is interrupted before that leaves an earlier import as it was.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from artgan import files
from artgan.datasets.duplicates import near_duplicates, without_duplicates, without_near_duplicates
from artgan.datasets.ids import assign_ids, printable
from artgan.datasets.layouts.entry import Entry, Layout
from artgan.datasets.layouts.names import commonest, same_genre
from artgan.datasets.layouts.registry import choose_layout
from artgan.datasets.layouts.sources import ReadError, Source, open_source
from artgan.datasets.looking import Looked, in_order, look_at_all, skipped
from artgan.datasets.manifest import Dataset, DatasetFolder, ImageRecord, described, is_by_hand, status_counts
from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.events import Event, Finished, Note, Progress
from artgan.records import now


class Imported(Finished):
    """A dataset is on the disk; ``counts`` has "ok" and, for what is not in use, the first words of the reasons."""

    name: str
    path: Path
    layout: str
    counts: dict[str, int]
    near_duplicates: int


@dataclass(frozen=True)
class _Options:
    only: str | None
    genre: str | None
    limit: int | None
    link: bool
    min_side: int
    drop_near_duplicates: bool
    rights: str | None


def import_folder(
    path: Path | str,
    *,
    name: str | None = None,
    datasets_dir: Path | str = "datasets",
    link: bool = False,
    only: str | None = None,
    genre: str | None = None,
    layout: str = "auto",
    limit: int | None = None,
    min_side: int = 8,
    drop_near_duplicates: bool = False,
    rights: str | None = None,
) -> Iterator[Event]:
    """Make a dataset of the pictures at a path; doing it again brings the dataset up to date.

    Every file becomes a record of the manifest: in use, or with the reason why not. Files that ``only``, ``genre`` or
    ``limit`` leave outside are not recorded. What was dropped by hand stays out.

    Args:
        path: a folder, a zip of one (read in place), or keragan's ``.npy`` cache.
        name: of the dataset; default the name of the path, in lower case.
        datasets_dir: the folder of datasets.
        link: leave the pictures where they are and remember their absolute paths, instead of copying them.
        only: a pattern such as "*monet*", matched without regard to case against the path inside, the file's name and
            the genre.
        genre: a genre or folder, however it is spelt: "flower painting", "flower-painting", "flowers".
        layout: "auto" or the name of one of ``layouts.registry.LAYOUTS``.
        limit: most pictures to use, 1 or more; the first ones in the order of their paths.
        min_side: pictures with a shorter side, in pixels, are left out; 8 is the smallest size that can be prepared.
        drop_near_duplicates: of pictures that look alike (``dhash.NEAR``) use the largest only.
        rights: a sentence on who made the pictures and what they may be used for; default what was said before, or
            what the layout knows.

    Yields:
        ``Note``, ``Progress`` (stages "look" and "copy"), ``Skipped`` for each file not used, at the end ``Imported``.

    Raises:
        UsageError: an option that is not possible, or a dataset of this name that was made of something else.
        NotFoundError: nothing at the path, or nothing that ``only`` and ``genre`` match.
        DamagedError: the zip or array cannot be opened, or no file in it can be used.
        BusyError: another process is at work on the dataset.
        DiskFullError: no room; an earlier import is as it was.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"limit {limit} is below 1", "leave it out to use every picture")
    if min_side < 1:
        raise UsageError(f"min-side {min_side} is below 1", "leave it out for 8 pixels")
    datasets = Path(datasets_dir)
    source = open_source(Path(path), without=datasets)
    if link and source.kind != "folder":
        raise UsageError(f"the pictures in {source.path.name} are no files to link to", "leave out --link")
    folder = DatasetFolder(datasets / _name(name, source))
    for own in (folder.path, datasets):
        if os.path.realpath(source.path) == os.path.realpath(own):
            raise UsageError(f"{path} is where artgan keeps datasets itself", "give the folder of your own pictures")
    options = _Options(only, genre, limit, link, min_side, drop_near_duplicates, rights)
    return _import(source, folder, choose_layout(source, layout), options)


def reimport(folder: DatasetFolder) -> Iterator[Event]:
    """Import a dataset's source again, as it was imported.

    Raises:
        UsageError: nobody knows how that was.
    """
    before = folder.read()
    options = before.query.get("import")
    if not isinstance(options, dict):
        raise UsageError(
            f"dataset {folder.name!r} does not say how it was imported",
            f"import it once more: artgan import {before.source or 'PATH'} --name {folder.name}",
        )
    return import_folder(before.source, name=folder.name, datasets_dir=folder.path.parent, **options)


def _name(name: str | None, source: Source) -> str:
    if name is None:
        return files.safe_name(source.path.name if source.kind == "folder" else source.path.stem).lower()
    if files.safe_name(name) != name:
        raise UsageError(
            f"{name!r} cannot be a dataset's name", f"use letters and digits: --name {files.safe_name(name)}"
        )
    return name


def _import(source: Source, folder: DatasetFolder, layout: Layout, options: _Options) -> Iterator[Event]:
    started = time.monotonic()
    packed = "" if source.kind == "folder" else f", in {source.path.name}"
    yield Note(text=f"layout {layout.name}: {layout.about}{packed}")
    with folder.writing():
        before, earlier = _earlier(folder, source)
        chosen = yield from _choose(layout, source, options, earlier)
        looked = yield from look_at_all(
            chosen, earlier, limit=options.limit, min_side=options.min_side, link=options.link
        )
        looked = yield from without_duplicates(looked)
        alike = near_duplicates([record for _, record in looked])
        looked = yield from without_near_duplicates(looked, alike, options.drop_near_duplicates)
        records = yield from _copy_all(folder, looked)
        records += _not_met(earlier, records)
        rights = options.rights or (before.rights if before else "") or layout.rights(source)
        _write(folder, source, layout, options, records, before, rights)
        yield from _tidy(folder, earlier, records)
    if rights:
        yield Note(text=f"rights: {rights}")
    yield Imported(
        seconds=time.monotonic() - started,
        name=folder.name,
        path=folder.path,
        layout=layout.name,
        counts=status_counts(records),
        near_duplicates=len(alike),
    )


def _earlier(folder: DatasetFolder, source: Source) -> tuple[Dataset | None, list[ImageRecord]]:
    """Return what an earlier import of the same source left.

    Raises:
        UsageError: the dataset was made of something else.
    """
    if not folder.exists():
        return None, []
    before = folder.read()
    if os.path.realpath(before.source) != os.path.realpath(printable(str(source.path))):
        raise UsageError(
            f"a dataset named {folder.name!r} exists, made of {before.source or 'something else'}",
            f"choose another name: --name {folder.name}-2",
        )
    try:
        return before, folder.records()
    except DamagedError:
        return before, []  # this very import mends it


# -- which files


def _choose(
    layout: Layout, source: Source, options: _Options, earlier: list[ImageRecord]
) -> Generator[Event, None, list[tuple[str, Entry]]]:
    """List the source, name every entry, and keep those that were asked for."""
    entries = []
    for item in layout.entries(source):
        if isinstance(item, Note):
            yield item
        else:
            entries.append(item)
    ids = assign_ids(entries, {record.source: record.id for record in earlier})
    chosen = [(name, entry) for name, entry in zip(ids, entries, strict=True) if _wanted(entry, options)]
    if not chosen:
        what = " and ".join(f"{k} {v!r}" for k, v in (("--genre", options.genre), ("--only", options.only)) if v)
        there = commonest(entry.facts.get("genre") or entry.file.folder for entry in entries)
        hint = f"there are: {there}" if there else "leave it out to take every file"
        raise NotFoundError(f"none of the {len(entries)} files matches {what}", hint)
    if len(chosen) < len(entries):
        yield Note(text=f"{len(entries) - len(chosen)} of {len(entries)} files are outside the selection")
    return chosen


def _wanted(entry: Entry, options: _Options) -> bool:
    path, genre = entry.file.path, entry.facts.get("genre") or ""
    if options.genre:
        # Where no genre is known, folders count: somebody named them so.
        names = [genre] if genre else entry.file.folder.split("/")
        if not any(same_genre(options.genre, name) for name in names):
            return False
    if options.only:
        pattern = options.only.casefold()
        names = [path, entry.file.name, genre]
        return any(fnmatch.fnmatchcase(text.casefold(), pattern) for text in names) or same_genre(options.only, genre)
    return True


# -- what is written


def _copy_all(folder: DatasetFolder, looked: list[Looked]) -> Generator[Event, None, list[ImageRecord]]:
    """Bring the originals in use into the dataset, byte for byte; those that lie there already are only checked."""
    total = sum(record.status == "ok" for _, record in looked)
    records = []
    done = 0
    yield Progress(stage="copy", done=0, total=total)
    for record in in_order(lambda item: _copy(folder, *item), looked):
        records.append(record)
        if record.status == "ok":
            done += 1
            yield Progress(stage="copy", done=done, total=total)
        elif record.reason.startswith("changed:"):
            yield skipped(record)
    return records


def _copy(folder: DatasetFolder, entry: Entry, record: ImageRecord) -> ImageRecord:
    if record.status != "ok" or not record.file or not record.file.startswith("originals/"):
        return record
    path = folder.path / record.file
    if path.is_file() and path.stat().st_size == record.bytes and files.sha256_file(path) == record.sha256:
        return record
    try:
        data = entry.file.read()
        changed = hashlib.sha256(data).hexdigest() != record.sha256
    except ReadError:
        changed = True
    if changed:
        reason = "changed: the file was not the same when it was copied; import again"
        return record.model_copy(update={"status": "failed", "reason": reason, "file": None})
    files.write_bytes(path, data)
    return record


def _not_met(earlier: list[ImageRecord], records: list[ImageRecord]) -> list[ImageRecord]:
    """Return the pictures dropped by hand that this import did not come by, so that the next one remembers them."""
    ids = {record.id for record in records}
    return [record for record in earlier if is_by_hand(record) and record.id not in ids]


def _write(
    folder: DatasetFolder,
    source: Source,
    layout: Layout,
    options: _Options,
    records: list[ImageRecord],
    before: Dataset | None,
    rights: str,
) -> None:
    """Write the manifest, then the description: where that exists, the dataset is whole."""
    folder.write_records(records)
    folder.write(
        Dataset(
            name=folder.name,
            source=printable(str(source.path)),
            layout=layout.name,
            prepared=before.prepared if before else [],
            created=before.created if before else now(),
            rights=rights,
            query={"import": {"layout": layout.name, **asdict(replace(options, rights=None))}},
            **described(records),
        )
    )


def _tidy(folder: DatasetFolder, earlier: Iterable[ImageRecord], records: Iterable[ImageRecord]) -> Iterator[Event]:
    """Remove copies that an earlier import made and this one does not use, and what a killed one left half written."""
    used = {record.file for record in records}
    stale = [
        record.file
        for record in earlier
        if record.file and record.file not in used and PurePosixPath(record.file).parent == PurePosixPath("originals")
    ]
    for path in [*(folder.path / file for file in stale), *folder.originals.glob("*.part")]:
        with suppress(OSError):  # what cannot be removed is not in use either
            path.unlink()
    if stale:
        yield Note(text=f"copies of the last import that are no longer in use, removed: {len(stale)}")
