"""The record of a sweep, ``runs/.sweeps/<name>/sweep.json``: what it varies, and which run belongs to which point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from artgan import files
from artgan.errors import BusyError, DamagedError, NotFoundError, UsageError
from artgan.records import Record, now
from artgan.runs.store import LAST, new_id

SWEEPS = ".sweeps"
"""In the folder of runs; hidden, since what a person looks at are the runs and the report."""
_ID_LENGTH = 4


class Point(BaseModel):
    """One run of a sweep: what is its own, as typed, and the run's name once there is one."""

    model_config = ConfigDict(frozen=True)

    values: dict[str, str]
    run: str = ""

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.values.items())


class SweepPlan(BaseModel):
    """What a sweep shall do; the same plan typed again is the same sweep, as long as that is not over.

    Attributes:
        over: what was typed after ``--over``.
        points: what each run has of its own.
        given: options that all runs share.
        dataset: its name, where the points name none.
        init: what the runs begin with, as typed after ``--init``; None for nothing.
        backend: where they execute: "local", or a service.
        home: what finds that place again.
        wishes: the fields of ``JobSpec`` that a person chooses.
    """

    model_config = ConfigDict(frozen=True)

    over: tuple[str, ...]
    points: tuple[dict[str, str], ...]
    given: dict[str, Any] = Field(default_factory=dict)
    dataset: str = ""
    init: str | None = None
    backend: str = "local"
    home: dict[str, str] = Field(default_factory=dict)
    wishes: dict[str, Any] = Field(default_factory=dict)


class SweepRecord(Record):
    """What is known of a sweep beside its runs.

    Attributes:
        id: short, unique in its folder.
        name: of the folder.
        plan: what it shall do.
        points: what it varies, and the runs.
        at_once: how many runs may go on at once here; a cluster has a queue of its own.
        keep: how many of the best are kept going; 0 for all.
        after_s: seconds of training after which they are compared.
        cancelled: whether nothing more shall be begun.
    """

    id: str
    name: str
    created: datetime
    plan: SweepPlan
    points: tuple[Point, ...]
    at_once: int = 1
    keep: int = 0
    after_s: float = 0.0
    cancelled: bool = False


class SweepFolder:
    """``runs/.sweeps/<name>/``.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def runs_dir(self) -> Path:
        return self.path.parent.parent

    @property
    def record_path(self) -> Path:
        return self.path / "sweep.json"

    def record(self) -> SweepRecord:
        """Read the record; several processes write it.

        Raises:
            DamagedError: it cannot be read.
        """
        try:
            return SweepRecord.model_validate_json(self.record_path.read_bytes())
        except (OSError, ValidationError) as error:
            raise DamagedError(
                f"{self.record_path} cannot be read as the record of a sweep",
                f"its runs are there all the same: artgan list --tag sweep={self.name}",
            ) from error

    def update(self, change: Callable[[SweepRecord], dict[str, Any]]) -> SweepRecord:
        """Change the record, whatever another process does to it at the same time.

        Args:
            change: is given the record as it is, and returns the fields that shall be others.
        """
        with files.locked(self.path / ".lock"):
            record = self.record()
            changed = record.model_copy(update=change(record))
            files.write_text(self.record_path, changed.model_dump_json(indent=1) + "\n")
        return changed

    def note_run(self, index: int, run: str) -> None:
        """Write down which run a point has."""

        def change(record: SweepRecord) -> dict[str, Any]:
            points = list(record.points)
            points[index] = points[index].model_copy(update={"run": run})
            return {"points": tuple(points)}

        self.update(change)

    def is_tended(self) -> bool:
        """Say whether a process begins and compares its runs."""
        try:
            with self.tended():
                return False
        except BusyError:
            return True

    @contextmanager
    def tended(self) -> Iterator[None]:
        """Begin and compare its runs alone.

        Raises:
            BusyError: another process does.
        """
        busy = f"sweep {self.name} is being tended by another process"
        with files.locked(self.path / ".tending", busy, f"look at it: artgan sweep show {self.name}"):
            yield


def new_sweep(runs_dir: Path, base: str, plan: SweepPlan, **fields: Any) -> SweepFolder:
    """Write a sweep down, before any of its runs.

    Args:
        runs_dir: the folder of runs.
        base: what its name begins with.
        plan: what it shall do.
        fields: of the ``SweepRecord``.
    """
    while True:
        sweep_id = new_id(_ID_LENGTH)
        folder = SweepFolder(runs_dir / SWEEPS / f"{files.safe_name(base)}-{sweep_id}")
        if not folder.path.exists():
            break
    points = tuple(Point(values=values) for values in plan.points)
    record = SweepRecord(id=sweep_id, name=folder.name, created=now(), plan=plan, points=points, **fields)
    files.write_text(folder.record_path, record.model_dump_json(indent=1) + "\n")
    return folder


def list_sweeps(runs_dir: Path) -> list[SweepFolder]:
    """Return the sweeps of a folder of runs, oldest first."""
    place = runs_dir / SWEEPS
    found = [SweepFolder(path.parent) for path in place.glob("*/sweep.json")] if place.is_dir() else []
    return sorted(found, key=lambda folder: (folder.record_path.parent.stat().st_ctime, folder.name))


def find_sweep(runs_dir: Path, text: str) -> SweepFolder:
    """Return the sweep that a person means: its name, its id, the beginning of either, or ``@last``.

    Raises:
        NotFoundError: none fits.
        UsageError: several do.
    """
    found = list_sweeps(runs_dir)
    if text == LAST and found:
        return max(found, key=lambda folder: folder.record().created)
    exact = [f for f in found if text in (f.name, f.name.rpartition("-")[2])]
    fitting = exact or [
        f for f in found if text and (f.name.startswith(text) or f.name.rpartition("-")[2].startswith(text))
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"{text!r} fits {len(fitting)} sweeps", f"say which: {', '.join(f.name for f in fitting[:8])}")
    names = ", ".join(f.name for f in found[-8:])
    hint = f"there are: {names}" if names else "start one with: artgan sweep --over size=64,128"
    raise NotFoundError(f"no sweep {text!r} in {runs_dir}", hint)
