"""Runs that go on: one that is asked to end, and one elsewhere that is asked how it is; no page waits for either.

A worker that is asked to end saves first, which may take many seconds, and a service answers when it likes. So both
happen in threads of their own, and ``told`` says how far they are whenever the page asks again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from artgan.errors import ArtganError
from artgan.runs.folder import RunFolder
from artgan.runs.record import GOING

_LOOK_S = 20.0
"""Between two questions to the place where a run executes."""
_CLOSING_S = 2.0
"""To send what was asked for, when the studio is closed; a worker that has got it needs nobody to wait."""


class Tending:
    """Looks after the runs of a studio.

    Args:
        stop: ends a run, and returns when it has ended; whether it was going on.
        look: brings home how a run elsewhere is.
    """

    def __init__(self, stop: Callable[[RunFolder], bool], look: Callable[[RunFolder], object] | None = None) -> None:
        self._stop, self._look = stop, look
        self._lock = threading.Lock()
        self._at_work: dict[tuple[str, str], threading.Thread] = {}
        self._looked: dict[str, float] = {}
        self._trouble: dict[str, ArtganError] = {}

    def stop(self, folder: RunFolder) -> bool:
        """Ask a run to end, and return at once: whether it goes on."""
        if folder.current().state not in GOING:
            return False
        self._begin("stop", folder, self._stop)
        return True

    def look(self, folder: RunFolder) -> None:
        """Have it asked how a run is, where that is elsewhere and was not just done."""
        record = folder.current()
        if self._look is None or record.backend == "local" or record.state not in GOING:
            return
        if time.monotonic() - self._looked.get(folder.name, -_LOOK_S) >= _LOOK_S:
            self._looked[folder.name] = time.monotonic()
            self._begin("look", folder, self._look)

    def told(self, name: str) -> dict[str, Any]:
        """Return what the page is told of a run: whether it is being ended, and what went wrong with asking."""
        with self._lock:
            trouble = self._trouble.get(name)
            told = {"error": trouble.message, "hint": trouble.hint} if trouble else None
            return {"stopping": ("stop", name) in self._at_work, "trouble": told}

    def close(self) -> None:
        """Let what was asked for be sent."""
        until = time.monotonic() + _CLOSING_S
        for (what, _), thread in list(self._at_work.items()):
            if what == "stop":
                thread.join(max(0.0, until - time.monotonic()))

    def _begin(self, what: str, folder: RunFolder, work: Callable[[RunFolder], object]) -> None:
        with self._lock:
            if (what, folder.name) in self._at_work:
                return
            thread = threading.Thread(target=self._run, args=(what, folder, work), name=f"studio-{what}", daemon=True)
            self._at_work[what, folder.name] = thread
        thread.start()

    def _run(self, what: str, folder: RunFolder, work: Callable[[RunFolder], object]) -> None:
        trouble = None
        try:
            work(RunFolder(folder.path))
        except ArtganError as error:
            trouble = error
        except Exception as error:
            trouble = ArtganError(f"{type(error).__name__}: {error}"[:300])
        with self._lock:
            self._at_work.pop((what, folder.name), None)
            if trouble:
                self._trouble[folder.name] = trouble
            else:
                self._trouble.pop(folder.name, None)
