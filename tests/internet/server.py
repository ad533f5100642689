"""A TLS server that is several sites at once, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import re
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """What a site is asked."""

    method: str
    host: str
    target: str
    """Path and query, as they came over the wire."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    now: datetime
    """What the server's clock says."""

    @property
    def path(self) -> str:
        """The path, percent-decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.target}"


@dataclass(frozen=True)
class Response:
    """What a site answers, and how badly the wire treats it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    """Pieces are sent as they come, chunked."""
    length: int | None = None
    """What ``Content-Length`` says where it lies."""
    ending: Literal["", "reset", "close"] = ""
    """How the connection ends after the body; "" keeps it open."""
    piece: int = 0
    """Send so many bytes at a time ..."""
    pause_s: float = 0.0
    """... and wait so long after each."""
    wait_s: float = 0.0
    """Wait so long before the first byte."""

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> Response:
        try:
            body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:  # half of a pair: only an escape can carry it
            body = json.dumps(value, separators=(",", ":")).encode()
        return cls(status, {"Content-Type": "application/json; charset=utf-8"}, body)

    @classmethod
    def of_html(cls, text: str, status: int = 200) -> Response:
        return cls(status, {"Content-Type": "text/html; charset=utf-8"}, text.encode())

    @classmethod
    def of_text(cls, text: str, status: int = 200) -> Response:
        return cls(status, {"Content-Type": "text/plain; charset=utf-8"}, text.encode())

    def with_(self, *, headers: Mapping[str, str] | None = None, **changes: Any) -> Response:
        return replace(self, headers={**self.headers, **(headers or {})}, **changes)


class Site(Protocol):
    """Something that answers for some hosts."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names; ``*.example.org`` is one level of names."""
        ...

    def answer(self, request: Request) -> Response: ...


Fault = Callable[[Request, Response], Response]
"""What goes wrong: the honest answer comes in, the one that is sent goes out."""


@dataclass
class _Injected:
    matches: Callable[[Request], bool]
    fault: Fault
    left: int | None
    instead: bool


@dataclass
class Seen:
    """One request, and what was sent so far."""

    time: float
    """Monotonic, seconds, when its head had been read."""
    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    status: int
    bytes: int = 0
    """Of the body, handed to the wire."""
    whole: bool = False
    """Whether the server got rid of the whole answer."""

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.target}"


class RequestLog:
    """Every request of every site, from the moment it came.

    Args:
        path: where each is also written once it was answered, as one line of JSON.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._seen: list[Seen] = []
        self._file = path.open("a", encoding="utf-8") if path else None

    def begin(self, seen: Seen) -> None:
        with self._lock:
            self._seen.append(seen)

    def end(self, seen: Seen) -> None:
        with self._lock:
            if self._file:
                line = {name: getattr(seen, name) for name in Seen.__dataclass_fields__}
                self._file.write(json.dumps(line | {"headers": dict(seen.headers)}) + "\n")
                self._file.flush()

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()

    def __iter__(self) -> Iterator[Seen]:
        return iter(self.requests())

    def requests(self, host: str = "*", path: str = "*") -> list[Seen]:
        """Return the requests for hosts and paths of these patterns (``*`` stands for anything), by time."""
        with self._lock:
            found = [s for s in self._seen if fnmatchcase(s.host, host) and fnmatchcase(s.path, path)]
        return sorted(found, key=lambda seen: seen.time)

    def counts(self, host: str = "*", path: str = "*") -> Counter[str]:
        """Return how often each path was asked for."""
        return Counter(seen.path for seen in self.requests(host, path))

    def busiest_second(self, host: str = "*", *, width_s: float = 1.0) -> int:
        """Return the most requests in any window of one second, wherever it begins."""
        times = [seen.time for seen in self.requests(host)]
        most = first = 0
        for last, moment in enumerate(times):
            while moment - times[first] >= width_s:
                first += 1
            most = max(most, last - first + 1)
        return most


class Server:
    """Serve sites over TLS on a port of 127.0.0.1.

    Args:
        sites: whom it answers for.
        context: certificates for all of their hosts.
        log: where requests are remembered.
        date: what the ``Date`` header always says; None for the truth.
    """

    def __init__(
        self, sites: Iterable[Site], context: ssl.SSLContext, log: RequestLog, date: datetime | None = None
    ) -> None:
        self.sites = list(sites)
        self.log = log
        self.date = date
        self._lock = threading.Lock()
        self._injected: list[_Injected] = []
        self._listener = _Listener(self, context)
        self.port: int = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), name="server", daemon=True).start()

    def now(self) -> datetime:
        return self.date or datetime.now(UTC)

    def inject(
        self,
        match: str | Callable[[Request], bool],
        fault: Fault,
        times: int | None = None,
        *,
        instead: bool = False,
    ) -> None:
        """Let requests go wrong.

        Args:
            match: which: a pattern of the address with its query (``*`` stands for anything), or a predicate.
            fault: how; see ``faults``.
            times: so often, then never again; None for always.
            instead: the site is not asked at all, and changes nothing; else it did what it was asked, and only its
                answer goes wrong.
        """
        matches = (lambda request: fnmatchcase(unquote(request.url), match)) if isinstance(match, str) else match
        with self._lock:
            self._injected.append(_Injected(matches, fault, times, instead))

    def heal(self) -> None:
        """Let everything go right again."""
        with self._lock:
            self._injected.clear()

    def answer(self, request: Request) -> Response:
        injected = self._injected_for(request)
        if injected and injected.instead:
            return injected.fault(request, Response())
        site = next((s for s in self.sites if any(fnmatchcase(request.host, host) for host in s.hosts)), None)
        response = site.answer(request) if site else Response.of_text("no such host here", 421)
        return injected.fault(request, response) if injected else response

    def _injected_for(self, request: Request) -> _Injected | None:
        with self._lock:
            for one in self._injected:
                if one.left != 0 and one.matches(request):
                    one.left = None if one.left is None else one.left - 1
                    return one
        return None

    def close(self) -> None:
        self._listener.shutdown()
        self._listener.server_close()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, server: Server, context: ssl.SSLContext) -> None:
        self.server = server
        self.context = context
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.settimeout(60)
        # The handshake is left to the connection's own thread: it must not hold up the others.
        return self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def shutdown_request(self, request: Any) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that break are what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 256 * 1024
    server: _Listener

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, *_: Any) -> None:
        pass

    def _serve(self) -> None:
        moment = time.monotonic()
        server = self.server.server
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        request = Request(self.command, host.lower(), self.path, headers, self._read_body(headers), server.now())
        response = _conditional(request, _compressed(request, server.answer(request)))
        seen = Seen(moment, request.method, request.host, request.target, headers, response.status)
        server.log.begin(seen)
        if response.wait_s:
            time.sleep(response.wait_s)
        try:
            for count in self._send(request, response):
                seen.bytes += count
            self.wfile.flush()
            seen.whole = True
        except OSError:
            self.close_connection = True
        finally:
            server.log.end(seen)
        if response.ending:
            self.close_connection = True
            if response.ending == "reset":
                _reset(self.connection)

    def _read_body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            size = int(headers.get("content-length") or 0)
            return self.rfile.read(size) if size else b""
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers, and the empty line that ends them
            pass
        return b"".join(pieces)

    def _send(self, request: Request, response: Response) -> Iterator[int]:
        """Write the answer; yields the number of body bytes handed over."""
        body = response.body
        self.send_response_only(response.status)
        self.send_header("Date", format_datetime(request.now, usegmt=True))
        for name, value in response.headers.items():
            self.send_header(name, value)
        chunked = not isinstance(body, bytes)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif response.status != 304:
            self.send_header("Content-Length", str(len(body) if response.length is None else response.length))
        if response.ending == "close":
            self.send_header("Connection", "close")
        self.end_headers()
        if request.method == "HEAD" or response.status == 304:
            return
        pieces: Iterable[bytes] = [body] if isinstance(body, bytes) else body
        for piece in _cut_up(pieces, response.piece):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            yield len(piece)
            if response.pause_s:
                self.wfile.flush()
                time.sleep(response.pause_s)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")


def _cut_up(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), size or max(1, len(piece))):
            yield piece[start : start + size] if size else piece


def _compressed(request: Request, response: Response) -> Response:
    """Squeeze text for those who take it, as a front of that kind does."""
    kind = response.headers.get("Content-Type", "")
    plain = "Content-Encoding" not in response.headers and response.length is None and not response.ending
    if (
        plain
        and isinstance(response.body, bytes)
        and len(response.body) > 1024
        and re.match(r"text/|application/json", kind)
        and "gzip" in request.headers.get("accept-encoding", "")
    ):
        headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return response.with_(headers=headers, body=gzip.compress(response.body, 1, mtime=0))
    return response


def validators(body: bytes, modified: datetime) -> dict[str, str]:
    """Return the headers by which a client can ask again cheaply."""
    return {
        "ETag": f'"{hashlib.sha1(body).hexdigest()[:16]}"',
        "Last-Modified": format_datetime(modified, usegmt=True),
        "Accept-Ranges": "bytes",
    }


def _conditional(request: Request, response: Response) -> Response:
    """Answer 304 or 206 where the answer carries validators and the client asks for that."""
    tag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    body = response.body
    if response.status != 200 or not tag or not modified or not isinstance(body, bytes):
        return response
    headers = request.headers
    if "if-none-match" in headers:
        if tag in headers["if-none-match"] or headers["if-none-match"] == "*":
            return response.with_(status=304, body=b"")
    elif "if-modified-since" in headers and _not_after(modified, headers["if-modified-since"]):
        return response.with_(status=304, body=b"")
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("range", ""))
    same = headers.get("if-range", tag) in (tag, modified)
    if found and same and "Accept-Ranges" in response.headers:
        total = len(body)
        start, end = int(found[1]), min(int(found[2] or total - 1), total - 1)
        if start >= total:
            return response.with_(status=416, headers={"Content-Range": f"bytes */{total}"}, body=b"")
        return response.with_(
            status=206,
            headers={"Content-Range": f"bytes {start}-{end}/{total}"},
            body=body[start : end + 1],
        )
    return response


def _not_after(modified: str, since: str) -> bool:
    with contextlib.suppress(ValueError, TypeError):
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    return False


def _reset(connection: socket.socket) -> None:
    """Throw the connection away: what was sent may never arrive, and the other side reads an error."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        fd = connection.detach()
        socket.close(fd)
