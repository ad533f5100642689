"""A run is written down first and sent after that, so that no crash loses it and no repetition doubles it.

Each step leaves a mark in the run folder; the same command again finds the run that is still being submitted and goes
on where it stopped. Whether a job was sent although the answer never came is asked of the service, by the run's id.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artgan import files
from artgan.compute.backend import INIT, JOB, Backend, JobSpec, RemoteRun, Target
from artgan.compute.staging import stage
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import read_set
from artgan.datasets.zipping import PreparedZip
from artgan.events import Event, Finished, Note, Progress
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.store import NOTHING, list_runs, new_run, process_fields
from artgan.training.config import TrainConfig, to_toml
from artgan.training.job import Source

_LOOK_S = 0.2

_SCRATCH = "artgan-"
"""What the folder begins with in which a job is gathered."""


class Submitted(Finished):
    """A run is on its way; ``remote_id`` names it where it executes."""

    run: str
    path: Path
    state: str
    remote_id: str
    portal_url: str
    found_again: bool
    """Whether it had been sent before, by a command that did not live to see the answer."""


@dataclass(frozen=True)
class Submission:
    """What shall be sent; ``wishes`` are the fields of ``JobSpec`` that a person chooses."""

    dataset: DatasetFolder
    config: TrainConfig
    wishes: Mapping[str, Any]
    name: str = ""
    source: Source | None = None
    """The networks that it begins with."""
    from_nothing: bool = False
    """Whether it shall begin with random weights, where else it might begin with the starter."""

    @property
    def base(self) -> str:
        """What the run's name begins with."""
        return self.name or f"{self.dataset.name}-{self.config.size}"

    def spec(self, run: str = "", run_id: str = "", data: str = "") -> JobSpec:
        """Return the job's description, as far as it is known."""
        return JobSpec(
            run=run or self.base, run_id=run_id, dataset=self.dataset.name, size=self.config.size, data=data,
            init=INIT if self.source else NOTHING if self.from_nothing else "", **self.wishes,
        )  # fmt: skip


def submit(submission: Submission, backend: Backend, target: Target, runs_dir: Path) -> Iterator[Event]:
    """Send a run; doing it again after a crash goes on with the same one.

    Args:
        submission: what; its dataset is prepared.
        backend: where.
        target: what the backend said of the place.
        runs_dir: the folder of runs.

    Yields:
        ``Note``, ``Progress`` (stage "upload", bytes), at the end ``Submitted``.

    Raises:
        ArtganError: of the backend; the run stays "submitting", and the same command goes on with it.
    """
    prepared = read_set(submission.dataset, submission.config.size)
    folder, again = _folder(submission, backend, target, runs_dir, prepared.fingerprint, len(prepared.images))
    record = folder.record
    if again:
        yield Note(text=f"going on with {folder.name}, which was written down but not sent")
    with folder.locked():
        for left in folder.path.glob(f"{_SCRATCH}*"):  # by a command that was killed
            shutil.rmtree(left, ignore_errors=True)
        remote_run = backend.find(record.id, record.remote, record.told) if again else None
        found = remote_run is not None
        if remote_run is None:
            remote_run = yield from _send(submission, backend, folder)
        _note(folder, remote_run)
    yield Submitted(
        seconds=0.0, run=folder.name, path=folder.path, state=remote_run.state, remote_id=remote_run.remote_id,
        portal_url=remote_run.portal_url, found_again=found,
    )  # fmt: skip


def _folder(
    submission: Submission, backend: Backend, target: Target, runs_dir: Path, fingerprint: str, images: int
) -> tuple[RunFolder, bool]:
    """Return the run folder of a submission: the one that an interrupted command left, or a new one."""
    config, begun_from = submission.config, submission.source and submission.source.name
    for folder in list_runs(runs_dir):
        record = folder.current()
        known = (record.state, record.backend, record.dataset_fingerprint, record.begun_from, record.tags)
        asked = ("submitting", backend.name, fingerprint, begun_from, submission.wishes.get("tags", {}))
        same = known == asked and record.remote == target.remote
        if same and folder.name.startswith(f"{files.safe_name(submission.base)}-") and _config_is(folder, config):
            folder.update(**process_fields())
            return folder, True
    folder = new_run(
        runs_dir, submission.base, fill=lambda made: _fill(made, submission), state="submitting",
        backend=backend.name, remote=target.remote,
        dataset=submission.dataset.name, dataset_fingerprint=fingerprint, images=images, size=config.size,
        preset=config.preset, seed=config.seed, tags=dict(submission.wishes.get("tags", {})),
        begun_from=begun_from,
    )  # fmt: skip
    return folder, False


def _fill(folder: RunFolder, submission: Submission) -> None:
    if submission.source:
        models = RunFolder(folder.path / INIT).models
        for network, path in (("gen", submission.source.generator), ("dis", submission.source.discriminator)):
            if path:
                files.copy_file(path, models / f"{network}_000000.keras")
    files.write_text(folder.config_path, to_toml(submission.config))


def _config_is(folder: RunFolder, config: TrainConfig) -> bool:
    try:
        return folder.config_path.read_text(encoding="utf-8") == to_toml(config)
    except OSError:
        return False


def _send(submission: Submission, backend: Backend, folder: RunFolder) -> Generator[Event, None, RemoteRun]:
    """Bring the data there, unless they are, and the job."""
    record, elsewhere = folder.record, backend.name != "local"
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder.path) as scratch:
        data = (yield from _bring_data(submission, backend, Path(scratch))) if elsewhere else ""
        spec = submission.spec(folder.name, record.id, data)
        files.write_text(folder.path / JOB, spec.model_dump_json(indent=1) + "\n")
        staged = stage(folder, spec, Path(scratch) / "job") if elsewhere else folder.path
        return backend.submit(spec, staged, record.remote)


def _bring_data(submission: Submission, backend: Backend, scratch: Path) -> Generator[Event, None, str]:
    """Bring the dataset into the datastore as a zip, unless it is there; return the zip's name."""
    packing = PreparedZip.of(submission.dataset, submission.config.size)
    if any(file.path == packing.name for file in backend.data()):
        yield Note(text=f"{packing.name} is in the datastore already")
        return packing.name
    packed = packing.write(scratch)
    total = packed.stat().st_size
    arrived, failed = [0], []

    def upload() -> None:
        try:
            backend.upload(packed, packing.name, arrived.append)
        except BaseException as error:
            failed.append(error)

    # A thread of its own, so that a person sees it move; one that dies with us, so that Ctrl-C is obeyed at once.
    uploading = threading.Thread(target=upload, daemon=True)
    uploading.start()
    while uploading.is_alive():
        yield Progress(stage="upload", done=min(arrived[-1], total - 1), total=total, unit="bytes")
        uploading.join(_LOOK_S)
    if failed:
        raise failed[0]
    yield Progress(stage="upload", done=total, total=total, unit="bytes")
    packed.unlink()
    return packing.name


def _note(folder: RunFolder, remote_run: RemoteRun) -> None:
    if folder.record.backend == "local":
        return  # the worker keeps the record
    remote = {**folder.record.remote, "portal_url": remote_run.portal_url}
    folder.update(
        state=remote_run.state, remote_id=remote_run.remote_id, remote=remote, asked=now(), pid=None, host="",
        process_started=None,
    )  # fmt: skip
