"""What can go wrong on a site of any kind, one function each; ``Internet.inject`` puts them in place."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

from PIL import Image

from .server import Fault, Request, Response

CHALLENGE = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>"
    "<script>window._cf_chl_opt={cvId:'3',cType:'managed'};</script>Enable JavaScript and cookies to continue"
    "</body></html>"
)


def status(code: int, *, retry_after: str | None = None, html: str = "") -> Fault:
    """Answer with a status and a page that says so."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    page = html or f"<html><head><title>{code}</title></head><body><h1>Error {code}</h1></body></html>"
    return lambda request, response: Response.of_html(page, code).with_(headers=headers)


def retry_at(code: int, seconds: float) -> Fault:
    """Answer with ``Retry-After`` as a date that many seconds ahead."""

    def fault(request: Request, response: Response) -> Response:
        moment = format_datetime(request.now + timedelta(seconds=seconds), usegmt=True)
        return status(code, retry_after=moment)(request, response)

    return fault


def quota() -> Fault:
    """Answer 500 with the JSON of a spent quota."""
    return lambda request, response: Response.of_json({"Exception": {"Message": "Free API limit exceeded"}}, 500)


def challenge() -> Fault:
    """Answer with the page by which Cloudflare keeps programs out."""
    headers = {"Server": "cloudflare", "cf-mitigated": "challenge", "CF-RAY": "0000000000000000-LOC"}
    return lambda request, response: Response.of_html(CHALLENGE, 403).with_(headers=headers)


def reset(share: float = 0.5) -> Fault:
    """Break the connection in the middle of the body."""

    def fault(request: Request, response: Response) -> Response:
        body = _whole(response)
        return response.with_(body=body[: int(len(body) * share)], length=len(body), ending="reset")

    return fault


def too_short(by: int = 100) -> Fault:
    """Promise more bytes than come, then close."""

    def fault(request: Request, response: Response) -> Response:
        body = _whole(response)
        return response.with_(length=len(body) + by, ending="close")

    return fault


def drip(piece: int = 1, pause_s: float = 1.0) -> Fault:
    """Send the body a few bytes at a time, each soon enough for a time limit on reading."""
    return lambda request, response: response.with_(body=_whole(response), piece=piece, pause_s=pause_s)


def silence(wait_s: float) -> Fault:
    """Say nothing for a while."""
    return lambda request, response: response.with_(wait_s=wait_s)


def gzip_bomb(mib: int = 1024) -> Fault:
    """Send blanks that were squeezed a thousandfold."""
    member = gzip.compress(b" " * 2**24, mtime=0)
    headers = {"Content-Encoding": "gzip"}
    return lambda request, response: response.with_(headers=headers, body=member * max(1, mib // 16))


def huge(mib: int = 64) -> Fault:
    """Send far more than anybody can want, without saying how much it will be."""

    def blanks() -> Iterator[bytes]:
        for _ in range(mib):
            yield b" " * 2**20

    return lambda request, response: response.with_(body=blanks())


def redirect(to: str, code: int = 302) -> Fault:
    """Send the client somewhere else."""
    return lambda request, response: Response(code, {"Location": to})


def redirect_loop() -> Fault:
    """Send the client to where it already is."""
    return lambda request, response: Response(302, {"Location": request.url})


def cut_short(share: float = 0.6) -> Fault:
    """Send a damaged body whose length is what was promised."""

    def fault(request: Request, response: Response) -> Response:
        body = _whole(response)
        return response.with_(body=body[: int(len(body) * share)])

    return fault


def body(data: bytes, content_type: str | None = None) -> Fault:
    """Send other bytes with status 200."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    return lambda request, response: response.with_(status=200, headers=headers, body=data)


def empty() -> Fault:
    """Send 200 and nothing."""
    return body(b"")


def html(text: str = "<html><body>Please come in</body></html>") -> Fault:
    """Send a page with status 200, whatever was asked for."""
    return lambda request, response: Response.of_html(text)


def png() -> Fault:
    """Send the same picture as a PNG, under the name and type it had."""

    def fault(request: Request, response: Response) -> Response:
        out = io.BytesIO()
        Image.open(io.BytesIO(_whole(response))).save(out, "PNG")
        return response.with_(body=out.getvalue())

    return fault


def png_bomb(side: int = 60_000) -> Fault:
    """Send a PNG whose header promises more pixels than any memory holds."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
    return body(b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b""))


def nested(depth: int = 100_000) -> Fault:
    """Send JSON that no parser gets to the bottom of."""
    return body(b'{"Paintings":' + b"[" * depth + b"]" * depth + b"}", "application/json; charset=utf-8")


def headers(**values: str) -> Fault:
    """Add headers: ``headers(X_Robots_Tag="noai")``."""
    return lambda request, response: response.with_(
        headers={name.replace("_", "-"): value for name, value in values.items()}
    )


def _whole(response: Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b"".join(response.body)
