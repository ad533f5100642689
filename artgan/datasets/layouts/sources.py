"""A folder or a zip, seen the same way: a list of files with names, each readable in place."""

from __future__ import annotations

import os
import posixpath
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from artgan.datasets.decode import MOST_BYTES
from artgan.errors import ArtganError, DamagedError, NotFoundError, UsageError

# fmt: off
PICTURE_SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".ppm", ".pgm", ".jp2",
    ".avif", ".heic", ".heif", ".psd", ".jxl",
))
# fmt: on
"""What a picture's name ends with. Only guesses are made from it; what a file is, its bytes say."""

_LITTER = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
_ARCHIVES = frozenset({".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst"})
_MOST_TABLE_BYTES = 256 * 2**20  # the largest table known, 25 MB, ten times over


class ReadError(ArtganError):
    """One file of a source cannot be read; the message starts with a word that can be counted."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file inside a source.

    Attributes:
        path: inside the source, parts joined by "/", spelt as found there. It may be hostile: it is a label, and
            nothing is ever opened or written under it.
        read: returns all its bytes.
        location: where it lies when it is a file by itself, for linking.
        trouble: why it need not be opened; empty when nothing is known against it.
    """

    path: str
    read: Callable[[], bytes]
    location: Path | None = None
    trouble: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def stem(self) -> str:
        return posixpath.splitext(self.name)[0]

    @property
    def looks_like_picture(self) -> bool:
        return posixpath.splitext(self.name)[1].lower() in PICTURE_SUFFIXES


@dataclass(frozen=True)
class Source:
    """What was given to import.

    Attributes:
        path: the folder, zip or array file, absolute.
        kind: which of them.
        files: sorted by path; empty for an array file.
    """

    path: Path
    kind: str
    files: tuple[SourceFile, ...] = ()

    def pictures(self) -> list[SourceFile]:
        """Return the files whose names end like a picture's."""
        return [file for file in self.files if file.looks_like_picture]

    def named(self, *names: str) -> list[SourceFile]:
        """Return the files of these names (lower case) in any folder."""
        return [file for file in self.files if file.name.lower() in names]


def open_source(path: Path, *, without: Path | None = None) -> Source:
    """List what lies at a path.

    Args:
        path: a folder, a zip or a ``.npy``.
        without: a folder that is left out wherever it is met (artgan's own datasets).

    Raises:
        NotFoundError: there is nothing.
        UsageError: a single picture, or an archive that is not a zip.
        DamagedError: a zip that cannot be opened.
    """
    path = Path(os.path.abspath(path))
    if path.is_dir():
        files = sorted(_walk(path, without), key=lambda file: file.path)
        return Source(path, "folder", tuple(files))
    if not path.is_file():
        raise NotFoundError(f"there is nothing at {path}", "give a folder of pictures, a zip or a .npy file")
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return Source(path, "array")
    if zipfile.is_zipfile(path):
        return Source(path, "zip", tuple(_list_zip(path)))
    if suffix == ".zip":
        raise DamagedError(f"{path} cannot be opened as a zip", "it may have been cut off: download it again")
    if suffix in _ARCHIVES:
        raise UsageError(f"{path.name} is an archive that artgan does not open", "unpack it and import the folder")
    raise UsageError(f"{path.name} is a single file", f"import the folder it lies in: artgan import {path.parent}")


def is_litter(path: str) -> bool:
    """Say whether a file is what an operating system leaves behind, or hidden and no picture."""
    *folders, name = path.split("/")
    if name.startswith("._") or name.lower() in _LITTER or "__MACOSX" in folders:
        return True
    return is_hidden(path) and posixpath.splitext(name)[1].lower() not in PICTURE_SUFFIXES


def is_hidden(path: str) -> bool:
    """Say whether a name on the way to a file starts with a dot."""
    return any(part.startswith(".") and part not in (".", "..") for part in path.split("/"))


def same_name(path: str) -> str:
    """Return a key that is equal however accents were composed when a name was unpacked or typed."""
    return unicodedata.normalize("NFC", path)


def read_table(file: SourceFile) -> str:
    """Return the text of a table or list, line ends as "\\n"; bytes that are not UTF-8 become marks.

    Raises:
        ReadError: it cannot be read.
    """
    data = file.read()
    if len(data) > _MOST_TABLE_BYTES:
        raise ReadError(f"bomb: {len(data):,} bytes are no table")
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


# -- folders


def _walk(root: Path, without: Path | None) -> Iterator[SourceFile]:
    """Yield the files below a folder; links are followed, each folder is entered once."""
    avoid = os.path.realpath(without) if without else None
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[str, str]] = [(str(root), "")]
    while waiting:
        folder, inside = waiting.pop()
        if avoid and os.path.realpath(folder) == avoid and inside:
            continue
        try:
            status = os.stat(folder)
            key = (status.st_dev, status.st_ino)
            if key in seen and status.st_ino:
                continue
            seen.add(key)
            with os.scandir(folder) as found:
                children = list(found)
        except OSError as error:
            trouble = f"unreadable: {error.strerror or error}"
            yield SourceFile(inside or ".", partial(_read_file, Path(folder)), trouble=trouble)
            continue
        for child in children:
            path = f"{inside}/{child.name}" if inside else child.name
            if child.is_dir():
                waiting.append((child.path, path))
            elif not is_litter(path):
                location = Path(child.path)
                yield SourceFile(path, partial(_read_file, location), location)


def _read_file(path: Path) -> bytes:
    try:
        status = path.stat()
        # A pipe or a device would never end.
        if not stat.S_ISREG(status.st_mode):
            raise ReadError("unreadable: it is not a regular file")
        if status.st_size > MOST_BYTES:
            raise ReadError(f"bomb: the file has {status.st_size:,} bytes, more than {MOST_BYTES:,}")
        return path.read_bytes()
    except OSError as error:
        raise ReadError(f"unreadable: {error.strerror or error}") from error


# -- zips


def _list_zip(path: Path) -> Iterator[SourceFile]:
    try:
        archive = zipfile.ZipFile(path)
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DamagedError(f"{path} cannot be opened as a zip: {error}", "download or pack it again") from error
    # Names are labels here: members are read through their directory entry and never unpacked under their own name.
    for member in sorted(members, key=lambda member: member.filename):
        name = member.filename.replace("\\", "/")
        if member.is_dir() or is_litter(name):
            continue
        trouble = ""
        if member.flag_bits & 0x1:
            trouble = "encrypted: the zip wants a password; unpack it first"
        elif member.file_size > MOST_BYTES:
            trouble = f"bomb: it unpacks to {member.file_size:,} bytes, more than {MOST_BYTES:,}"
        yield SourceFile(name, partial(_read_member, archive, member), trouble=trouble)


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Unpack one member into memory: never more bytes than its entry promises, which were checked."""
    try:
        with archive.open(member) as file:
            return file.read(MOST_BYTES)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise ReadError(f"unreadable: {error}") from error
