"""A studio that listens, for tests in a browser: two runs of 8 px networks, and one that a worker trains."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from browser import Tab
from films_made import run_of
from PIL import Image
from quick import QUICK

from artgan.compute.backend import Backend
from artgan.compute.following import end_run
from artgan.compute.local import LocalBackend
from artgan.compute.submitting import Submission, Submitted, submit
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.preparing import prepare
from artgan.runs.folder import RunFolder
from artgan.studio.app import App, Studio
from artgan.studio.easel import Easel
from artgan.studio.guard import Guard
from artgan.studio.serving import serving
from artgan.studio.tending import Tending
from artgan.training.resolving import resolve


@dataclass
class Open:
    """A studio that listens, for a browser.

    Attributes:
        studio: what it is made of.
        run: of an 8 px network, three checkpoints.
        other: another, with one.
        learning: a worker that trains, until it is told to stop.
    """

    studio: Studio
    run: RunFolder
    other: RunFolder
    learning: RunFolder

    @property
    def out(self) -> Path:
        return self.studio.out

    def address(self, run: RunFolder | None = None, room: str = "wall") -> str:
        return f"{self.studio.guard.address()}#/{(run or self.run).name}/{room}"

    def strangers(self, tab: Tab) -> list[str]:
        """Return what a page asked for elsewhere than of this studio."""
        own = f"http://127.0.0.1:{self.studio.guard.port}/"
        return [address for address in tab.asked_for() if not address.startswith((own, "blob:"))]


def _drawn(folder: Path) -> DatasetFolder:
    """A dataset of drawn pictures, prepared at 8 px."""
    (folder / "paintings").mkdir(parents=True)
    random = np.random.default_rng(3)
    for number in range(8):
        cells = Image.fromarray(random.integers(0, 256, (4, 4, 3), np.uint8))
        cells.resize((16, 16)).save(folder / "paintings" / f"{number}.png")
    list(import_folder(folder / "paintings", name="drawn", datasets_dir=folder / "datasets"))
    found = DatasetFolder(folder / "datasets" / "drawn")
    list(prepare(found, size=8))
    return found


def _learning(folder: Path, backend: Backend) -> RunFolder:
    """A worker that has been sent to train an 8 px network for ten minutes; it is ended with the tests."""
    wishes = {"size": 8, "batch_size": 8, "latent_dim": 6, "grid": 4, "precision": "float32"}
    config = resolve({**QUICK, **wishes, "time": "600s", "save_every": "0.5s"})
    submission = Submission(_drawn(folder), config, {}, from_nothing=True)
    *_, sent = submit(submission, backend, backend.target(submission.spec()), folder / "runs")
    assert isinstance(sent, Submitted)
    return RunFolder(sent.path)


def free_here() -> int:
    """Return a port that nobody listens to; another each time: a browser keeps connections to the studio before."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def open_studio(folder: Path) -> Iterator[Open]:
    """Listen, with runs in a folder."""
    runs = folder / "runs"
    backend = LocalBackend(runs, folder / "datasets")
    learning = _learning(folder, backend)  # begins while the others are opened
    run, other = run_of(runs, (1, 2, 30), side=8), run_of(runs, (7,), side=8, base="roses")
    for one in (run, other):
        one.update(state="finished")
    guard = Guard(free_here())
    tending = Tending(lambda one: end_run(one, backend))
    studio = Studio(Easel(runs), guard, folder / "pictures", run.name, tending)
    with serving(App(studio), guard.port) as server:
        threading.Thread(target=server.run, daemon=True).start()
        yield Open(studio, run, other, learning)
    studio.close()
    backend.cancel(learning.record.id, {})
