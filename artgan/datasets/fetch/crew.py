"""Threads that do what blocks, so that the one that draws and decides never does."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Done(NamedTuple):
    """What came of a task: ``value``, or the ``error`` that it raised."""

    key: Any
    value: Any
    error: BaseException | None


class Crew:
    """Some workers, and a queue of what they bring.

    The threads are daemons: a second Ctrl-C must not wait for a server that is silent.

    Args:
        workers: how many tasks are under way at a time, 1 or more.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.busy = 0
        """Tasks begun and not yet taken."""
        self._tasks: queue.SimpleQueue[tuple[Any, Callable[[], Any]] | None] = queue.SimpleQueue()
        self._brought: queue.SimpleQueue[Done | str] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def begin(self, key: Any, task: Callable[[], Any]) -> None:
        """Let a worker call ``task``."""
        self.busy += 1
        self._tasks.put((key, task))

    def tell(self, text: str) -> None:
        """Hand over a sentence for the person; called by any thread."""
        self._brought.put(text)

    def take(self, timeout_s: float) -> Done | str | None:
        """Return what a worker brought, or a sentence; None when there was nothing for so long."""
        try:
            brought = self._brought.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(brought, Done):
            self.busy -= 1
        return brought

    def close(self, patience_s: float = 0.5) -> None:
        """Send the workers home; one that hangs on a silent server is left behind."""
        for _ in self._threads:
            self._tasks.put(None)
        until = time.monotonic() + patience_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            key, function = task
            try:
                self._brought.put(Done(key, function(), None))
            except BaseException as error:
                self._brought.put(Done(key, None, error))
