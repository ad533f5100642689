"""Names for people: ``by-name/Claude Monet - Water Lilies (1906)-577271cf.jpg`` is a link to the picture.

Titles come from anywhere, so a name is made that every system takes; it decides what a link is called, never where
anything lies.
"""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from artgan import files
from artgan.datasets.credits import plain, when, year_of
from artgan.datasets.layouts.sources import PICTURE_SUFFIXES
from artgan.datasets.manifest import DatasetFolder, ImageRecord
from artgan.events import Event, Note

FOLDER = "by-name"
MOST_BYTES = 120
"""Of a name without its id and suffix: with them it stays below the 143 bytes of encrypted home folders, the least that
is in use."""

_ID = 8
_LONGEST_ID = 120
# What Windows does not take, and "/".
_RESERVED = re.compile(r'[\\/:*?"<>|]')
# Windows keeps these names for devices, with any suffix.
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])\s*(\..*)?", re.IGNORECASE)
_REFUSED = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_NO_PRIVILEGE = 1314  # Windows' ERROR_PRIVILEGE_NOT_HELD


class _Refused(Exception):
    """This disk or system makes no links."""


def human_name(record: ImageRecord, *, id_length: int = _ID) -> str:
    """Return a file name that a person can read: "Artist - Title (year)-id.jpg".

    Args:
        record: of the picture; its texts may be hostile.
        id_length: how many characters of the id stand in the name.

    Returns:
        A name in NFC that any file system takes: no path, no device, not hidden, at most 120 bytes before the id.
    """
    work = " - ".join(text for text in (record.artist, record.title or "Untitled") if text)
    year = year_of(record) or when(record)
    stem = unicodedata.normalize("NFC", plain(f"{work} ({year})" if year else work))
    # A leading dash would be an option to many a program.
    stem = _RESERVED.sub("-", stem).lstrip(".- ")
    if _DEVICES.fullmatch(stem):
        stem = f"_{stem}"
    stem = stem.encode("utf-8")[:MOST_BYTES].decode("utf-8", "ignore").rstrip(". ") or "Untitled"
    suffix = PurePosixPath(record.file or "").suffix.lower()
    name = files.safe_name(record.id, longest=id_length)
    return f"{stem}-{name}{suffix if suffix in PICTURE_SUFFIXES else ''}"


def link_all(folder: DatasetFolder, records: Iterable[ImageRecord]) -> Generator[Event, None, int]:
    """Make ``by-name/`` hold a link to each picture in use, and none to another.

    What else lies in that folder is left alone.

    Args:
        folder: of the dataset.
        records: all of it.

    Yields:
        A ``Note`` of what was made; a warning where this disk or system makes no links: there are none then.

    Returns:
        How many links there are.

    Raises:
        DiskFullError: no room.
        ArtganError: the folder may not be written.
    """
    records = list(records)
    place = folder.path / FOLDER
    wanted = {name: _target(record) for name, record in _names(records).items()}
    try:
        place.mkdir(exist_ok=True)
        there = {path.name: os.readlink(path) for path in place.iterdir() if path.is_symlink()}
        ours = {name for name, target in there.items() if _is_ours(target, records)}
        for name in ours:
            if wanted.get(name) != there[name]:
                (place / name).unlink()
                del there[name]
        for name, target in wanted.items():
            if not os.path.lexists(place / name):
                _link(place / name, target)
                there[name] = target
    except _Refused:
        with suppress(OSError):
            place.rmdir()  # unless something lies in it
        yield Note(text=f"no readable names: links cannot be made in {folder.path}", level="warning")
        return 0
    except OSError as error:
        raise files.storage_error(error, place) from error
    count = sum(there.get(name) == target for name, target in wanted.items())
    yield Note(text=f"readable names: {count:,} links in {place}")
    return count


def _names(records: list[ImageRecord]) -> dict[str, ImageRecord]:
    """Name the pictures in use; those that would share a name get the whole id."""
    used = sorted((record for record in records if record.status == "ok" and record.file), key=lambda r: r.id)
    short = [human_name(record) for record in used]
    uses = Counter(name.casefold() for name in short)
    return {
        human_name(record, id_length=_LONGEST_ID) if uses[name.casefold()] > 1 else name: record
        for record, name in zip(used, short, strict=True)
    }


def _target(record: ImageRecord) -> str:
    """Return what a link holds: relative, so that the dataset can be moved; a picture outside has an absolute path."""
    file = record.file or ""
    return file if os.path.isabs(file) else f"../{file}"


def _is_ours(target: str, records: list[ImageRecord]) -> bool:
    return target.startswith("../originals/") or target in {record.file for record in records}


def _link(path: Path, target: str) -> None:
    """Make a link.

    Raises:
        _Refused: this disk or system makes none.
        OSError: it could not be made for another reason.
    """
    try:
        os.symlink(target, path)
    except NotImplementedError as error:
        raise _Refused from error
    except OSError as error:
        if error.errno in _REFUSED or getattr(error, "winerror", None) == _NO_PRIVILEGE:
            raise _Refused from error
        raise
