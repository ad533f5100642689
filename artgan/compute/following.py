"""A run that executes elsewhere is asked how it is, its log is read, and what it made is brought home."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import ValidationError

from artgan.compute.backend import Backend, RemoteFile, RemoteRun
from artgan.errors import NotFoundError
from artgan.events import Event, Note, Progress
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.record import BEST, GOING, RunRecord
from artgan.runs.store import adopt_run, list_runs

_THEIRS = "job-run.json"
"""The job's own record, beside ours, which it does not replace."""
_LEARNED = ("epoch", "step", "images_seen", "seconds", "cpu_seconds", "device", "versions", "typical_aspect")
_BEST = ("models/best.json", "models/best.keras")
_GENERATOR = re.compile(r"models/[^/]*?(\d+)\.(keras|h5|hdf5)")


def is_remote(record: RunRecord) -> bool:
    """Say whether a run executes somewhere that must be asked."""
    return record.backend != "local"


def refresh(folder: RunFolder, backend: Backend) -> RunRecord:
    """Ask how a run is, and write it down; one that the service knows no more, deleted there, is "lost".

    Raises:
        RemoteError: the service does not answer; the record stays as it is.
    """
    record = folder.record
    if not is_remote(record):
        return RunFolder(folder.path).current()  # read anew: its worker writes it
    if record.remote_id:
        found = _status(record, backend)
        if found is None and record.state in GOING:
            return folder.update(state="lost", reason="the service knows it no more", ended=now(), asked=now())
    else:
        found = backend.find(record.id, record.remote, record.told)
    if found is None:
        return record
    _write(folder, found)
    return _learned(folder, backend)


def _status(record: RunRecord, backend: Backend) -> RemoteRun | None:
    try:
        return backend.status(record.remote_id or "", record.remote)
    except NotFoundError:
        return backend.find(record.id, record.remote, record.told)  # raises where it is the workspace that is gone


def _learned(folder: RunFolder, backend: Backend) -> RunRecord:
    """Take over how far the job's own record says that it is; a run that keeps none is as far as it was."""
    record = folder.record
    path = folder.path / _THEIRS
    try:
        backend.fetch(record.remote_id or record.id, record.remote, RemoteFile("run.json", None), path)
        theirs = RunRecord.model_validate_json(path.read_bytes())
    except (NotFoundError, ValidationError, OSError):
        return record
    return folder.update(**{name: getattr(theirs, name) for name in _LEARNED})


def glance(folder: RunFolder, backend: Backend, *, sheet: bool = False) -> None:
    """Bring home what a run elsewhere says of its learning, and with ``sheet`` its newest pictures."""
    record = folder.record
    if not record.remote_id:
        return
    wanted = [RemoteFile(folder.metrics_path.name, None)]
    if sheet:
        there = backend.files(record.remote_id, record.remote, "samples/")
        sheets = [file for file in there if Path(file.path).stem.isdecimal() and file.path.endswith(".png")]
        newest = max(sheets, key=lambda file: int(Path(file.path).stem), default=None)
        wanted += [newest] if newest and not _is_here(folder, newest) else []
    for file in wanted:
        with contextlib.suppress(NotFoundError):
            backend.fetch(record.remote_id, record.remote, file, _place(folder, file))


def end_run(folder: RunFolder, backend: Backend) -> bool:
    """End a run that goes on; return whether it was going on. What it made stays.

    Raises:
        RemoteError: the service does not answer.
    """
    record = folder.current()
    if record.backend != "local" and not record.remote_id and record.state == "submitting":
        sent = backend.find(record.id, record.remote)  # it may have been sent although no answer came
        if sent:
            record = folder.update(remote_id=sent.remote_id)
    if record.backend == "local" or record.remote_id:
        going = backend.cancel(record.remote_id or record.id, record.remote)
    else:
        going = record.state == "submitting"
    if going and record.backend != "local":
        folder.update(state="cancelled", reason="cancelled", ended=now())
    elif record.remote_id:
        refresh(folder, backend)  # our record may be older than its end
    return going


def refresh_all(runs_dir: Path, backend: Backend, experiment: str = "") -> Iterator[Event]:
    """Ask how all runs are, and take up those of other machines.

    Args:
        runs_dir: the folder of runs.
        backend: of one workspace.
        experiment: take up all runs of this experiment, also those that artgan did not send.

    Yields:
        A ``Note`` for each run that is new here.
    """
    known: dict[str, RunFolder] = {}
    for folder in list_runs(runs_dir):
        record = folder.current()
        if is_remote(record):
            known[record.id] = folder
            if record.remote_id:
                known[record.remote_id] = folder
    seen = set()
    for found in backend.runs(backend.home, experiment):
        here = known.get(found.remote_id) or known.get(found.tags.get("artgan.run", ""))
        if here is None:
            here = adopt_run(
                runs_dir, found.tags.get("artgan.name") or found.name or found.remote_id, backend=backend.name,
                run_id=found.tags.get("artgan.run", ""), remote_id=found.remote_id,
                created=found.created or now(),
                tags={name: value for name, value in found.tags.items() if not name.startswith("artgan.")},
                remote={**backend.home, "experiment": found.experiment},
            )  # fmt: skip
            yield Note(text=f"found: {here.name}")
        seen.add(here.name)
        was_going = here.record.state in GOING
        _write(here, found)
        if was_going:
            _learned(here, backend)
    for folder in {folder.name: folder for folder in known.values()}.values():
        record = folder.record
        if folder.name not in seen and record.state in GOING and backend.home.items() <= record.remote.items():
            refresh(folder, backend)  # of another experiment, or deleted there


def _write(folder: RunFolder, found: RemoteRun) -> RunRecord:
    remote = {**folder.record.remote, **({"portal_url": found.portal_url} if found.portal_url else {})}
    return folder.update(
        state=found.state, reason=found.reason, remote_id=found.remote_id, ended=found.ended, remote=remote, asked=now()
    )


def generators_of(files: list[RemoteFile]) -> list[tuple[int, RemoteFile]]:
    """Return the generators among a run's files with their epochs, lowest first: numbers are compared as numbers.

    Whatever stands before the number is taken; files that are empty, or still being written, are not.
    """
    found = []
    for file in files:
        match = _GENERATOR.fullmatch(file.path)
        name = file.path.rpartition("/")[2]
        if match and file.size != 0 and not name.startswith("dis_"):
            found.append((int(match[1]), file))
    return sorted(found, key=lambda pair: pair[0])


def bring_home(
    folder: RunFolder,
    backend: Backend,
    *,
    epoch: int | str | None = None,
    samples: bool = False,
    everything: bool = False,
) -> Iterator[Event]:
    """Bring what a run made into its folder here; what is here already, with the same size, is not asked for.

    Args:
        folder: of the run.
        backend: where it executes.
        epoch: of the generator, or "best"; default the highest.
        samples: the sheets too.
        everything: all of the run's folder.

    Yields:
        ``Progress`` (stage "pull").

    Raises:
        NotFoundError: it has no generator yet, or none of that epoch.
    """
    record = folder.record
    assert record.remote_id is not None
    there = backend.files(record.remote_id, record.remote)
    there = [file for file in there if not file.path.rpartition("/")[2].startswith(".")]
    wanted = there if everything else _wanted(folder.name, there, epoch, samples)
    missing = [file for file in wanted if not _is_here(folder, file)]
    for done, file in enumerate(missing):
        yield Progress(stage="pull", done=done, total=len(missing), unit="files")
        backend.fetch(record.remote_id, record.remote, file, _place(folder, file))
    yield Progress(stage="pull", done=len(missing), total=len(missing), unit="files")


def _wanted(name: str, there: list[RemoteFile], epoch: int | str | None, samples: bool) -> list[RemoteFile]:
    generators = generators_of(there)
    if not generators:
        raise NotFoundError(f"run {name} has no generator yet", f"see how far it is: artgan logs {name} -f")
    by_epoch: dict[int | str, RemoteFile] = dict(generators)
    best = [file for file in there if file.path in _BEST]
    if epoch == BEST and len(best) < len(_BEST):
        raise NotFoundError(f"no generator of run {name} was judged yet, so none is the best", "leave --epoch out")
    if epoch == BEST:
        by_epoch[BEST] = best.pop()
    if epoch is not None and epoch not in by_epoch:
        nearest = min((number for number, _ in generators), key=lambda other: abs(other - int(epoch)))
        raise NotFoundError(
            f"run {name} has no generator of epoch {epoch}; it has {len(by_epoch)}, from {generators[0][0]} to "
            f"{generators[-1][0]}",
            f"the nearest is --epoch {nearest}",
        )
    chosen = [by_epoch[epoch if epoch is not None else generators[-1][0]]]
    chosen += best if epoch == BEST else []
    chosen += [file for file in there if file.path in ("config.toml", "metrics.jsonl", "log.txt", "reals.png")]
    if samples:
        chosen += [file for file in there if file.path.startswith("samples/")]
    return chosen


def _place(folder: RunFolder, file: RemoteFile) -> Path:
    """Return where a file of the job lies here; its record does not replace ours."""
    parts = [part for part in file.path.split("/") if part not in ("", ".", "..")]
    if parts == ["run.json"]:
        return folder.path / _THEIRS
    return folder.path.joinpath(*parts)


def _is_here(folder: RunFolder, file: RemoteFile) -> bool:
    path = _place(folder, file)
    changes = path.name in ("metrics.jsonl", "log.txt", "evaluations.jsonl", "best.json", "best.keras")
    return not changes and file.size is not None and path.is_file() and path.stat().st_size == file.size


def follow_log(
    folder: RunFolder, backend: Backend, wait: Callable[[], None], *, follow: bool
) -> Iterator[bytes | RunRecord]:
    """Yield what a run logs; with ``follow`` until it is over.

    Args:
        folder: of the run.
        backend: where it executes.
        wait: called between two looks.
        follow: whether to go on.

    Yields:
        Pieces of the log; with ``follow`` also the record of a run elsewhere, whenever its state has changed.

    Raises:
        RemoteError: the service does not answer for long.
    """
    offset, state = 0, None
    while True:
        # Asked before reading: what was written until then is given before we stop.
        record = refresh(folder, backend) if follow else folder.record
        over = not follow or record.state not in GOING
        if follow and is_remote(record) and record.state != state and not over:
            yield record
        state = record.state
        chunk = backend.logs(record.remote_id or record.id, record.remote, offset)
        offset = chunk.offset
        if chunk.data:
            yield chunk.data
        if over:
            if follow and is_remote(record):
                yield record
            return
        wait()
