"""One thread owns the networks: whatever is to be painted waits in its queue, and what nobody waits for is dropped."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from artgan.errors import ArtganError, BusyError

T = TypeVar("T")
MOST_WAITING = 64


class Stale(ArtganError):
    """A newer wish of the same channel came before this one's turn."""


class Worker:
    """Does one thing after the other.

    A **channel** is one thing that changes on a page, such as the picture beside a slider: of its wishes only the
    newest is of interest.
    """

    def __init__(self) -> None:
        self._queue: queue.Queue[tuple[str, int, Future[Any], Callable[[], Any]] | None] = queue.Queue()
        self._newest: dict[str, int] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="studio", daemon=True)
        self._thread.start()

    def do(self, work: Callable[[], T], channel: str = "", serial: int = 0) -> T:
        """Do something in the thread, and return what came of it.

        Args:
            work: what to do.
            channel: to which the wish belongs; "" for none.
            serial: of the wish in its channel, rising.

        Raises:
            Stale: a newer wish of the channel is waiting, or was done.
            BusyError: too many wait already.
        """
        with self._lock:
            if self._queue.qsize() >= MOST_WAITING:
                raise BusyError(f"{MOST_WAITING} wishes wait already", "wait a moment")
            if channel:
                if serial < self._newest.get(channel, serial):
                    raise Stale("a newer wish has come")
                if len(self._newest) > 10_000:  # of pages that were closed long ago
                    self._newest.clear()
                self._newest[channel] = serial
            future: Future[T] = Future()
            self._queue.put((channel, serial, future, work))
        return future.result()

    def close(self) -> None:
        """Let it end after what it does."""
        self._queue.put(None)

    def _work(self) -> None:
        while (entry := self._queue.get()) is not None:
            channel, serial, future, work = entry
            with self._lock:
                stale = bool(channel) and serial < self._newest.get(channel, serial)
            if stale:
                future.set_exception(Stale("a newer wish has come"))
                continue
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
