"""Every picture is read; what is wrong is named, and mended where it can be had again."""

from __future__ import annotations

import sys
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from artgan.datasets.checking import Checked, check
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.errors import BusyError, NotFoundError
from artgan.events import Event, Finished, Note, Progress, Skipped


@pytest.fixture
def paintings(tmp_path: Path) -> Path:
    place = tmp_path / "paintings"
    place.mkdir()
    for seed in range(4):
        cells = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
        Image.fromarray(cells).resize((24, 24)).save(place / f"p{seed}.png")
    return place


def imported(source: Path, **options: Any) -> DatasetFolder:
    *_, done = import_folder(source, datasets_dir=source.parent / "datasets", **options)
    return DatasetFolder(done.path)


def damage(folder: DatasetFolder) -> None:
    """Take one picture away, change a byte of one, cut one short."""
    paths = [folder.file_of(record) for record in folder.in_use()]
    paths[0].unlink()
    data = bytearray(paths[1].read_bytes())
    data[-20] ^= 1
    paths[1].write_bytes(data)
    paths[2].write_bytes(paths[2].read_bytes()[:-9])


def run(folder: DatasetFolder, **options: Any) -> tuple[Checked, list[Event]]:
    *events, last = check(folder, **options)
    assert isinstance(last, Checked) and last.name == folder.name
    return last, events


def test_a_whole_dataset(paintings: Path) -> None:
    done, events = run(imported(paintings))
    assert done.checked == 4 and not done.wrong and not any(isinstance(event, Skipped) for event in events)
    assert events[-1] == Progress(stage="check", done=4, total=4)


def test_what_is_wrong_is_named(paintings: Path) -> None:
    folder = imported(paintings)
    damage(folder)
    (folder.originals / "p3.png").unlink()
    (folder.originals / "p3.png").mkdir()
    done, events = run(folder)
    assert (done.missing, done.changed) == (["p0"], ["p1", "p2", "p3"]) and done.wrong == ["p0", "p1", "p2", "p3"]
    told = {event.source: event.reason for event in events if isinstance(event, Skipped)}
    assert list(told) == done.wrong and told["p0"].startswith("missing: ") and "bytes" in told["p2"]


def test_what_cannot_be_read_or_decoded(paintings: Path) -> None:
    folder = imported(paintings)
    folder.write_records(r.model_copy(update={"sha256": None, "bytes": None}) for r in folder.records())
    (folder.originals / "p0.png").write_bytes((folder.originals / "p0.png").read_bytes()[:-30])
    (folder.originals / "p1.png").unlink()
    (folder.originals / "p1.png").mkdir()
    assert run(folder)[0].unreadable == ["p0", "p1"]


def test_an_imported_dataset_is_mended_from_its_source(paintings: Path) -> None:
    folder = imported(paintings)
    before = {path.name: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    damage(folder)
    (paintings / "p9.png").write_bytes(b"not looked at")
    done, events = run(folder, repair=True)
    assert sorted(done.repaired) == ["p0", "p1", "p2"] and not done.failed and not done.wrong
    assert {path.name: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()} == before
    assert any(isinstance(event, Progress) and event.stage == "repair" for event in events)
    assert not run(folder)[0].missing


def test_from_a_zip_and_only_what_is_still_the_same_there(paintings: Path) -> None:
    packed = paintings.parent / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(paintings.iterdir()):
            archive.write(path, path.name)
    folder = imported(packed)
    damage(folder)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(paintings / "p0.png", "p0.png")
        archive.write(paintings / "p0.png", "p1.png")
    done, _ = run(folder, repair=True)
    assert done.repaired == ["p0"] and done.wrong == ["p1", "p2"]
    assert "no longer what was imported" in done.failed["p1"] and "no longer where" in done.failed["p2"]
    packed.unlink()
    assert "nothing at" in run(folder, repair=True)[0].failed["p1"]


def test_linked_pictures_cannot_be_mended_here(paintings: Path) -> None:
    folder = imported(paintings, link=True)
    (paintings / "p0.png").write_bytes(b"changed by its owner")
    done, _ = run(folder, repair=True)
    assert done.changed == done.wrong == ["p0"] and "outside" in done.failed["p0"]
    assert (paintings / "p0.png").read_bytes() == b"changed by its owner"


def test_a_manifest_that_points_elsewhere_writes_nowhere(paintings: Path) -> None:
    folder = imported(paintings)
    victim = paintings.parent / "victim.txt"
    victim.write_text("mine")
    first, *rest = folder.records()
    folder.write_records([first.model_copy(update={"file": "originals/../../../victim.txt"}), *rest])
    done, _ = run(folder, repair=True)
    assert done.wrong == [first.id] and victim.read_text() == "mine"


def test_another_writer_is_waited_for_by_nobody(paintings: Path) -> None:
    folder = imported(paintings)
    with folder.writing():
        assert run(folder)[0].checked == 4, "looking disturbs nobody"
        damage(folder)
        with pytest.raises(BusyError):
            run(folder, repair=True)


def test_who_asks_to_stop_is_heard(paintings: Path) -> None:
    events = list(check(imported(paintings), should_stop=lambda: True))
    assert not any(isinstance(event, Finished) for event in events)


def test_there_must_be_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        check(DatasetFolder(tmp_path / "none"))


def test_a_fetched_dataset_is_mended_by_fetching_exactly_that(paintings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other side of this seam, with a site behind it, is tested with the local internet."""
    folder = imported(paintings)
    folder.write(folder.read().model_copy(update={"source": "WikiArt: genre flowers", "query": {"query": {}}}))
    damage(folder)
    asked: list[Any] = []

    class Repaired(Finished):
        repaired: list[str]
        failed: dict[str, str]

    def repair(place: DatasetFolder, ids: list[str], **options: Any) -> Iterator[Event]:
        asked.append((place.path, ids, options["contact"]))
        yield Note(text="asking")
        yield Repaired(seconds=0.0, repaired=["p0", "p1"], failed={"p2": "missing: not there"})

    site = types.ModuleType("artgan.datasets.fetching")
    site.repair = repair  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "artgan.datasets.fetching", site)
    done, events = run(folder, repair=True, contact="anna@example.org")
    assert asked == [(folder.path, ["p0", "p1", "p2"], "anna@example.org")] and Note(text="asking") in events
    assert done.repaired == ["p0", "p1"] and done.wrong == ["p2"] and done.failed == {"p2": "missing: not there"}
