"""A run is written down first and sent after that, so that no crash loses it and no repetition doubles it.

Each step leaves a mark in the run folder; the same command again finds the run that is still being submitted and goes
on where it stopped. Whether a job was sent although the answer never came is asked of the service, by the run's id.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artgan import files
from artgan.compute.backend import Backend, JobSpec, RemoteRun, Target
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import is_prepared, prepared_options, read_set
from artgan.datasets.preparing import prepare
from artgan.errors import UsageError
from artgan.events import Event, Finished, Note, Progress
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.store import list_runs, new_run, process_fields
from artgan.training.config import TrainConfig, to_toml

JOB = "job.json"
INIT = "init.keras"


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
    init: Path | None = None
    begun_from: str | None = None
    """The run or file whose weights ``init`` is."""

    @property
    def base(self) -> str:
        """What the run's name begins with."""
        return self.name or f"{self.dataset.name}-{self.config.size}"

    def spec(self, run: str = "", run_id: str = "", data: str = "") -> JobSpec:
        """Return the job's description, as far as it is known."""
        return JobSpec(
            run=run or self.base, run_id=run_id, dataset=self.dataset.name, size=self.config.size, data=data,
            init=INIT if self.init else "", **self.wishes,
        )  # fmt: skip


def make_ready(submission: Submission) -> Iterator[Event]:
    """Prepare the dataset at the size of the run, unless it is."""
    dataset, size = submission.dataset, submission.config.size
    if not is_prepared(dataset, size):
        yield Note(text=f"{dataset.name} is not prepared at {size} px yet: doing that first")
        yield from prepare(dataset, size=size, **(prepared_options(dataset, size) or {}))
    count = len(read_set(dataset, size).images)
    if not count:
        raise UsageError(
            f"{dataset.name!r} has no picture to learn from", f"see why: artgan datasets show {dataset.name}"
        )


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
        remote_run = backend.find(record.id, record.remote) if again else None
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
    config = submission.config
    for folder in list_runs(runs_dir):
        record = folder.current()
        same = (record.state, record.backend, record.dataset_fingerprint, record.tags, record.remote) == (
            "submitting", backend.name, fingerprint, submission.wishes.get("tags", {}), target.remote,
        )  # fmt: skip
        if same and folder.name.startswith(f"{files.safe_name(submission.base)}-") and _config_is(folder, config):
            folder.update(**process_fields())
            return folder, True
    folder = new_run(
        runs_dir, submission.base, state="submitting", backend=backend.name, remote=target.remote,
        dataset=submission.dataset.name, dataset_fingerprint=fingerprint, images=images, size=config.size,
        preset=config.preset, seed=config.seed, tags=dict(submission.wishes.get("tags", {})),
        begun_from=submission.begun_from,
    )  # fmt: skip
    files.write_text(folder.config_path, to_toml(config))
    if submission.init:
        files.copy_file(submission.init, folder.path / INIT)
    return folder, False


def _config_is(folder: RunFolder, config: TrainConfig) -> bool:
    try:
        return folder.config_path.read_text(encoding="utf-8") == to_toml(config)
    except OSError:
        return False


def _send(submission: Submission, backend: Backend, folder: RunFolder) -> Generator[Event, None, RemoteRun]:
    """Bring the data there, unless they are, and the job."""
    record = folder.record
    if backend.name == "local":
        spec = submission.spec(folder.name, record.id)
        files.write_text(folder.path / JOB, spec.model_dump_json(indent=1) + "\n")
        return backend.submit(spec, folder.path, record.remote)
    from artgan.compute.staging import stage
    from artgan.datasets.zipping import zip_prepared

    with tempfile.TemporaryDirectory(prefix="artgan-", dir=folder.path) as scratch:
        packed = zip_prepared(submission.dataset, submission.config.size, Path(scratch))
        total = packed.stat().st_size
        yield Progress(stage="upload", done=0, total=total, unit="bytes")
        arrived: list[int] = []
        backend.upload(packed, packed.name, arrived.append)
        yield Progress(stage="upload", done=total, total=total, unit="bytes")
        packed.unlink()
        spec = submission.spec(folder.name, record.id, packed.name)
        files.write_text(folder.path / JOB, spec.model_dump_json(indent=1) + "\n")
        staged = stage(folder, spec, Path(scratch) / "job")
        remote_run = backend.submit(spec, staged, record.remote)
        shutil.rmtree(staged, ignore_errors=True)
    return remote_run


def _note(folder: RunFolder, remote_run: RemoteRun) -> None:
    if folder.record.backend == "local":
        return  # the worker keeps the record
    remote = {**folder.record.remote, "portal_url": remote_run.portal_url}
    folder.update(
        state=remote_run.state, remote_id=remote_run.remote_id, remote=remote, asked=now(), pid=None, host="",
        process_started=None,
    )  # fmt: skip
