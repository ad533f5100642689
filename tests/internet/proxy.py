"""A CONNECT proxy behind which a handful of host names exist, and nothing else."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase

_PIECE = 256 * 1024


@dataclass(frozen=True)
class Connect:
    """One wish to be connected, granted or not."""

    time: float
    """Monotonic, seconds."""
    method: str
    target: str
    """``host:port``; a whole address where a client asked for plain http."""
    status: int


class Proxy:
    """Answer ``CONNECT host:443`` for the hosts it knows, 403 for all others and for plain http.

    Attributes:
        connects: everything that was asked for, in order.
    """

    def __init__(self, port: int = 0) -> None:
        self._routes: list[tuple[str, int]] = []
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._cut = False
        self.connects: list[Connect] = []
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def route(self, host: str, port: int) -> None:
        """Send a host name (``*`` stands for anything) to a server on this machine."""
        self._routes.append((host, port))

    def cut(self) -> None:
        """Pull the cable: what is open is reset, what is new is hung up on."""
        with self._lock:
            self._cut = True
            sockets = list(self._sockets)
        for one in sockets:
            _doom(one)

    def restore(self) -> None:
        """Put the cable back."""
        with self._lock:
            self._cut = False

    def refused(self) -> list[str]:
        """Return the targets that were not granted."""
        with self._lock:
            return [connect.target for connect in self.connects if connect.status != 200]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                cut = self._cut
                if not cut:
                    self._sockets.add(client)
            if cut:
                _doom(client)
                client.close()
            else:
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = None
        try:
            client.settimeout(30)
            method, target = _read_head(client)
            port = self._port_of(target) if method == "CONNECT" else None
            with self._lock:
                self.connects.append(Connect(time.monotonic(), method, target, 200 if port else 403))
            if port is None:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            server = socket.create_connection(("127.0.0.1", port))
            with self._lock:
                self._sockets.add(server)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pump(client, server)
        except OSError:
            _doom(client)
        finally:
            for one in (client, server):
                if one is not None:
                    with self._lock:
                        self._sockets.discard(one)
                    one.close()

    def _port_of(self, target: str) -> int | None:
        host, _, port = target.rpartition(":")
        if port != "443":
            return None
        return next((to for pattern, to in self._routes if fnmatchcase(host.lower(), pattern)), None)


def _read_head(client: socket.socket) -> tuple[str, str]:
    head = b""
    while b"\r\n\r\n" not in head:
        more = client.recv(4096)
        if not more or len(head) > 65536:
            raise ConnectionError("no request")
        head += more
    method, target, *_ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    return method, target


def _pump(client: socket.socket, server: socket.socket) -> None:
    """Carry bytes both ways until one side ends; a reset is passed on as a reset."""
    for one in (client, server):
        one.settimeout(None)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Left alone they grow to tens of megabytes, and a server sends on long after nobody reads.
        for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            one.setsockopt(socket.SOL_SOCKET, buffer, _PIECE)
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select():
                source: socket.socket = key.fileobj  # type: ignore[assignment]
                data = source.recv(_PIECE)
                if not data:
                    return
                key.data.sendall(data)


def _doom(one: socket.socket) -> None:
    """Let a connection end the rude way when its thread closes it: the other side reads "reset by peer"."""
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RD)  # wakes the thread that waits for bytes
