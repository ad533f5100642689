"""Bytes from a signed address to a file that is whole or absent, going on after a cut."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import random
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from artgan import files
from artgan.compute.azureml_common import failures
from artgan.errors import RemoteError

_PIECE = 256 * 1024
_TIMEOUT_S = (10.0, 60.0)
# So many tries in a row without a single byte; as long as bytes come, a download goes on.
_TRIES = 6
_MOST_WAIT_S = 20.0


class BlobGoneError(Exception):
    """There is no blob at a signed address."""


class SignatureExpiredError(Exception):
    """A signed address is not accepted any more, nor was the fresh one."""


def download(
    session: Any,
    address: Callable[[bool], str],
    path: Path,
) -> None:
    """Bring a blob to ``path``.

    A file that is there and is what lies in the blob stays as it is. Bytes go to ``path.part``; the blob's ETag beside
    it tells a later call whether they still belong to it. The size is checked, and the MD5 where the service gives one.

    Args:
        session: of ``requests``.
        address: returns a signed address; given True, a fresh one.
        path: the file; its folder is made when missing.

    Raises:
        BlobGoneError: there is no such blob.
        SignatureExpiredError: see there.
        requests.RequestException, urllib3.exceptions.HTTPError: the connection was cut too often.
        RemoteError: what came is not what the service says it is.
        DiskFullError: no room; what came stays for the next try.
    """
    part = path.with_name(path.name + ".part")
    mark = path.with_name(path.name + ".part.etag")
    try:
        if path.is_file() and _is_same(session, address, path):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        wrong = 0
        while True:
            size, md5 = _receive(session, address, part, mark)
            if part.stat().st_size == size and md5 in ("", _md5(part)):
                break
            _drop(part, mark)
            wrong += 1
            if wrong == 2:
                raise RemoteError(f"{path.name} arrived damaged twice", "repeat the command")
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
        mark.unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, _cuts()):
            raise
        raise files.storage_error(error, path) from error


def _cuts() -> tuple[type[Exception], ...]:
    """The exceptions of a connection that did not bring what it should; some call themselves OSErrors."""
    import requests
    import urllib3

    return requests.RequestException, urllib3.exceptions.HTTPError


def read_from(session: Any, address: Callable[[bool], str], offset: int) -> tuple[bytes, int]:
    """Read a blob that grows from ``offset`` on.

    Returns:
        The bytes, and where they end. A blob that became shorter than ``offset`` was begun anew, and is read from 0.
    """
    fresh = False
    while True:
        uri = address(fresh)
        answer = session.get(
            uri, headers={"Range": f"bytes={offset}-", "Accept-Encoding": "identity"}, timeout=_TIMEOUT_S
        )
        if answer.status_code == 403:
            if fresh:
                raise SignatureExpiredError
            fresh = True
            continue
        if answer.status_code == 404:
            return b"", offset
        if answer.status_code == 416:
            size = _total(answer)
            if size is None or size >= offset:
                return b"", offset
            offset = 0
            if not size:
                return b"", 0
            continue
        answer.raise_for_status()
        data = answer.content[offset:] if answer.status_code == 200 else answer.content
        return data, offset + len(data)


def _is_same(session: Any, address: Callable[[bool], str], path: Path) -> bool:
    """Say whether a file is what a blob holds: the same size, and the same MD5 or not older than the blob."""
    try:
        answer = session.head(address(False), headers={"Accept-Encoding": "identity"}, timeout=_TIMEOUT_S)
    except _cuts():
        return False  # then it is asked for, with patience
    here = path.stat()
    if answer.status_code != 200 or int(answer.headers.get("Content-Length", -1)) != here.st_size:
        return False
    if md5 := answer.headers.get("Content-MD5"):
        return bool(md5 == _md5(path))
    try:
        changed = parsedate_to_datetime(answer.headers["Last-Modified"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return False
    return changed < here.st_mtime


def _receive(session: Any, address: Callable[[bool], str], part: Path, mark: Path) -> tuple[int, str]:
    """Fill ``part``; return the size and the MD5 that the service gives, "" for none."""
    tries, fresh = 0, False
    while True:
        have = part.stat().st_size if part.is_file() and mark.is_file() else 0
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Match": mark.read_text(encoding="utf-8")}
        try:
            with session.get(address(fresh), headers=headers, stream=True, timeout=_TIMEOUT_S) as answer:
                if answer.status_code in (200, 206):
                    return _write(answer, part, mark, have)
                if answer.status_code == 404:
                    raise BlobGoneError
                if answer.status_code == 403:
                    if fresh:
                        raise SignatureExpiredError
                    fresh = True
                    continue
                # Another blob lies there now; or all bytes are here, but what their hash should be is not told.
                if answer.status_code in (412, 416):
                    _drop(part, mark)
                    continue
                answer.raise_for_status()
                raise RemoteError(f"Blob storage answered {answer.status_code}", "repeat the command")
        except _cuts() as error:
            now = part.stat().st_size if part.is_file() and mark.is_file() else 0
            tries, fresh = (0, False) if now > have else (tries + 1, fresh)
            trouble = failures.look(error)
            if tries >= _TRIES or not trouble.passing:
                raise
            back_off = 0.0 if now > have else min(_MOST_WAIT_S, 0.5 * 2.0**tries) * random.uniform(0.75, 1.25)
            time.sleep(min(_MOST_WAIT_S, trouble.retry_after) if trouble.retry_after is not None else back_off)


def _write(answer: Any, part: Path, mark: Path, have: int) -> tuple[int, str]:
    """Write an answer's bytes; raise as a cut when fewer come than were promised."""
    import requests

    again = answer.status_code == 206
    total = _total(answer) if again else int(answer.headers.get("Content-Length", -1))
    if not again:
        # The whole of it comes: what is here is no longer wanted, and from now on belongs to this ETag.
        _drop(part, mark)
        have = 0
        if answer.headers.get("ETag"):
            mark.write_text(answer.headers["ETag"], encoding="utf-8")
    with open(part, "ab" if again else "wb", buffering=_PIECE) as file:
        # read1 gives what has come: a cut then costs nothing of what came before it.
        while piece := answer.raw.read1(_PIECE, decode_content=False):
            file.write(piece)
            have += len(piece)
    if total is not None and 0 <= have < total:
        raise requests.ConnectionError(f"{have} of {total} bytes came")
    name = "x-ms-blob-content-md5" if again else "Content-MD5"
    return (have if total is None or total < 0 else total), answer.headers.get(name, "")


def _total(answer: Any) -> int | None:
    match = re.search(r"/(\d+)$", answer.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _md5(path: Path) -> str:
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    return base64.b64encode(digest.digest()).decode("ascii")


def _drop(part: Path, mark: Path) -> None:
    for path in (mark, part):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
