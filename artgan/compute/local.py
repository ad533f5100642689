"""Runs on this machine, in the background: a worker of their own that outlives the terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from artgan import files
from artgan.compute.backend import Check, JobSpec, LogChunk, RemoteFile, RemoteRun, Target
from artgan.errors import BusyError, NotFoundError, SetupError
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.record import GOING
from artgan.runs.store import list_runs, process_fields

_GRACE_S = 60.0
"""A worker that is asked to end finishes its step and saves, which at large sizes takes many seconds."""
_LOOK_S = 0.1
WORKER_OUTPUT = "worker.txt"
"""What the worker prints; of use only where it dies of something that it could not write into its record."""


class LocalBackend:
    """Background workers on this machine; the run folder is where they write, so there is nothing to bring home.

    Args:
        runs_dir: the folder of runs.
        datasets_dir: the folder of datasets.
    """

    name = "local"

    def __init__(self, runs_dir: Path, datasets_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._datasets_dir = datasets_dir

    @property
    def home(self) -> dict[str, str]:
        return {}

    def check(self) -> list[Check]:
        return [Check("background worker", True, f"{sys.executable}")]

    def target(self, spec: JobSpec) -> Target:
        return Target(facts={"where": "a background worker on this machine"})

    def upload(self, path: Path, name: str, progress: Callable[[int], None]) -> None:
        progress(path.stat().st_size)

    def submit(self, spec: JobSpec, staged: Path, remote: Mapping[str, str]) -> RemoteRun:
        """Start the worker of a run folder."""
        folder = RunFolder(staged)
        command = [sys.executable, "-m", "artgan.compute.worker", str(staged.absolute())]
        command += ["--datasets-dir", str(self._datasets_dir.absolute()), "--runs-dir", str(self._runs_dir.absolute())]
        try:
            with open(staged / WORKER_OUTPUT, "ab") as output:
                worker = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=Path.cwd(),
                    start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            raise SetupError(f"no worker could be started: {error.strerror}", "artgan train trains here") from error
        # Until the worker has written its own process down, the record must not name one that is gone already.
        folder.update(state="preparing", **process_fields(worker.pid))
        return RemoteRun(remote_id=spec.run_id, state="preparing", name=spec.run)

    def find(self, run_id: str, remote: Mapping[str, str], tags: Mapping[str, str] | None = None) -> RemoteRun | None:
        """A worker exists once the record says more than that the run is being submitted."""
        try:
            found = self.status(run_id, remote)
        except NotFoundError:
            return None
        return None if found.state == "submitting" else found

    def status(self, remote_id: str, remote: Mapping[str, str]) -> RemoteRun:
        record = self._folder(remote_id).current()
        return RemoteRun(
            remote_id=record.id, state=record.state, reason=record.reason, name=record.name, tags=record.tags,
            created=record.created, ended=record.ended,
        )  # fmt: skip

    def runs(self, remote: Mapping[str, str], experiment: str = "") -> Iterator[RemoteRun]:
        for folder in reversed(list_runs(self._runs_dir)):
            if folder.current().backend == self.name:
                yield self.status(folder.record.id, remote)

    def logs(self, remote_id: str, remote: Mapping[str, str], offset: int = 0) -> LogChunk:
        path = self._folder(remote_id).log_path
        if not path.is_file():
            return LogChunk(b"", offset)
        with open(path, "rb") as file:
            file.seek(offset)
            data = file.read()
        return LogChunk(data, offset + len(data))

    def files(self, remote_id: str, remote: Mapping[str, str], prefix: str = "") -> list[RemoteFile]:
        place = self._folder(remote_id).path
        found = sorted(path for path in place.rglob("*") if path.is_file() and path.suffix != ".part")
        named = ((path.relative_to(place).as_posix(), path) for path in found)
        return [RemoteFile(name, path.stat().st_size) for name, path in named if name.startswith(prefix)]

    def fetch(self, remote_id: str, remote: Mapping[str, str], file: RemoteFile, path: Path) -> None:
        source = self._folder(remote_id).path / file.path
        if not source.is_file():
            raise NotFoundError(f"run {remote_id} has no {file.path}", f"artgan show {remote_id}")
        if source.absolute() != path.absolute():
            files.copy_file(source, path)

    def cancel(self, remote_id: str, remote: Mapping[str, str]) -> bool:
        """Ask the worker to save and end, and end it when it does not."""
        folder = self._folder(remote_id)
        record = folder.current()
        if record.state not in GOING:
            return False
        if record.state == "submitting":
            folder.update(state="cancelled", reason="cancelled before it began", ended=now())
            return True
        _signal(record.pid, signal.SIGTERM)
        until = time.monotonic() + _GRACE_S
        while time.monotonic() < until and RunFolder(folder.path).current().state in GOING:
            time.sleep(_LOOK_S)
        if RunFolder(folder.path).current().state in GOING:
            _signal(record.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        elif RunFolder(folder.path).current().state in ("finished", "failed"):
            return False  # by itself, before it was asked
        RunFolder(folder.path).update(state="cancelled", reason="cancelled", ended=now())
        return True

    def archive(self, remote_id: str, remote: Mapping[str, str]) -> None:
        """There is no list here but that of the run folders."""
        if self._folder(remote_id).current().state in GOING:
            raise BusyError(f"run {remote_id} is not over", f"end it first: artgan cancel {remote_id}")

    def data(self) -> list[RemoteFile]:
        return []

    def remove_data(self, name: str) -> None:
        raise NotFoundError(f"no dataset {name!r} lies in a datastore", "artgan datasets remove NAME is for those here")

    def _folder(self, run_id: str) -> RunFolder:
        for path in self._runs_dir.glob(f"*{run_id}"):
            if path.name.rpartition("-")[2] == run_id:
                return RunFolder(path)
        for folder in list_runs(self._runs_dir):  # a person may have renamed it
            if folder.current().id == run_id:
                return folder
        raise NotFoundError(f"no run {run_id!r} in {self._runs_dir}", "artgan list")


def _signal(pid: int | None, number: int) -> None:
    """Signal a worker and all that it started: it is the head of a process group of its own.

    A training in somebody's script is not; its group is the script's, which is left alone.
    """
    if pid is None:
        return
    try:
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        return  # it ended by itself meanwhile
