"""The pictures of a dataset become square images of one size, in the folder format that NVlabs' tools read.

``prepared/64/00000/<id>.png`` and ``prepared/64/dataset.json``: the sub-folder counts thousands of pictures in use,
sorted by id. Each PNG carries the digest of its original and of the options, so the folder itself knows what is done:
after a crash, or when a picture came, went or changed, the same call makes what is missing and nothing else.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median

from PIL import Image

from artgan import files
from artgan.datasets import fit as fitting
from artgan.datasets import prepared, squares
from artgan.datasets.manifest import DatasetFolder, ImageRecord, digest_of, first_word
from artgan.datasets.prepared import PreparedImage, PreparedSet
from artgan.datasets.squares import PrepareOptions
from artgan.errors import NotFoundError, UsageError
from artgan.events import Event, Finished, ImageSaved, Note, Progress, Skipped

_PREVIEW_PICTURES = 64
_FOLDER_PICTURES = 1000

_Task = tuple[ImageRecord, str]
"""A picture that was chosen, and the place of its image inside the prepared folder."""


class Prepared(Finished):
    """A dataset is prepared at one size."""

    name: str
    size: int
    path: Path
    made: int
    kept: int
    """Already there."""
    removed: int
    """Of pictures no longer in the dataset, or no longer chosen."""
    skipped: int
    cut_away: float
    """Mean share of the originals' area that lies outside the squares, 0.0 to 1.0."""
    fingerprint: str


def prepare(
    folder: DatasetFolder,
    *,
    size: int = 64,
    fit: str = "crop",
    mode: str = "rgb",
    aspect_max: float = 2.0,
    min_side: int | None = None,
    limit: int | None = None,
    force: bool = False,
    workers: int | None = None,
    preview: Path | None = None,
) -> Iterator[Event]:
    """Make the square images of a dataset; what is already there and up to date stays as it is.

    Args:
        folder: the dataset.
        size: side of the images in pixels, a power of two from 8 to 1024.
        fit: how an oblong picture becomes a square, one of ``fit.FITS``.
        mode: "rgb", or "grey" for PNGs of one channel (training sees three equal ones).
        aspect_max: pictures longer than this to 1, either way, are left out; at least 1.
        min_side: pictures with a shorter side below this many pixels are left out.
        limit: at most so many pictures, the first by id.
        force: make every image anew.
        workers: threads; default one for each processor. The result is the same for any number.
        preview: write a sheet of up to 64 of the images here (.png, .jpg, .webp).

    Returns:
        Events: ``Progress``, ``Skipped`` for each picture left out, ``Note``, at the end ``Prepared``.

    Raises:
        UsageError: an option that cannot be, or one that leaves no picture.
        NotFoundError: no such dataset, or no picture in it.
        BusyError: another process prepares the same dataset at the same size.
        DiskFullError: the images made so far are whole; the same call continues.
    """
    options = PrepareOptions(size=size, fit=fit, mode=mode, aspect_max=aspect_max, min_side=min_side, limit=limit)
    squares.check_options(options)
    if workers is not None and workers < 1:
        raise UsageError(f"workers {workers} is below 1", "leave it out for one on each processor")
    if preview is not None:
        from artgan import images  # here and below, as few want it and it loads NumPy

        if preview.suffix.lower().lstrip(".") not in images.FORMATS:
            raise UsageError(f"{preview} is not a .png, .jpg or .webp", "use --preview preview.png")
    return _prepare(folder, options, force, workers or _processors(), preview)


def _processors() -> int:
    """Those this process may run on; a container or taskset may leave it fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Work:
    """One run of ``prepare``: what was asked for, and what is known so far."""

    folder: DatasetFolder
    options: PrepareOptions
    records: list[ImageRecord]
    done: dict[str, PreparedImage] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def path(self) -> Path:
        return self.folder.prepared(self.options.size)

    def begin_change(self) -> None:
        """Take the description away: it stands only beside a set that is whole."""
        prepared.index_path(self.folder, self.options.size).unlink(missing_ok=True)

    def skip(self, record: ImageRecord, reason: str) -> Skipped:
        status = first_word(reason)
        self.skipped[status] += 1
        return Skipped(source=record.file or record.id, status=status, reason=reason)


def _prepare(
    folder: DatasetFolder, options: PrepareOptions, force: bool, workers: int, preview: Path | None
) -> Iterator[Event]:
    started = time.monotonic()
    folder.read()
    work = _Work(folder, options, folder.in_use())
    if not work.records:
        raise NotFoundError(f"no pictures in dataset {folder.name!r}", "bring some in with: artgan import FOLDER")
    lock = work.path.with_name(f".{options.size}.lock")
    with files.locked(lock, f"another process is preparing {folder.name!r} at {options.size} px"):
        try:
            chosen = yield from _choose(work)
            kept = yield from _fill(work, chosen, force, workers)
            removed = _remove_stale(work)
            described = _describe(work)
        except OSError as error:
            raise files.storage_error(error, work.path) from error
        if preview is not None and described.images:
            from artgan import images

            shown = described.images[:: math.ceil(len(described.images) / _PREVIEW_PICTURES)]
            images.write(preview, images.grid(images.read_all([work.path / image.file for image in shown])))
            yield ImageSaved(path=preview)
    yield from _notes(work, described)
    yield Prepared(
        seconds=time.monotonic() - started,
        name=folder.name,
        size=options.size,
        path=work.path,
        made=len(work.done) - kept,
        kept=kept,
        removed=removed,
        skipped=work.skipped.total(),
        cut_away=described.cut_away,
        fingerprint=described.fingerprint,
    )


def _choose(work: _Work) -> Generator[Event, None, list[_Task]]:
    """Yield a ``Skipped`` for each record that the options leave out; return the others with their places."""
    chosen: list[_Task] = []
    for index, record in enumerate(work.records):
        if len(chosen) == work.options.limit:
            break
        reason = _unsuitable(work, record)
        if reason:
            yield work.skip(record, reason)
        else:
            chosen.append((record, f"{index // _FOLDER_PICTURES:05d}/{record.id}.png"))
    return chosen


def _unsuitable(work: _Work, record: ImageRecord) -> str:
    """Why the options leave a picture out; empty when they do not."""
    if Path(record.id).name != record.id:
        return f"id: {record.id!r} is not a file name"
    width, height = record.width, record.height
    if not (width and height):
        try:
            with Image.open(work.folder.file_of(record)) as image:
                width, height = image.size
        except Exception:  # whatever a decoder raises on strange bytes: decoding it in full will say what is wrong
            return ""
    longest = work.options.aspect_max
    if max(width, height) > longest * min(width, height):
        return f"aspect: {width}x{height} is longer than {longest:g} to 1"
    if min(width, height) < (work.options.min_side or 0):
        return f"small: {width}x{height} has a side below {work.options.min_side} px"
    return ""


def _fill(work: _Work, chosen: list[_Task], force: bool, workers: int) -> Generator[Event, None, int]:
    """Bring every chosen picture into ``work.done``; return how many of them were there already."""
    total = len(chosen)
    yield Progress(stage="prepare", done=0, total=total)
    for part in list(work.path.glob("*/*.part")):  # a killed process left it; the lock says that nobody writes it now
        part.unlink()
    pool = ThreadPoolExecutor(workers)  # Pillow decodes, resizes and encodes outside Python's global lock
    try:
        if not force:
            present = {path.stem: path for path in _pngs(work)}
            checked = pool.map(lambda task: _still_good(work, task, present), chosen)
            for (record, place), image in zip(chosen, checked, strict=True):
                if image is None:
                    continue
                if present[record.id] != work.path / place:
                    work.begin_change()
                    (work.path / place).parent.mkdir(exist_ok=True)
                    present[record.id].replace(work.path / place)
                work.done[record.id] = image
                yield Progress(stage="prepare", done=len(work.done), total=total)
        kept = len(work.done)
        missing = [task for task in chosen if task[0].id not in work.done]
        results = pool.map(lambda task: _make(work, task), missing)
        for count, (task, made) in enumerate(zip(missing, results, strict=True), 1):
            if isinstance(made, str):
                yield work.skip(task[0], made)
            else:
                work.done[made.id] = made
            yield Progress(stage="prepare", done=kept + count, total=total)
    finally:
        pool.shutdown(cancel_futures=True)
    if not work.done:
        reasons = ", ".join(f"{count} {status}" for status, count in work.skipped.most_common())
        raise UsageError(
            f"none of the {len(work.records)} pictures of {work.folder.name!r} can be used: {reasons}",
            "let more in with --aspect-max 4 and without --min-side, or look: "
            f"artgan datasets check {work.folder.name}",
        )
    return kept


def _pngs(work: _Work) -> list[Path]:
    return [path for path in work.path.glob("*/*.png") if re.fullmatch(r"\d{5,}", path.parent.name)]


def _still_good(work: _Work, task: _Task, present: dict[str, Path]) -> PreparedImage | None:
    """What is known of an image that is whole and made from today's original with today's options."""
    record = task[0]
    stamp = squares.read_stamp(present[record.id]) if record.id in present else None
    if stamp is None or stamp.options != work.options.digest:
        return None
    try:
        original = files.sha256_file(work.folder.file_of(record))
    except OSError:
        original = record.sha256 or ""  # the disk of the originals is away: what was made of them is kept
    return _image(task, stamp) if stamp.source == original else None


def _make(work: _Work, task: _Task) -> PreparedImage | str:
    """Make one image; return why not when its original cannot be used."""
    record, place = task
    made = squares.make(work.folder.file_of(record), work.options)
    if isinstance(made, str):
        return made
    png, stamp = made
    work.begin_change()
    files.write_bytes(work.path / place, png)
    return _image(task, stamp)


def _image(task: _Task, stamp: squares.Stamp) -> PreparedImage:
    return PreparedImage(id=task[0].id, file=task[1], sha256=stamp.source, width=stamp.width, height=stamp.height)


def _remove_stale(work: _Work) -> int:
    """Delete the images that no longer belong to the set; return how many."""
    wanted = {work.path / image.file for image in work.done.values()}
    stale = [path for path in _pngs(work) if path not in wanted]
    for path in stale:
        work.begin_change()
        path.unlink()
    for place in list(work.path.glob("*/")):
        if not any(place.iterdir()):
            place.rmdir()
    return len(stale)


def _describe(work: _Work) -> PreparedSet:
    """Say what was made, and write it down: from here on the set is whole."""
    options = work.options
    made = [work.done[record.id] for record in work.records if record.id in work.done]
    ratios = [image.width / image.height for image in made]
    described = PreparedSet(
        dataset=work.folder.name,
        options=options,
        fingerprint=digest_of([options.digest, [[image.id, image.sha256] for image in made]]),
        manifest=prepared.manifest_digest(work.records),
        cut_away=round(fmean(fitting.cut_away(image.width, image.height, options.fit) for image in made), 6),
        typical_aspect=round(median(ratios), 6) if options.fit == "stretch" else None,
        counts={"ok": len(made), **work.skipped},
        images=made,
    )
    prepared.write_set(work.folder, described)
    return described


def _notes(work: _Work, described: PreparedSet) -> Iterator[Note]:
    """Say what the person should know of the set before training on it."""
    options, made = work.options, described.images
    if described.cut_away >= 0.005:
        name = "centre crop" if options.fit == "crop" else "smart crop"
        yield Note(
            text=f"the {name} cuts away {described.cut_away:.0%} of the area of these paintings;"
            " --fit pad or --fit stretch keeps all"
        )
    side = max if options.fit == "pad" else min
    small = sum(side(image.width, image.height) < options.size for image in made)
    if small:
        yield Note(text=f"{small} of {len(made)} pictures are smaller than {options.size} px and were enlarged")
    recorded = {record.id: record.sha256 for record in work.records}
    changed = sum(recorded[image.id] not in (None, image.sha256) for image in made)
    if changed:
        yield Note(
            text=f"{changed} of {len(made)} originals have changed since they were imported;"
            f" artgan datasets check {work.folder.name} names them",
            level="warning",
        )
