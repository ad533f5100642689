"""What every place where runs execute can do, and the types that go back and forth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from artgan.runs.record import State
from artgan.runs.store import NOTHING

JOB = "job.json"
INIT = "init"
"""In a run folder: what is asked of the backend, and a run folder whose networks the run begins with."""


class JobSpec(BaseModel):
    """What is asked of a backend beside the run folder; lies in it as ``job.json``.

    Attributes:
        run: the run's full name.
        run_id: its id; the tag ``artgan.run`` by which a job is found again.
        dataset: the dataset's name.
        size: of its images, pixels.
        data: the name of the zip in the datastore, or "" where the data lie on this machine.
        init: ``init`` where the run begins with the networks that lie there, "none" where it begins with random ones,
            or "" where the training chooses.
        tags: of the run.
        cluster: name of the cluster, or "".
        vm_size: of a machine of its own, where there is no cluster, or "".
        experiment: what the service calls the group of runs.
        image: a container image that brings all that artgan needs, or "" for one that the service makes of the pins.
        max_hours: after which the service ends the run.
        low_priority: whether it may run on nodes that can be taken away.
        priority: the service's queue, or "".
        pins: versions that the job must have: {"python": "3.12", "tensorflow": "2.21.0", "keras": "3.15.1", ...}.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    run_id: str
    dataset: str
    size: int
    data: str = ""
    init: str = ""
    tags: dict[str, str] = Field(default_factory=dict)
    cluster: str = ""
    vm_size: str = ""
    experiment: str = "artgan"
    image: str = ""
    max_hours: float | None = None
    low_priority: bool = False
    priority: str = ""
    pins: dict[str, str] = Field(default_factory=dict)

    def begins_with(self, folder: Path) -> str | None:
        """Return what ``train`` is told to begin with, where the run that was sent lies in a folder."""
        return (self.init or None) if self.init in ("", NOTHING) else str(folder / self.init)


class Target(BaseModel):
    """Where a job would run, as the service itself says; for the plan."""

    model_config = ConfigDict(frozen=True)

    facts: dict[str, str]
    """For a person, in order: {"workspace": ..., "cluster": "gpu-nc6 (STANDARD_NC4AS_T4_V3, 0 of 2 nodes)", ...}."""
    warnings: tuple[str, ...] = ()
    remote: dict[str, str] = Field(default_factory=dict)
    """What the record keeps, so that the run is found again: subscription, group, workspace, experiment, ..."""


class RemoteRun(BaseModel):
    """A run as a backend knows it."""

    model_config = ConfigDict(frozen=True)

    remote_id: str
    state: State
    reason: str = ""
    name: str = ""
    """What it is called there."""
    experiment: str = ""
    tags: dict[str, str] = Field(default_factory=dict)
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    portal_url: str = ""


class RemoteFile(NamedTuple):
    """A file of a run, or in a datastore; ``path`` with "/", for a run relative to its folder."""

    path: str
    size: int | None
    """Bytes; None where the backend does not tell."""
    etag: str = ""


class LogChunk(NamedTuple):
    """What was logged from an offset on."""

    data: bytes
    offset: int
    """Where to go on."""


class Check(NamedTuple):
    """One line of ``artgan doctor``."""

    name: str
    good: bool
    text: str
    hint: str = ""


class Backend(Protocol):
    """One place where runs execute.

    A ``remote`` mapping is what ``Target.remote`` gave; ``remote_id`` names a job there. Every method may raise
    ``SetupError`` (something is missing here), ``NotFoundError`` (no such workspace, cluster, run or file),
    ``RemoteError`` (the service failed or refused), each with the command that mends it.
    """

    name: str
    """In the record: "local", "azureml"."""

    @property
    def home(self) -> dict[str, str]:
        """What a record keeps so that this very place is found again."""
        ...

    def check(self) -> list[Check]:
        """Say what works and what is missing, without changing anything."""
        ...

    def target(self, spec: JobSpec) -> Target:
        """Look where a job would run; sends nothing."""
        ...

    def upload(self, path: Path, name: str, progress: Callable[[int], None]) -> None:
        """Bring a file into the datastore under ``datasets/<name>``, unless it is there with the same size; verify it.

        It appears there whole or not at all.

        Args:
            path: here.
            name: there; holds a digest of the content, so that the same name is the same content.
            progress: told how many bytes are there.
        """
        ...

    def submit(self, spec: JobSpec, staged: Path, remote: Mapping[str, str]) -> RemoteRun:
        """Send a job; returns quickly.

        Args:
            spec: what is asked for.
            staged: the folder made by ``staging.stage``; for this machine the run folder itself.
            remote: of ``target``.
        """
        ...

    def find(self, run_id: str, remote: Mapping[str, str], tags: Mapping[str, str] | None = None) -> RemoteRun | None:
        """Return the job that has the tag ``artgan.run`` = run_id, if one was sent.

        Args:
            run_id: of the run.
            remote: of ``target``.
            tags: that it shall have; written where whoever sent it was killed before that.
        """
        ...

    def status(self, remote_id: str, remote: Mapping[str, str]) -> RemoteRun:
        """Ask how a job is."""
        ...

    def runs(self, remote: Mapping[str, str], experiment: str = "") -> Iterator[RemoteRun]:
        """Yield the jobs that artgan sent, the newest first; with ``experiment`` all of that experiment."""
        ...

    def logs(self, remote_id: str, remote: Mapping[str, str], offset: int = 0) -> LogChunk:
        """Return what was logged from ``offset`` on; also of a job that is over."""
        ...

    def files(self, remote_id: str, remote: Mapping[str, str], prefix: str = "") -> list[RemoteFile]:
        """Return the files in the job's run folder, also while it runs."""
        ...

    def fetch(self, remote_id: str, remote: Mapping[str, str], file: RemoteFile, path: Path) -> None:
        """Bring a file home, whole or not at all; what came before a cut is not asked for again."""
        ...

    def cancel(self, remote_id: str, remote: Mapping[str, str]) -> bool:
        """End a job; False when it was over already."""
        ...

    def archive(self, remote_id: str, remote: Mapping[str, str]) -> None:
        """Put a job that is over out of sight in the service's own lists.

        Raises:
            BusyError: it is not over.
        """
        ...

    def data(self) -> list[RemoteFile]:
        """Return the datasets in the datastore."""
        ...

    def remove_data(self, name: str) -> None:
        """Delete one of them."""
        ...
