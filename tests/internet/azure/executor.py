"""The clusters: they really run what was submitted."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path

from .job import Attempt
from .world import Run, World


class Executor:
    """Starts queued runs, oldest first, as many on each cluster as it has nodes.

    Args:
        world: where the runs are.
        folder: the disks of the nodes.
        variables: what a job finds in its environment so that it reaches the services.
        tokens: those that are valid; a job gets one of its own.
        grace_s: between TERM and KILL.
    """

    def __init__(
        self, world: World, folder: Path, variables: Mapping[str, str], tokens: set[str], *, grace_s: float
    ) -> None:
        self.world = world
        self.folder = folder
        self.variables = dict(variables)
        self.tokens = tokens
        self.grace_s = grace_s
        self._queue: list[Run] = []
        self._attempts: dict[str, Attempt] = {}
        self._disks: dict[str, Path] = {}
        self._closed = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="scheduler", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End everything at once."""
        self._closed.set()
        self._wake.set()
        self._thread.join()
        self.clear()

    def clear(self) -> None:
        """Forget what is queued, kill what runs."""
        with self.world.lock:
            self._queue.clear()
            attempts = list(self._attempts.values())
        for attempt in attempts:
            attempt.kill()
        with self.world.lock:
            self._attempts.clear()
            self._disks.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def submit(self, run: Run) -> None:
        with self.world.lock:
            run.become("Queued")
            self._queue.append(run)
        self._wake.set()

    def wake(self) -> None:
        self._wake.set()

    def cancel(self, run: Run) -> None:
        """Take it out of the queue, or TERM and after a while KILL; what is over stays as it is."""
        with self.world.lock:
            if run.over:
                return
            attempt = self._attempts.get(run.id)
            if run in self._queue:
                self._queue.remove(run)
                run.become("Canceled")
                return
            if attempt is None:
                run.become("Canceled")
                return
            run.become("CancelRequested")
        attempt.cancel()

    def preempt(self, run: Run, *, keep_outputs: bool, torn: bool, hold: bool) -> None:
        """Take the node away; see ``LocalAzure.preempt``."""
        with self.world.lock:
            attempt = self._attempts.get(run.id)
        if attempt is None:
            raise AssertionError(f"{run.id} does not run: {run.status}")
        attempt.kill()
        if run.over:
            raise AssertionError(f"{run.id} was over before its node could be taken away: {run.status}")
        if keep_outputs:
            self._disks[run.id] = self._rescue(run, attempt, torn=torn)
        with self.world.lock:
            if hold:
                self.world.places[run.target or ""].held = True
            run.become("Queued")
            self._attempts.pop(run.id, None)
            self._queue.insert(0, run)
        self._wake.set()

    def _rescue(self, run: Run, attempt: Attempt, *, torn: bool) -> Path:
        disk = self.folder / f"{run.id}-disk"
        shutil.rmtree(disk, ignore_errors=True)
        disk.mkdir(parents=True)
        for name in ("outputs", "logs", "user_logs"):
            if (attempt.wd / name).is_dir():
                shutil.move(attempt.wd / name, disk / name)
        if torn:
            found = (disk / "outputs" / "state").rglob("*")
            states = [path for path in found if path.is_file() and path.suffix != ".part"]
            if not states:
                raise AssertionError(f"{run.id} has no state that could be torn")
            newest = max(states, key=lambda path: path.stat().st_mtime_ns)
            os.truncate(newest, newest.stat().st_size // 2)
        return disk

    def _serve(self) -> None:
        while not self._closed.is_set():
            self._wake.wait(0.1)
            self._wake.clear()
            with self.world.lock:
                self._attempts = {run_id: one for run_id, one in self._attempts.items() if not one.done}
                for run in self._startable():
                    self._queue.remove(run)
                    self._start(run)

    def _startable(self) -> list[Run]:
        found = []
        for cluster in self.world.places.values():
            if cluster.held:
                continue
            free = cluster.nodes - sum(one.run.target == cluster.name for one in self._attempts.values())
            found += [run for run in self._queue if run.target == cluster.name][: max(0, free)]
        return found

    def _start(self, run: Run) -> None:
        run.attempts += 1
        place, disk = self.folder / f"{run.id}-{run.attempts}", self._disks.pop(run.id, None)
        attempt = Attempt(self.world, run, place, disk, self.variables, self.tokens, self.grace_s)
        self._attempts[run.id] = attempt
        attempt.start()
