"""What a person takes out stays out, of later imports too, until that person takes it back in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan.datasets.dropping import drop
from artgan.datasets.human_names import link_all
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder, ImageRecord, is_by_hand
from artgan.errors import BusyError, NotFoundError, UsageError


def draw(path: Path, seed: int) -> None:
    path.parent.mkdir(exist_ok=True)
    cells = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    Image.fromarray(cells).resize((24, 16 + seed)).save(path)


@pytest.fixture
def paintings(tmp_path: Path) -> Path:
    for seed, name in enumerate(("iris", "rose-1", "rose-2")):
        draw(tmp_path / "paintings" / f"{name}.png", seed)
    return tmp_path / "paintings"


@pytest.fixture
def folder(paintings: Path) -> DatasetFolder:
    return imported(paintings)


def imported(paintings: Path, **options: object) -> DatasetFolder:
    *_, done = import_folder(paintings, datasets_dir=paintings.parent / "datasets", **options)  # type: ignore[arg-type]
    return DatasetFolder(done.path)


def ids(folder: DatasetFolder) -> list[str]:
    return [record.id for record in folder.in_use()]


def test_dropped_and_back(folder: DatasetFolder) -> None:
    before, lines = folder.read(), folder.manifest_path.read_bytes()
    done = drop(folder, ["rose-1", "ir", "iris"])
    assert {record.id for record in done.changed} == {"iris", "rose-1"} and done.left == 1 and ids(folder) == ["rose-2"]
    after = folder.read()
    assert after.counts == {"by-hand": 2, "ok": 1} and after.version != before.version
    assert after.typical_aspect == pytest.approx(24 / 18) != before.typical_aspect
    assert (folder.originals / "iris.png").is_file(), "the file stays"

    again = drop(folder, ["iris"])
    assert not again.changed and [record.id for record in again.before] == ["iris"]
    assert drop(folder, ["iris", "rose-1"], undo=True).left == 3
    assert folder.read() == before and folder.manifest_path.read_bytes() == lines
    assert [record.id for record in drop(folder, ["iris"], undo=True).before] == ["iris"]


def test_a_dry_run_changes_nothing(folder: DatasetFolder) -> None:
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    done = drop(folder, ["iris"], dry_run=True)
    assert done.left == 2 and [record.id for record in done.changed] == ["iris"]
    assert {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()} == before


def test_ids_that_mean_none_or_several(folder: DatasetFolder) -> None:
    with pytest.raises(NotFoundError) as missing:
        drop(folder, ["iris", "rosa-1"])
    assert "rose-1" in missing.value.hint
    with pytest.raises(UsageError, match="2 ids") as several:
        drop(folder, ["rose"])
    assert "rose-1, rose-2" in several.value.hint
    with pytest.raises(NotFoundError):
        drop(folder, [""])
    assert len(ids(folder)) == 3, "all or nothing"


def test_what_is_out_for_another_reason_is_not_dropped(folder: DatasetFolder) -> None:
    bad = ImageRecord(id="bad", status="failed", reason="truncated: 3 bytes are missing")
    folder.write_records([*folder.records(), bad])
    with pytest.raises(UsageError, match="truncated"):
        drop(folder, ["bad"])


def test_one_writer_at_a_time(folder: DatasetFolder) -> None:
    with folder.writing(), pytest.raises(BusyError, match="at work on dataset 'paintings'"):
        drop(folder, ["iris"])


def test_readable_names_follow(folder: DatasetFolder) -> None:
    list(link_all(folder, folder.records()))
    drop(folder, ["iris"])
    assert sorted(path.name for path in (folder.path / "by-name").iterdir()) == [
        "Untitled-rose-1.png",
        "Untitled-rose-2.png",
    ]


# -- later imports


def test_a_later_import_remembers(folder: DatasetFolder, paintings: Path) -> None:
    drop(folder, ["iris"])
    lines = folder.manifest_path.read_bytes()
    imported(paintings)
    assert folder.manifest_path.read_bytes() == lines and folder.read().counts == {"ok": 2, "by-hand": 1}
    draw(paintings / "tulip.png", 4)
    imported(paintings)
    assert ids(folder) == ["rose-1", "rose-2", "tulip"] and (folder.originals / "iris.png").is_file()
    drop(folder, ["iris"], undo=True)
    imported(paintings)
    assert ids(folder) == ["iris", "rose-1", "rose-2", "tulip"]


def test_the_same_picture_under_another_name_stays_out_too(folder: DatasetFolder, paintings: Path) -> None:
    drop(folder, ["rose-1"])
    (paintings / "a-copy.png").write_bytes((paintings / "rose-1.png").read_bytes())
    imported(paintings)
    assert ids(folder) == ["iris", "rose-2"]
    drop(folder, ["rose-1"], undo=True)
    imported(paintings)
    assert len(ids(folder)) == 3


def test_a_limit_counts_what_is_in_use(folder: DatasetFolder, paintings: Path) -> None:
    drop(folder, ["iris"])
    imported(paintings, limit=2)
    assert ids(folder) == ["rose-1", "rose-2"]


def test_it_is_remembered_past_an_import_that_does_not_come_by(folder: DatasetFolder, paintings: Path) -> None:
    drop(folder, ["rose-2"])
    imported(paintings, only="iris*")
    assert ids(folder) == ["iris"]
    imported(paintings)
    assert ids(folder) == ["iris", "rose-1"]
    assert [record.id for record in folder.records() if is_by_hand(record)] == ["rose-2"]


def test_a_new_file_that_takes_over_the_name_is_another_picture(folder: DatasetFolder, paintings: Path) -> None:
    drop(folder, ["iris"])
    (paintings / "iris.png").unlink()
    Image.new("RGB", (20, 20), "red").save(paintings / "iris.jpg")
    imported(paintings)
    assert ids(folder) == ["iris", "rose-1", "rose-2"]
