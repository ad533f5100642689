"""What a run elsewhere made is found by number and brought home once; "elsewhere" is another folder of runs here."""

from __future__ import annotations

from pathlib import Path

import pytest

from artgan.compute import following
from artgan.compute.backend import RemoteFile
from artgan.compute.local import LocalBackend
from artgan.errors import NotFoundError
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.record import RunRecord
from artgan.runs.store import adopt_run, new_run


@pytest.fixture
def there(tmp_path: Path) -> RunFolder:
    """A run that made three generators and is still going on."""
    folder = new_run(tmp_path / "there", "flowers-64", dataset="flowers")
    folder.models.mkdir()
    folder.samples.mkdir()
    for epoch in (9, 10, 1000):
        (folder.models / f"gen_{epoch}.keras").write_bytes(b"generator %d" % epoch)
        (folder.samples / f"{epoch:06d}.png").write_bytes(b"sheet %d" % epoch)
    (folder.models / "gen_2000.keras.part").write_bytes(b"half")
    (folder.models / "gen_3000.keras").write_bytes(b"")
    (folder.models / "dis_1000.keras").write_bytes(b"critic")
    folder.log("training begins")
    return folder


@pytest.fixture
def here(tmp_path: Path, there: RunFolder) -> RunFolder:
    record = there.record
    return adopt_run(
        tmp_path / "here", record.name, run_id=record.id, backend="azureml", remote_id=record.id, created=now(),
        state="running",
    )  # fmt: skip


@pytest.fixture
def backend(tmp_path: Path) -> LocalBackend:
    return LocalBackend(tmp_path / "there", tmp_path / "datasets")


def names(folder: RunFolder) -> set[str]:
    return {p.relative_to(folder.path).as_posix() for p in folder.path.rglob("*") if p.is_file()}


def test_the_highest_epoch_is_the_largest_number_whatever_stands_before_it():
    files = [
        "models/gen_9.keras",
        "models/gen_1000.h5",
        "models/gen_10.keras",
        "models/my net-7.hdf5",
        "models/x.keras",
    ]
    found = following.generators_of([RemoteFile(path, 5) for path in files] + [RemoteFile("models/gen_5000.h5", 0)])
    assert [epoch for epoch, _ in found] == [7, 9, 10, 1000]
    assert following.generators_of([RemoteFile("models/dis_9.h5", 5), RemoteFile("other/gen_9.h5", 5)]) == []


def test_the_newest_generator_comes_home_while_the_run_goes_on(here, backend):
    list(following.bring_home(here, backend))
    assert names(here) == {"run.json", "models/gen_1000.keras", "log.txt"}
    assert here.generator().path.read_bytes() == b"generator 1000"


def test_what_is_here_is_not_asked_for_again(here, there, backend):
    list(following.bring_home(here, backend, samples=True))
    before = (here.models / "gen_1000.keras").stat().st_mtime_ns
    assert {"samples/000009.png", "samples/001000.png"} <= names(here)
    (there.models / "gen_1001.keras").write_bytes(b"generator 1001")
    list(following.bring_home(here, backend))
    assert here.generator().epoch == 1001
    assert (here.models / "gen_1000.keras").stat().st_mtime_ns == before


def test_all_of_it_comes_home_but_our_record_stays_ours(here, backend):
    record = here.record_path.read_bytes()
    list(following.bring_home(here, backend, everything=True))
    assert here.record_path.read_bytes() == record
    assert {"models/dis_1000.keras", "job-run.json"} <= names(here)


def test_an_epoch_that_is_not_there_names_the_nearest(here, backend):
    with pytest.raises(NotFoundError, match="no generator of epoch 12; it has 3, from 9 to 1000") as caught:
        list(following.bring_home(here, backend, epoch=12))
    assert caught.value.hint == "the nearest is --epoch 10"


def test_a_file_name_never_leads_out_of_the_folder(here, backend, tmp_path):
    class Hostile(LocalBackend):
        def files(self, *args: object) -> list[RemoteFile]:
            return [RemoteFile("../../../escaped.txt", 5), RemoteFile("models/gen_1.keras", 5)]

        def fetch(self, remote_id: str, remote: object, file: RemoteFile, path: Path) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("hello")

    list(following.bring_home(here, Hostile(tmp_path / "there", tmp_path), everything=True))
    assert "escaped.txt" in names(here) and not (tmp_path / "escaped.txt").exists()


def test_asking_writes_down_how_it_is_and_when(here, there, backend):
    there.update(state="finished", reason="2 epochs", ended=now())
    record = following.refresh(here, backend)
    assert (record.state, record.reason) == ("finished", "2 epochs") and record.asked is not None
    assert RunFolder(here.path).current().state == "finished", "also offline, later"


def test_the_log_is_followed_to_its_end(here, there, backend):
    looks = []

    def wait() -> None:
        looks.append(1)
        there.log(f"line {len(looks)}")
        if len(looks) == 2:
            there.update(state="finished")

    found = list(following.follow_log(here, backend, wait, follow=True))
    assert [piece.state for piece in found if isinstance(piece, RunRecord)] == ["running", "finished"]
    text = b"".join(piece for piece in found if isinstance(piece, bytes)).decode()
    assert [line.split(" ", 2)[2] for line in text.splitlines()] == ["training begins", "line 1", "line 2"]
