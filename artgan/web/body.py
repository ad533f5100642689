"""Reading a body: never more than is wanted, never for ever, and whole or not at all."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import zlib
from collections.abc import Iterator

import urllib3
from requests import Response

from artgan.web.answers import Stopped, Unavailable
from artgan.web.judging import Trouble
from artgan.web.patience import Patience

_PIECE = 64 * 1024


def pieces(
    response: Response, url: str, *, most_bytes: int, patience: Patience, stop: threading.Event
) -> Iterator[bytes]:
    """Yield a body piece by piece, decoded.

    What is read at a time is what has come, not what was asked for: a server that sends a byte a second would
    otherwise keep a read of 64 KiB busy for a day without ever running into a time limit.

    Args:
        response: opened with ``stream=True``.
        url: for messages.
        most_bytes: of the body as sent, and as decoded: a kilobyte of gzip can hold a megabyte.
        patience: when little coming counts as nothing.
        stop: looked at before each piece.

    Raises:
        Trouble: the connection was lost, or brings next to nothing.
        Unavailable: the body is too large, or in an encoding that was not asked for.
        Stopped: ``stop`` was set.
    """
    raw = response.raw
    promised = raw.length_remaining
    if promised is not None and promised > most_bytes:
        raise Unavailable(f"too large: {promised:,} bytes, the most are {most_bytes:,}", url)
    decode = _decoder(response.headers.get("content-encoding", ""), url)
    came = decoded = 0
    mark_time, mark_came = time.monotonic(), 0
    while True:
        if stop.is_set():
            raise Stopped
        try:
            data = raw.read1(_PIECE, decode_content=False) or b""
        except urllib3.exceptions.ReadTimeoutError as error:
            raise Trouble(f"stalled: nothing came for {patience.read_s:.0f} s") from error
        except urllib3.exceptions.HTTPError as error:
            of = f" of {promised:,}" if promised is not None else ""
            raise Trouble(f"cut short: {came:,}{of} bytes came") from error
        came += len(data)
        for piece in decode(data):
            decoded += len(piece)
            if decoded > most_bytes:
                raise Unavailable(f"too large: more than {most_bytes:,} bytes", url)
            yield piece
        if not data:
            return
        moment = time.monotonic()
        if moment - mark_time >= patience.stall_s:
            if came - mark_came < patience.stall_bytes:
                raise Trouble(f"stalled: {came - mark_came} bytes came in {moment - mark_time:.0f} s")
            mark_time, mark_came = moment, came


def first_bytes(response: Response, url: str, *, patience: Patience, stop: threading.Event) -> bytes:
    """Return what a body begins with, up to 64 KiB, however it ends."""
    found = bytearray()
    with contextlib.suppress(Trouble, Unavailable):
        for piece in pieces(response, url, most_bytes=sys.maxsize, patience=patience, stop=stop):
            found += piece
            if len(found) >= _PIECE:
                break
    return bytes(found[:_PIECE])


class _Plain:
    def __call__(self, data: bytes) -> Iterator[bytes]:
        if data:
            yield data


class _Gzip:
    """Decode gzip, also of several members, in pieces that stay small; an empty ``data`` is the end."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._begun = False

    def __call__(self, data: bytes) -> Iterator[bytes]:
        if not data and self._begun and not self._member.eof:
            raise Trouble("cut short: the compressed body ends in the middle")
        out = b""
        # A full piece may have left more behind, even where all input is used up.
        while data or len(out) == _PIECE:
            if self._member.eof:
                if not data.startswith(b"\x1f"):
                    return  # Padding after the last member, which gzip itself ignores too.
                self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            self._begun = True
            try:
                out = self._member.decompress(data, _PIECE)
            except zlib.error as error:
                raise Trouble("damaged: the body is not the gzip it is said to be") from error
            data = self._member.unconsumed_tail or self._member.unused_data
            if out:
                yield out


def _decoder(encoding: str, url: str) -> _Plain | _Gzip:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Gzip()
    raise Unavailable(f"encoding: {encoding[:40]!r} was not asked for", url)
