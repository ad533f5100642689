"""Files that are whole or absent: written to ``name.part`` in the same folder, synced, renamed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artgan.errors import ArtganError, BusyError, DiskFullError

if TYPE_CHECKING:
    import zipfile

FREE_SPACE = "free some space and give the same command again"
"""The hint on a full disk; what that command then does is known to whoever was at work."""
_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the path to write to; on leaving, sync it and rename it to ``path``.

    Args:
        path: the file that shall exist, whole, afterwards. Its folder is made when missing.

    Yields:
        ``path`` with ``.part`` appended, in the same folder.

    Raises:
        DiskFullError: no room; ``path`` is as it was before and no ``.part`` is left.
        ArtganError: the folder may not be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise storage_error(error, path) from error
        raise


def storage_error(error: OSError, path: Path) -> ArtganError:
    """Turn an ``OSError`` met while writing ``path`` into one of ours, with a hint."""
    if error.errno in _FULL:
        return DiskFullError(f"no room left on the disk while writing {path}", FREE_SPACE)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return ArtganError(f"not allowed to write {path}", "choose a folder that is yours")
    return ArtganError(f"could not write {path}: {error.strerror or error}")


@contextlib.contextmanager
def locked(path: Path, busy: str = "", hint: str = "wait until it has finished, then try again") -> Iterator[None]:
    """Hold a lock file, so that one process at a time is at work.

    Args:
        path: the lock file; it may stay behind, empty. Its folder is made when missing.
        busy: the message for who comes second; without one it waits for the first to finish.
        hint: what goes with the message.

    Raises:
        BusyError: another process holds it.
        ArtganError: the file cannot be made.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=0 if busy else -1, thread_local=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise BusyError(busy, hint) from error
    except OSError as error:
        raise storage_error(error, path) from error
    try:
        yield
    finally:
        lock.release()


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all."""
    with whole_file(path) as part:
        part.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 with ``\\n`` line ends, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def copy_file(source: Path, path: Path) -> None:
    """Copy ``source`` to ``path``, whole or not at all."""
    with whole_file(path) as part:
        shutil.copyfile(source, part)


def sha256_file(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def zip_member(name: str) -> zipfile.ZipInfo:
    """Describe a file in a zip without the time, the rights and the system of who packs it: the same bytes anywhere."""
    from zipfile import ZipInfo  # here, as few commands pack anything

    member = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.create_system = 3  # Unix, where the next line counts
    member.external_attr = 0o644 << 16
    return member


def safe_name(text: str, *, longest: int = 80) -> str:
    """Make a file name of any text: letters, digits, dot, dash, underscore; never empty, hidden or reserved.

    Args:
        text: anything, also hostile ("../../etc", "CON", emoji).
        longest: most characters to keep.
    """
    name = re.sub(r"[^\w.-]+", "-", text, flags=re.ASCII).strip("-.")[:longest].rstrip("-.")
    if not name:
        return "unnamed"
    # Windows keeps these names for devices, with any suffix.
    if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name):
        return f"_{name}"
    return name
