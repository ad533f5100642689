"""A sweep is written down first; then its runs are begun, looked at and compared until all of them are over.

Here as many go on at once as the machine bears, and the others wait; a service has a queue, so it is sent all of them.
Which run belongs to which point is told by the run's tags, so whoever goes on after a crash doubles nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from artgan.compute.backend import Backend, Target
from artgan.compute.following import glance, is_remote, refresh
from artgan.compute.submitting import Submission, Submitted, submit
from artgan.compute.sweeps.ranking import Standing, losers, standings, told
from artgan.compute.sweeps.record import SweepFolder, SweepPlan, list_sweeps
from artgan.datasets.manifest import find_dataset
from artgan.datasets.prepared import is_prepared
from artgan.errors import DamagedError
from artgan.events import Event, Finished, Note
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.store import NOTHING, list_runs
from artgan.training.job import source_for
from artgan.training.opening import prepare_missing
from artgan.training.resolving import resolve

DATASET = "dataset"
"""What may be varied beside the options of a training."""
SWEEP, POINT = "sweep", "point"
"""The tags of a sweep's run: the sweep's name, and the number of the point, from 1."""


class Places(NamedTuple):
    """Where datasets, runs and downloaded networks lie."""

    datasets_dir: Path
    runs_dir: Path
    cache_dir: Path | None = None


class Swept(Event):
    """A run of the sweep was sent; now ``done`` of ``total`` are."""

    run: str
    state: str
    done: int
    total: int


class Looked(Event):
    """The runs were looked at; ``counts`` says how many are in which state."""

    counts: dict[str, int]


class SweepOver(Finished):
    """All runs of the sweep are over."""

    sweep: str
    counts: dict[str, int]


def submission_of(plan: SweepPlan, index: int, places: Places, sweep: str = "") -> Submission:
    """Return what a point's run is.

    Args:
        plan: of the sweep.
        index: of the point, from 0.
        places: where things lie.
        sweep: its name; "" before it has one.

    Raises:
        UsageError: these values make no training.
        NotFoundError: the dataset, or the run that it shall begin from, does not exist.
    """
    values = plan.points[index]
    given = {**plan.given, **{name: value for name, value in values.items() if name != DATASET}}
    dataset = find_dataset(places.datasets_dir, values.get(DATASET) or plan.dataset or None)
    source = source_for(plan.init, resolve(given), places.runs_dir, places.cache_dir)
    config = resolve(given, begun=source is not None)
    tags = dict(plan.wishes.get("tags", {})) | ({SWEEP: sweep, POINT: str(index + 1)} if sweep else {})
    return Submission(dataset, config, {**plan.wishes, "tags": tags}, "", source, plan.init == NOTHING)


def unfinished(runs_dir: Path, plan: SweepPlan) -> SweepFolder | None:
    """Return the sweep that has this very plan and is not over: whoever types it again goes on with it."""
    for sweep in reversed(list_sweeps(runs_dir)):
        try:
            record = sweep.record()
        except DamagedError:
            continue
        if record.plan == plan and not record.cancelled and not all(row.over for row in standings(sweep, record)):
            return sweep
    return None


def tend(sweep: SweepFolder, backend: Backend, target: Target, places: Places, look_s: float) -> Iterator[Event]:
    """Begin what waits, look at what goes on, end what others have beaten; until all runs are over.

    Args:
        sweep: written down.
        backend: where its runs execute.
        target: what the backend said of the place.
        places: where things lie.
        look_s: seconds between two looks.

    Yields:
        ``Note``, ``Progress``, ``Swept``, ``Looked``, at the end ``SweepOver``.

    Raises:
        BusyError: another process tends it.
        ArtganError: of the backend; the sweep goes on when it is tended again.
    """
    began = time.monotonic()
    with sweep.tended():
        _find_again(sweep)
        while True:
            yield from _send(sweep, backend, target, places)
            rows = look(sweep, backend)
            yield Looked(counts=dict(told(rows)))
            record = sweep.record()
            if record.keep and not record.cancelled:
                yield from end(losers(rows, record.keep, record.after_s), backend, "others of its sweep are better")
            waiting = not record.cancelled and any(row.state == "waiting" for row in rows)
            if not waiting and not any(row.going for row in rows):
                counts = dict(told(standings(sweep, record)))
                yield SweepOver(seconds=time.monotonic() - began, sweep=sweep.name, counts=counts)
                return
            time.sleep(look_s)


def send_all(sweep: SweepFolder, backend: Backend, target: Target, places: Places) -> Iterator[Event]:
    """Send all that a service's queue shall have, and look no further; yields and raises as ``tend`` does."""
    with sweep.tended():
        _find_again(sweep)
        yield from _send(sweep, backend, target, places)


def look(sweep: SweepFolder, backend: Backend, *, sheets: bool = False) -> list[Standing]:
    """Ask how the runs are, with what they have learned so far, and return how they stand.

    Args:
        sweep: its folder.
        backend: where its runs execute.
        sheets: whether their newest sheets of pictures come home too.
    """
    rows = standings(sweep, sweep.record())
    asked = [row for row in rows if row.folder and row.record and is_remote(row.record) and (row.going or sheets)]
    for row in asked:
        assert row.folder is not None
        refresh(row.folder, backend)
        glance(row.folder, backend, sheet=sheets)
    return standings(sweep, sweep.record()) if asked else rows


def end(rows: Sequence[Standing], backend: Backend, reason: str) -> Iterator[Event]:
    """End runs that go on; what they made stays."""
    for row in rows:
        assert row.folder is not None and row.record is not None
        record = row.record
        if backend.cancel(record.remote_id or record.id, record.remote):
            RunFolder(row.folder.path).update(state="cancelled", reason=reason, ended=now())
            yield Note(text=f"ended {row.folder.name}: {reason}")


def _find_again(sweep: SweepFolder) -> None:
    """Give each point the run that has its tags: whoever sent it may have been killed before he wrote that down."""
    known = {point.run for point in sweep.record().points}
    for folder in list_runs(sweep.runs_dir):
        tags = folder.current().tags
        if tags.get(SWEEP) == sweep.name and folder.name not in known and folder.current().state != "submitting":
            sweep.note_run(int(tags[POINT]) - 1, folder.name)


def _send(sweep: SweepFolder, backend: Backend, target: Target, places: Places) -> Iterator[Event]:
    """Begin the runs that wait, as many as may go on at once."""
    local = backend.name == "local"
    while True:
        record = sweep.record()
        rows = standings(sweep, record)
        waiting = [row.index for row in rows if row.state == "waiting"]
        full = local and sum(row.going for row in rows) >= record.at_once
        if record.cancelled or not waiting or full:
            return
        index = waiting[0]
        submission = submission_of(record.plan, index, places, sweep.name)
        size = submission.config.size
        yield from prepare_missing(submission.dataset, size, ready=is_prepared(submission.dataset, size))
        for event in submit(submission, backend, target, places.runs_dir):
            if isinstance(event, Submitted):
                sweep.note_run(index, event.run)
                done = len(rows) - len(waiting) + 1
                yield Swept(run=event.run, state=event.state, done=done, total=len(rows))
            else:
                yield event
