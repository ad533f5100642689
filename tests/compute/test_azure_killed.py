"""``artgan submit`` is killed with -9 after each of its steps; the same command again doubles and loses nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from internet.azure import DATA, Command, LocalAzure, faults
from internet.server import Request

from artgan.compute.backend import JobSpec
from artgan.runs.folder import RunFolder
from artgan.runs.store import list_runs

SUBMIT = ("submit", "flowers", "--cluster", "gpu-nc6", "--size", "16", "--tag", "mood=calm", "-y", "-d", "--time", "5s")


@pytest.fixture
def studio(azure: LocalAzure, drawn: Path) -> Path:
    """A folder whose workspace lets jobs wait and has the files of artgan already: sending them takes seconds."""
    azure.write_config(drawn)
    azure.hold()
    assert azure.quick(*SUBMIT, "--seed", "1", "--name", "first", cwd=drawn).returncode == 0
    azure.reset()
    azure.hold()
    (first,) = list_runs(drawn / "runs")
    first.delete()
    return drawn


class AfterSoMany:
    """Kills a command when the service has done what it asked for the n-th time, and has not said so yet.

    The files of a snapshot travel side by side, and count once.
    """

    def __init__(self, azure: LocalAzure, number: int) -> None:
        self._left, self._file_came = number, False
        self._command: Command | None = None
        self._begun = threading.Event()
        azure.inject(self._is_it, faults.then(self._kill))

    def watch(self, command: Command) -> None:
        self._command = command
        self._begun.set()

    def _is_it(self, request: Request) -> bool:
        if request.path.startswith("/snapshots/"):
            if self._file_came:
                return False
            self._file_came = True
        self._left -= 1
        return self._left == 0

    def _kill(self, request: Request) -> None:
        assert self._begun.wait(10) and self._command
        self._command.kill()


def nothing_is_doubled(azure: LocalAzure, studio: Path) -> RunFolder | None:
    """Return the only run here, if there is one yet."""
    runs = list_runs(studio / "runs")
    assert len(runs) <= 1, [(folder.name, folder.current().state) for folder in runs]
    assert len(azure.runs) <= 1 and len(azure.blobs(DATA)) <= 1
    assert not azure.runs or runs, "a job that nobody here knows of"
    return runs[0] if runs else None


def one_run_was_sent(azure: LocalAzure, studio: Path) -> None:
    folder = nothing_is_doubled(azure, studio)
    assert folder is not None
    record, (run,) = folder.record, azure.runs.values()
    assert (record.state, record.remote_id) == ("queued", run.id) and run.status == "Queued"
    assert run.tags == {"artgan.run": record.id, "artgan.name": folder.name, "mood": "calm"}
    data = JobSpec.model_validate_json((folder.path / "job.json").read_bytes()).data
    assert list(azure.blobs(DATA)) == [f"datasets/{data}"]
    assert {path.name for path in folder.path.iterdir()} == {".lock", "run.json", "config.toml", "job.json"}


def test_after_every_answer_of_the_service(azure: LocalAzure, studio: Path) -> None:
    names = set()
    for number in range(1, 60):
        azure.internet.heal()
        killer = AfterSoMany(azure, number)
        command = azure.begin(*SUBMIT, cwd=studio)
        killer.watch(command)
        done = command.wait()
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        if folder := nothing_is_doubled(azure, studio):
            names.add(folder.name)
            assert folder.current().state == "submitting"
    assert number > 15 and len(names) == 1, "it was killed that often, and all the time it was the same run"
    one_run_was_sent(azure, studio)


def test_before_every_change_of_the_run_folder(azure: LocalAzure, studio: Path) -> None:
    for number in range(60):
        done = azure.begin(*SUBMIT, cwd=studio, die_at=number).wait()
        nothing_is_doubled(azure, studio)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
    assert number > 6
    one_run_was_sent(azure, studio)
