"""The manifest while it grows: a line for each work, written when its picture is in place."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from artgan import files
from artgan.datasets.duplicates import near_duplicates
from artgan.datasets.fetch.wanted import FILTERS, Wanted
from artgan.datasets.manifest import BY_HAND, DatasetFolder, ImageRecord, Status, first_word, is_by_hand, line_of

REPEATED = 3
"""The same bytes under so many different ids are no painting but what a server shows for a missing one."""

# First words of reasons that are found out by comparing.
_TWICE = "duplicate"
_REPEATED = "repeated"
_ALIKE = "near-duplicate"


class Ledger:
    """What is known of every work, and how many pictures are in use.

    Args:
        folder: of the dataset; need not exist.
        wanted: pictures that lie here are in use or not according to it.
        dry: nothing is written.
    """

    def __init__(self, folder: DatasetFolder, wanted: Wanted, *, dry: bool = False) -> None:
        self._folder = folder
        self._wanted = wanted
        self._dry = dry
        self.kept = 0
        """Different pictures in use; what counts for a limit."""
        self.alike: dict[str, str] = {}
        """After ``close``: ids of pictures that look like a larger one, and the id of that one."""
        self._checked = False  # for a torn last line
        self._start(self._settled(record) for record in folder.records())

    def __iter__(self) -> Iterator[ImageRecord]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def get(self, name: str) -> ImageRecord | None:
        return self._records.get(name)

    def add(self, record: ImageRecord) -> None:
        """Note what became of a work: its line is written when this returns.

        The line is not synced: after a loss of power a picture without one is asked for once more, no harm done.

        Raises:
            DiskFullError: no room for it.
        """
        earlier = self._records.get(record.id)
        if record == earlier:
            return
        taken_out = self._taken_out.get(record.sha256 or "")
        if record.status == "ok" and taken_out:
            record = _unused(record, "dropped", f"{BY_HAND}: same bytes as {taken_out}, which was taken out")
        self._set(record)
        if self._dry:
            return
        path = self._folder.manifest_path
        try:
            if self._is_torn():
                self._folder.write_records(self._records.values())
            else:
                with open(path, "ab") as file:
                    file.write(line_of(record).encode("utf-8"))
        except OSError as error:
            raise files.storage_error(error, path) from error
        if earlier and earlier.file and earlier.file != record.file:
            _unlink(self._folder.file_of(earlier))

    def close(self, order: Mapping[str, int]) -> list[ImageRecord]:
        """Find out what is there twice, and write the manifest anew, in the order of the listing.

        Args:
            order: the place of each id in the listing; ids that it no longer has come last.

        Returns:
            The records as written.
        """
        last = len(order)
        records = sorted(self._records.values(), key=lambda r: (order.get(r.id, last), r.id))
        records = _without_repeated(records)
        self.alike = near_duplicates(records)
        if self._wanted.drop_near_duplicates:
            # The file stays: another wish may bring the picture back.
            records = [
                r.model_copy(update={"status": "dropped", "reason": f"{_ALIKE}: of {self.alike[r.id]}"})
                if r.id in self.alike
                else r
                for r in records
            ]
        self._start(records)
        self._checked = True
        self._folder.write_records(records)
        self._sweep(records)
        return records

    # -- what is in use

    def _settled(self, record: ImageRecord) -> ImageRecord:
        """Bring a record up to what lies on the disk and what is wanted now."""
        word = first_word(record.reason)
        if not record.file or is_by_hand(record):
            return record
        if not self._is_there(record):
            if record.status != "ok":
                return record.model_copy(update={"file": None})
            return record.model_copy(update={"status": "failed", "reason": "missing: its file is gone", "file": None})
        if record.status != "ok" and word not in FILTERS | {_ALIKE}:
            return record
        reason = self._wanted.reason_against_record(record)
        return record.model_copy(update={"status": "dropped" if reason else "ok", "reason": reason})

    def _is_there(self, record: ImageRecord) -> bool:
        try:
            return self._folder.file_of(record).stat().st_size == record.bytes
        except OSError:
            return False

    def _start(self, records: Iterable[ImageRecord]) -> None:
        self._records: dict[str, ImageRecord] = {}
        self._shas: Counter[str] = Counter()
        self._taken_out: dict[str, str] = {}
        self.kept = 0
        for record in records:
            self._set(record)
            if record.sha256 and is_by_hand(record):
                self._taken_out.setdefault(record.sha256, record.id)

    def _set(self, record: ImageRecord) -> None:
        if record.id in self._records:
            self._count(self._records[record.id], -1)
        self._records[record.id] = record
        self._count(record, +1)

    def _count(self, record: ImageRecord, by: int) -> None:
        content = _content(record)
        if content:
            before = self._uses(content)
            self._shas[content] += by
            self.kept += self._uses(content) - before

    def _uses(self, content: str) -> int:
        return int(0 < self._shas[content] < REPEATED)

    # -- files

    def _is_torn(self) -> bool:
        """Say whether the last line was broken off, so that nothing may be written behind it."""
        path = self._folder.manifest_path
        if self._checked or not path.is_file():
            return False
        self._checked = True
        with open(path, "rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"

    def _sweep(self, records: Iterable[ImageRecord]) -> None:
        """Remove files of ours that no record speaks of: parts, and what turned out to be there twice."""
        used = {PurePosixPath(record.file).name for record in records if record.file}
        if not self._folder.originals.is_dir():
            return
        for path in self._folder.originals.iterdir():
            if path.suffix == ".part" or (path.stem in self._records and path.name not in used):
                _unlink(path)


def _content(record: ImageRecord) -> str:
    """Return what a picture is recognised by when it is there twice; "" when it does not count."""
    if record.status == "ok":
        return record.sha256 or record.id
    return record.sha256 or "" if first_word(record.reason) in (_TWICE, _REPEATED) else ""


def _without_repeated(records: list[ImageRecord]) -> list[ImageRecord]:
    """Leave out the second picture of the same bytes, and all of them where there are too many."""
    groups: dict[str, list[ImageRecord]] = {}
    for record in records:
        if content := _content(record):
            groups.setdefault(content, []).append(record)
    changed = {}
    for group in groups.values():
        first = next((record for record in group if record.status == "ok"), None)
        for record in group:
            if len(group) >= REPEATED:
                reason = f"{_REPEATED}: the site shows the same picture for {len(group)} works"
                changed[record.id] = _unused(record, "placeholder", reason)
            elif first is not None and record is not first:
                changed[record.id] = _unused(record, "dropped", f"{_TWICE}: same bytes as {first.id}")
    return [changed.get(record.id, record) for record in records]


def _unused(record: ImageRecord, status: Status, reason: str) -> ImageRecord:
    return record.model_copy(update={"status": status, "reason": reason, "file": None})


def _unlink(path: Path) -> None:
    with suppress(OSError):  # what cannot be removed is not in use either
        path.unlink()
