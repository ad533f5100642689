"""What takes longer than a page waits: films, a picture that is looked for, the directions of a run."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from artgan.errors import ArtganError, BusyError, NotFoundError
from artgan.runs.store import new_id

_KEPT = 50
_AT_ONCE = 4


class Cancelled(Exception):
    """Nobody wants it any more."""


@dataclass
class Job:
    """One of them: ``facts`` is what came of it; ``enough`` is set where what was found so far does."""

    id: str
    done: int = 0
    total: int = 0
    state: str = "running"
    error: str = ""
    hint: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)
    enough: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, total: int) -> None:
        """Say how far it is; ends the job where it is not wanted any more.

        Raises:
            Cancelled: it is not wanted any more.
        """
        self.done, self.total = done, total
        if self.cancelled.is_set():
            raise Cancelled

    def is_over(self) -> bool:
        """Say whether nobody waits for more: it is not wanted, or what was found does."""
        return self.cancelled.is_set() or self.enough.is_set()

    def told(self) -> dict[str, Any]:
        """Return what the page is told."""
        error = {"error": self.error, "hint": self.hint} if self.error else {}
        return {"job": self.id, "state": self.state, "done": self.done, "total": self.total, **error, **self.facts}


class Jobs:
    """Runs jobs, each in a thread of its own; what they paint they ask of the worker, in small pieces."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, work: Callable[[Job], dict[str, Any]]) -> Job:
        """Begin a job.

        Args:
            work: returns what came of it.

        Raises:
            BusyError: several are running already.
        """
        with self._lock:
            if sum(job.state == "running" for job in self._jobs.values()) >= _AT_ONCE:
                raise BusyError(f"{_AT_ONCE} things are being made already", "wait for one of them, or end one")
            job = Job(new_id(8))
            self._jobs[job.id] = job
            while len(self._jobs) > _KEPT:
                self._jobs.popitem(last=False)
        threading.Thread(target=self._run, args=(job, work), name=f"studio-{job.id}", daemon=True).start()
        return job

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            NotFoundError: there is none of this id, or no longer.
        """
        with self._lock:
            if job_id not in self._jobs:
                raise NotFoundError("the studio knows nothing of that any more", "begin it again")
            return self._jobs[job_id]

    def end(self) -> None:
        """End all of them."""
        with self._lock:
            for job in self._jobs.values():
                job.cancelled.set()

    @staticmethod
    def _run(job: Job, work: Callable[[Job], dict[str, Any]]) -> None:
        try:
            job.facts = work(job)
            job.state = "done"
        except Cancelled:
            job.state = "cancelled"
        except ArtganError as error:
            job.error, job.hint, job.state = error.message, error.hint, "failed"
        except Exception as error:
            job.error, job.state = f"{type(error).__name__}: {error}"[:300], "failed"
