"""One thread owns the networks: whatever is to be painted waits in its queue, and what nobody waits for is dropped."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from artgan.errors import ArtganError, BusyError

T = TypeVar("T")
MOST_WAITING = 64
_NOW, _IN_TURN, _LAST = range(3)


class Stale(ArtganError):
    """A newer wish of the same channel came before this one's turn."""


@dataclass(frozen=True)
class _Wish:
    channel: str
    serial: int
    future: Future[Any]
    work: Callable[[], Any]


class Worker:
    """Does one thing after the other, what moves under a hand before all else.

    A **channel** is one thing that changes on a page, such as the picture beside a slider: of its wishes only the
    newest is of interest, and it is done next. What is in no channel waits its turn, so it comes in small pieces.
    """

    def __init__(self) -> None:
        # By haste, then in the order in which they came.
        self._queue: queue.PriorityQueue[tuple[int, int, _Wish | None]] = queue.PriorityQueue()
        self._count = itertools.count()
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
            self._queue.put((_NOW if channel else _IN_TURN, next(self._count), _Wish(channel, serial, future, work)))
        return future.result()

    def close(self) -> None:
        """Let it end after what it does."""
        self._queue.put((_LAST, next(self._count), None))

    def _work(self) -> None:
        while (wish := self._queue.get()[2]) is not None:
            with self._lock:
                stale = bool(wish.channel) and wish.serial < self._newest.get(wish.channel, wish.serial)
            if stale:
                wish.future.set_exception(Stale("a newer wish has come"))
                continue
            try:
                wish.future.set_result(wish.work())
            except BaseException as error:
                wish.future.set_exception(error)
