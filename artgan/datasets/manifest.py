"""What a dataset is: the records on disk and the folder that holds them."""

from __future__ import annotations

import hashlib
import json
import shutil
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from artgan import files
from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.records import Record

Status = Literal["ok", "failed", "gone", "placeholder", "dropped"]
License = Literal["public-domain", "restricted", "unknown"]

BY_HAND = "by-hand"
"""First word of the reason of a picture that a person took out; nothing but that person brings it back."""


class Painting(Record):
    """What is known of a work before its picture is looked at."""

    id: str
    title: str | None = None
    artist: str | None = None
    artist_url: str | None = None
    year: int | None = None
    """The year, where one is known, be it "about"."""
    date: str | None = None
    """The date in its source's own words: "c.1960", "XIX-XX cent."."""
    year_from: int | None = None
    year_to: int | None = None
    """The first and last year that the date allows; negative before our era."""
    genre: str | None = None
    style: str | None = None
    media: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    location: str | None = None
    """The museum that has it, and where that is."""
    credit: str | None = None
    """Whom its owner wants to be named."""
    license: License | None = None
    license_labels: tuple[str, ...] | None = None
    """What its page says of the licence, word for word; None where nobody looked."""
    page_url: str | None = None
    image_url: str | None = None
    width: int | None = None
    height: int | None = None


class ImageRecord(Painting):
    """A work and the file that holds it, used or not.

    ``status`` is "ok" when the picture is part of the dataset; "failed" when the file could not be used (``reason``
    says why), "dropped" when it was left out on purpose (duplicate, too small, not asked for), "gone" and
    "placeholder" when a site had no picture. ``reason`` starts with a word that can be counted: "truncated: ...".
    """

    status: Status
    reason: str = ""
    source: str = ""
    """The path, inside what was imported, that the picture came from."""
    file: str | None = None
    """The path inside the dataset folder, with "/"; or an absolute path when the dataset links to its pictures."""
    sha256: str | None = None
    bytes: int | None = None
    dhash: str | None = None
    """64-bit difference hash of the upright picture, 16 hexadecimal digits."""
    version: str | None = None
    """Which of a site's files it is: "original", or a smaller one."""
    content_type: str | None = None
    listed_width: int | None = None
    listed_height: int | None = None
    """What the site's listing said of its size."""
    fetched_at: datetime | None = None
    """The server's time, UTC."""
    fetched_with: str | None = None
    """The version of artgan."""


class Timings(BaseModel, frozen=True, extra="allow"):
    """When the pictures in a dataset were fetched, by the clocks of the servers that they came from."""

    first: datetime
    last: datetime
    seconds: float
    """From the first to the last, the pauses of all fetches included."""


class Dataset(Record):
    """``dataset.json``: what the folder holds and where it came from."""

    name: str
    source: str = ""
    layout: str = ""
    counts: dict[str, int] = Field(default_factory=dict)
    prepared: list[int] = Field(default_factory=list)
    created: datetime
    version: str = ""
    rights: str = ""
    typical_aspect: float | None = None
    """Median width / height of the pictures in use."""
    updated: datetime | None = None
    timings: Timings | None = None
    """Of its pictures, where they were fetched."""
    query: dict[str, Any] = Field(default_factory=dict)
    """What was asked for, so that it can be asked again."""


class DatasetFolder:
    """``datasets/<name>/``: reads and writes what lies there.

    Args:
        path: the folder; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def manifest_path(self) -> Path:
        return self.path / "images.jsonl"

    @property
    def originals(self) -> Path:
        return self.path / "originals"

    def prepared(self, size: int) -> Path:
        """The folder of square images of one size in pixels."""
        return self.path / "prepared" / str(size)

    def exists(self) -> bool:
        return (self.path / "dataset.json").is_file()

    def read(self) -> Dataset:
        """Return the description.

        Raises:
            NotFoundError: there is none.
            DamagedError: it is not what artgan wrote.
        """
        path = self.path / "dataset.json"
        try:
            return Dataset.model_validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise NotFoundError(f"no dataset at {self.path}", "see the names with: artgan datasets list") from error
        except (ValidationError, OSError) as error:
            raise DamagedError(
                f"{path} cannot be read as a dataset", f"import the pictures again, or remove {self.path}"
            ) from error

    def write(self, dataset: Dataset) -> None:
        files.write_text(self.path / "dataset.json", dataset.model_dump_json(indent=1) + "\n")

    def records(self) -> list[ImageRecord]:
        """Return the manifest, the last line of each id winning, in order of first appearance.

        A torn last line (a crash while writing) is left out; a torn line elsewhere is damage.

        Raises:
            DamagedError: a line other than the last is not a record.
        """
        if not self.manifest_path.is_file():
            return []
        lines = self.manifest_path.read_bytes().split(b"\n")
        found: dict[str, ImageRecord] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = ImageRecord.model_validate_json(line)
            except ValidationError as error:
                if number >= len(lines):
                    break
                raise DamagedError(
                    f"{self.manifest_path} line {number} is not a record of an image",
                    f"delete that line, or import the pictures of {self.name!r} again",
                ) from error
            found[record.id] = record
        return list(found.values())

    def in_use(self) -> list[ImageRecord]:
        """Return the records whose pictures are part of the dataset, sorted by id."""
        return sorted((r for r in self.records() if r.status == "ok" and r.file), key=lambda r: r.id)

    def write_records(self, records: Iterable[ImageRecord]) -> None:
        """Replace the manifest."""
        files.write_text(self.manifest_path, "".join(line_of(record) for record in records))

    def file_of(self, record: ImageRecord) -> Path:
        """Return where the picture of a record lies."""
        if not record.file:
            raise NotFoundError(f"{record.id} of {self.name!r} has no picture: {record.reason or record.status}")
        return self.path / record.file

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only one who changes the dataset; a folder in which nothing was made is removed at the end.

        Raises:
            BusyError: another process is at work on it.
            ArtganError: the folder may not be written.
        """
        lock = self.path / ".lock"
        with files.locked(lock, f"another process is at work on dataset {self.name!r}"):
            try:
                yield
            finally:
                with suppress(OSError):
                    if list(self.path.iterdir()) == [lock]:
                        lock.unlink()
                        self.path.rmdir()

    def remove(self) -> None:
        """Delete the folder and everything in it; linked pictures outside stay."""
        shutil.rmtree(self.path)


def line_of(record: ImageRecord) -> str:
    """Return the manifest line of a record; fields that are not known are left out."""
    return record.model_dump_json(exclude_none=True) + "\n"


def first_word(reason: str) -> str:
    """Return what reasons are counted by: "too-small" of "too-small: 4x4 ..."."""
    return reason.partition(":")[0]


def status_counts(records: Iterable[ImageRecord]) -> dict[str, int]:
    """Count records by status; those not used by the first word of their reason: ``{"ok": 580, "truncated": 2}``."""
    words = Counter("ok" if r.status == "ok" else first_word(r.reason) or r.status for r in records)
    return dict(words.most_common())


def described(records: Iterable[ImageRecord]) -> dict[str, Any]:
    """Return the fields of ``Dataset`` that follow from the records: counts, typical_aspect, timings, version."""
    records = list(records)
    used = sorted((record for record in records if record.status == "ok"), key=lambda record: record.id)
    aspects = [record.width / record.height for record in used if record.width and record.height]
    times = [record.fetched_at for record in records if record.fetched_at]
    first, last = min(times, default=None), max(times, default=None)
    return {
        "counts": status_counts(records),
        "typical_aspect": statistics.median(aspects) if aspects else None,
        "timings": Timings(first=first, last=last, seconds=(last - first).total_seconds()) if first and last else None,
        "version": digest_of([[record.id, record.sha256] for record in used])[:12],
    }


def is_by_hand(record: ImageRecord) -> bool:
    """Say whether a person took the picture out."""
    return record.status == "dropped" and first_word(record.reason) == BY_HAND


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a JSON value, the same for equal values, hexadecimal."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def find_dataset(datasets_dir: Path, name: str | None) -> DatasetFolder:
    """Return the dataset of that name; the only one when no name is given.

    Args:
        datasets_dir: the folder of datasets.
        name: a name in it, or the path of a dataset folder.

    Raises:
        NotFoundError: none of that name; the hint lists those that exist.
        UsageError: several exist and none was named.
    """
    if name and (Path(name) / "dataset.json").is_file():
        return DatasetFolder(Path(name))
    known = list_datasets(datasets_dir)
    names = ", ".join(folder.name for folder in known)
    if name:
        for folder in known:
            if folder.name == name:
                return folder
        raise NotFoundError(
            f"no dataset named {name!r} in {datasets_dir}",
            f"there are: {names}" if known else "make one with: artgan import FOLDER --name NAME",
        )
    if not known:
        raise NotFoundError(f"no dataset in {datasets_dir}", "make one with: artgan import FOLDER --name NAME")
    if len(known) > 1:
        raise UsageError(f"which dataset? there are {len(known)}: {names}", "name one")
    return known[0]


def list_datasets(datasets_dir: Path) -> list[DatasetFolder]:
    """Return the dataset folders, sorted by name."""
    if not datasets_dir.is_dir():
        return []
    return [DatasetFolder(p) for p in sorted(datasets_dir.iterdir()) if (p / "dataset.json").is_file()]
