"""What every backend promises, on jobs that really learn: the same tests wherever the jobs run.

A backend joins with a fixture named like it, which gives a ``Place``, and with its name in ``BACKENDS``.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from internet.azure import LocalAzure
from quick import QUICK

from artgan.compute.azureml_v1.backend import AzureMLBackend
from artgan.compute.azureml_v2.backend import AzureMLBackend as AzureMLBackendV2
from artgan.compute.backend import Backend, RemoteFile, RemoteRun
from artgan.compute.following import generators_of
from artgan.compute.local import LocalBackend
from artgan.compute.submitting import Submission, Submitted, submit
from artgan.datasets.manifest import DatasetFolder
from artgan.errors import ArtganError, NotFoundError
from artgan.runs.folder import RunFolder
from artgan.runs.record import GOING
from artgan.training.resolving import resolve

BACKENDS = ("local", "azureml_v1", "azureml_v2")
LEARNING = {
    **QUICK,
    "size": 16, "batch_size": 8, "latent_dim": 16, "grid": 4, "precision": "float32", "save_every": "0.3s",
}  # fmt: skip
# As far as a job comes; what is skipped was too short to be seen.
ORDER = ("queued", "preparing", "running")


@dataclass
class Place:
    """One backend, with what a test needs beside it.

    Attributes:
        made: gives the bytes of a file as they lie where the job runs, by the job's id and the file's path.
        spoil: takes the dataset away from where the job runs.
        hold: lets jobs wait in the queue, where there is one.
        release: lets them go on.
    """

    backend: Backend
    studio: Path
    made: Callable[[str, str], bytes]
    spoil: Callable[[], None]
    hold: Callable[[], None] = lambda: None
    release: Callable[[], None] = lambda: None
    remote: dict[str, str] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)

    def submit(self, mood: str, **config: Any) -> RunFolder:
        """Send a run as the command does; its record says what was answered."""
        wishes = {"tags": {"mood": mood}, "cluster": "gpu-nc6"}
        dataset = DatasetFolder(self.studio / "datasets" / "flowers")
        submission = Submission(dataset, resolve({**LEARNING, **config}), wishes)
        target = self.backend.target(submission.spec())
        self.remote = target.remote
        *_, done = submit(submission, self.backend, target, self.studio / "runs")
        assert isinstance(done, Submitted)
        self.sent.append(done.remote_id)
        assert done.state in GOING, "a submit does not wait for the job"
        return RunFolder(done.path)

    def status(self, remote_id: str) -> RemoteRun:
        return self.backend.status(remote_id, self.remote)

    def until(self, what: Callable[[], Any], timeout_s: float = 600) -> Any:
        end = time.monotonic() + timeout_s
        while not (found := what()):
            states = [self.status(remote_id) for remote_id in self.sent]
            assert time.monotonic() < end, [(run.state, run.reason) for run in states]
            time.sleep(0.1)
        return found

    def files(self, remote_id: str, prefix: str = "") -> dict[str, RemoteFile]:
        return {file.path: file for file in self.backend.files(remote_id, self.remote, prefix)}


@pytest.fixture
def local(drawn: Path) -> Place:
    return Place(
        LocalBackend(drawn / "runs", drawn / "datasets"),
        drawn,
        made=lambda run_id, path: next((drawn / "runs").glob(f"*-{run_id}")).joinpath(path).read_bytes(),
        spoil=lambda: shutil.rmtree(drawn / "datasets"),
    )


@pytest.fixture
def azureml_v1(drawn: Path, azure: LocalAzure, backend: AzureMLBackend) -> Place:
    return on_azure(drawn, azure, backend)


@pytest.fixture
def azureml_v2(drawn: Path, azure: LocalAzure, backend_v2: AzureMLBackendV2) -> Place:
    return on_azure(drawn, azure, backend_v2)


def on_azure(drawn: Path, azure: LocalAzure, backend: Backend) -> Place:
    def spoil() -> None:
        for file in backend.data():
            backend.remove_data(file.path)

    return Place(
        backend,
        drawn,
        made=lambda remote_id, path: azure.artifact(azure.runs[remote_id], f"outputs/{path}"),
        spoil=spoil,
        hold=azure.hold,
        release=azure.release,
    )


@pytest.fixture(params=BACKENDS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    found: Place = request.getfixturevalue(request.param)
    yield found
    found.release()
    for remote_id in found.sent:
        found.backend.cancel(remote_id, found.remote)


def remote_id_of(folder: RunFolder) -> str:
    return folder.record.remote_id or folder.record.id


def test_a_run_from_its_beginning_to_its_end(place: Place, tmp_path: Path) -> None:
    place.hold()
    folder = place.submit("blue", time="0.5s")
    backend, remote, remote_id = place.backend, place.remote, remote_id_of(folder)
    assert backend.logs(remote_id, remote).offset == len(backend.logs(remote_id, remote).data)
    states, log, offset = [place.status(remote_id).state], b"", 0
    place.release()
    while states[-1] in GOING:
        chunk = backend.logs(remote_id, remote, offset)
        assert chunk.offset == offset + len(chunk.data)
        log, offset = log + chunk.data, chunk.offset
        time.sleep(0.1)
        states.append(place.status(remote_id).state)
    assert states[-1] == "finished", (place.status(remote_id), backend.logs(remote_id, remote))
    seen = list(dict.fromkeys(states))
    assert seen == [state for state in (*ORDER, "finished") if state in seen] and "running" in seen

    whole = backend.logs(remote_id, remote)
    assert log + backend.logs(remote_id, remote, offset).data == whole.data, "no byte is lost, none comes twice"
    assert b"finished" in whole.data and whole.offset == len(whole.data)
    assert backend.logs(remote_id, remote, whole.offset) == (b"", whole.offset)

    files = place.files(remote_id)
    assert {"run.json", "config.toml", "metrics.jsonl"} < set(files) and generators_of(list(files.values()))
    assert set(place.files(remote_id, "models/")) == {path for path in files if path.startswith("models/")}
    for path, file in files.items():
        if path.startswith(("models/", "samples/")):
            backend.fetch(remote_id, remote, file, tmp_path / "home" / path)
            here = (tmp_path / "home" / path).read_bytes()
            assert here == place.made(remote_id, path) and file.size in (len(here), None)
    with pytest.raises(NotFoundError, match=r"gen_7777777\.keras"):
        backend.fetch(remote_id, remote, RemoteFile("models/gen_7777777.keras", None), tmp_path / "none.keras")
    (tmp_path / "taken").write_text("a file where a folder should be")
    some = next(file for path, file in files.items() if path.startswith("models/"))
    with pytest.raises(ArtganError):
        backend.fetch(remote_id, remote, some, tmp_path / "taken" / "gen.keras")
    left = {path.name for path in tmp_path.iterdir()}
    assert not [name for name in left if name.startswith(("none", "gen"))], "whole or absent"

    over = place.status(remote_id)
    assert over.created and over.ended and over.created <= over.ended
    assert backend.cancel(remote_id, remote) is False and place.status(remote_id).state == "finished"


def test_a_run_is_found_by_its_id_by_its_tags_and_by_its_experiment(place: Place) -> None:
    place.hold()
    folders = [place.submit(mood, time="60s") for mood in ("blue", "red")]
    for folder in folders:
        found = place.backend.find(folder.record.id, place.remote)
        assert found and found.remote_id == remote_id_of(folder) and found.state in GOING
    everything = list(place.backend.runs(place.remote))
    assert {run.tags["mood"]: run.remote_id for run in everything} == {
        mood: remote_id_of(folder) for mood, folder in zip(("blue", "red"), folders, strict=True)
    }
    moments = [run.created for run in everything if run.created]
    assert len(moments) == 2 and moments == sorted(moments, reverse=True), "the newest first"
    assert list(place.backend.runs(place.remote, "artgan")) == everything
    # Cancelled before they begin, or while they do.
    for folder in folders:
        remote_id = remote_id_of(folder)
        assert place.backend.cancel(remote_id, place.remote) is True
        place.until(lambda remote_id=remote_id: place.status(remote_id).state == "cancelled")  # type: ignore[misc]
        assert place.backend.cancel(remote_id, place.remote) is False
        assert not generators_of(place.backend.files(remote_id, place.remote))
    place.release()
    assert {run.state for run in place.backend.runs(place.remote)} == {"cancelled"}


def test_a_run_is_looked_at_while_it_learns_and_cancelled(place: Place, tmp_path: Path) -> None:
    remote_id = remote_id_of(place.submit("calm", time="600s"))
    file = place.until(lambda: generators_of(place.backend.files(remote_id, place.remote)))[-1][1]
    place.backend.fetch(remote_id, place.remote, file, tmp_path / "gen.keras")
    assert (tmp_path / "gen.keras").read_bytes()[:2] == b"PK", "a whole file of a run that goes on"
    assert place.status(remote_id).state == "running"
    before = place.backend.logs(remote_id, place.remote)
    assert before.data and place.backend.cancel(remote_id, place.remote) is True
    place.until(lambda: place.status(remote_id).state == "cancelled")
    assert place.backend.cancel(remote_id, place.remote) is False
    after = place.backend.logs(remote_id, place.remote)
    assert after.data.startswith(before.data), "what it said stays"
    assert generators_of(place.backend.files(remote_id, place.remote))[-1][0] > 0, "what it learned was saved"


def test_a_run_that_fails_says_why(place: Place) -> None:
    place.hold()
    remote_id = remote_id_of(place.submit("grey", time="1s"))
    place.spoil()
    place.release()
    place.until(lambda: place.status(remote_id).state not in GOING)
    over = place.status(remote_id)
    assert over.state == "failed" and over.reason and over.ended
    assert re.search(rb"error: .*flowers", place.backend.logs(remote_id, place.remote).data)


def test_what_is_not_there_is_not_found(place: Place, tmp_path: Path) -> None:
    backend, remote = place.backend, {"experiment": "artgan"}
    asking: list[Callable[[], Any]] = [
        lambda: backend.status("zzzzzz", remote),
        lambda: backend.logs("zzzzzz", remote),
        lambda: backend.files("zzzzzz", remote),
        lambda: backend.fetch("zzzzzz", remote, RemoteFile("run.json", None), tmp_path / "x"),
        lambda: backend.cancel("zzzzzz", remote),
        lambda: backend.remove_data("zzzzzz.zip"),
    ]
    for ask in asking:
        with pytest.raises(NotFoundError) as missing:
            ask()
        assert "zzzzzz" in missing.value.message and missing.value.hint
    assert list(backend.runs(remote)) == [] and backend.data() == []


def test_it_says_whether_it_works(place: Place) -> None:
    checks = place.backend.check()
    assert checks and all(check.name and check.text for check in checks)
    assert checks[0].good and all(check.good or check.hint for check in checks)
