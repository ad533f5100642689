"""A prepared set travels as one zip: the same bytes each time, trained from as it is, and nothing lands elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder, find_dataset
from artgan.datasets.prepared import is_prepared, open_prepared, read_set
from artgan.datasets.preparing import prepare
from artgan.datasets.zipping import PreparedZip, unzip
from artgan.errors import DamagedError, NotFoundError, UsageError

COUNT = 6


def draw(datasets: Path, name: str, seed: int = 0, sizes: tuple[int, ...] = (16,), **how: object) -> DatasetFolder:
    pictures = datasets.parent / f"pictures-{seed}"
    pictures.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for number in range(COUNT):
        # The last is too long for a square, so it is in use and not in the set.
        wide = 90 if number == COUNT - 1 else 40
        Image.fromarray(rng.integers(0, 256, (30, wide, 3), dtype=np.uint8)).save(pictures / f"p{number}.png")
    for _ in import_folder(pictures, datasets_dir=datasets, name=name, **how):  # type: ignore[arg-type]
        pass
    folder = DatasetFolder(datasets / name)
    for size in sizes:
        for _ in prepare(folder, size=size):
            pass
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    return draw(tmp_path / "datasets", "sketches")


def test_unpacked_it_is_trained_from_as_it_is(folder: DatasetFolder, tmp_path: Path) -> None:
    path = PreparedZip.of(folder, 16).write(tmp_path / "out")
    there = tmp_path / "there"
    made = unzip(path, there)
    assert made.path == there / "sketches" == find_dataset(there, None).path
    assert is_prepared(made, 16) and not (made.path / "originals").exists()
    expected, found = open_prepared(folder, 16), open_prepared(made, 16)
    assert found.fingerprint == expected.fingerprint and found.ids == expected.ids and len(found.ids) == COUNT - 1
    assert np.array_equal(found.images, expected.images)
    assert made.read().prepared == [16] and made.read().counts == {"ok": COUNT}


def test_the_inner_folder_is_what_the_nvlabs_tools_read(folder: DatasetFolder, tmp_path: Path) -> None:
    path = PreparedZip.of(folder, 16).write(tmp_path / "out")
    with zipfile.ZipFile(path) as archive:
        inner = {name.removeprefix("sketches/prepared/16/") for name in archive.namelist() if "/prepared/16/" in name}
        index = json.loads(archive.read("sketches/prepared/16/dataset.json"))
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
    assert "labels" in index
    assert inner == {"dataset.json", *(image["file"] for image in index["artgan"]["images"])}
    assert all(name == "dataset.json" or name.startswith("00000/") for name in inner)


def test_the_same_set_gives_the_same_bytes_anywhere(folder: DatasetFolder, tmp_path: Path) -> None:
    first = PreparedZip.of(folder, 16).write(tmp_path / "one")
    elsewhere = shutil.copytree(folder.path, tmp_path / "other" / "place" / "sketches")
    for file in elsewhere.rglob("*"):
        os.utime(file, (1, 1))
    open_prepared(DatasetFolder(elsewhere), 16)  # the array that it packs beside the pictures stays at home
    second = PreparedZip.of(DatasetFolder(elsewhere), 16).write(tmp_path / "two")
    assert first.name == second.name and first.read_bytes() == second.read_bytes()
    assert first.name.startswith("sketches-16-") and len(first.stem.rpartition("-")[2]) == 12


def test_one_that_is_there_is_taken_and_another_set_has_another_name(folder: DatasetFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = PreparedZip.of(folder, 16).write(out)
    before = first.stat()
    assert PreparedZip.of(folder, 16).write(out) == first
    assert (first.stat().st_mtime_ns, first.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    for _ in prepare(folder, size=16, fit="stretch"):
        pass
    other = PreparedZip.of(folder, 16).write(out)
    assert other.name != first.name
    assert unzip(other, tmp_path / "there").name == "sketches"
    index = folder.prepared(16) / "dataset.json"
    content = json.loads(index.read_bytes())
    content["labels"] = [[image["file"], 0] for image in content["artgan"]["images"]]
    index.write_text(json.dumps(content))
    assert PreparedZip.of(folder, 16).write(out).name not in {first.name, other.name}


def test_no_path_of_this_machine_travels_along(tmp_path: Path) -> None:
    linked = draw(tmp_path / "datasets", "linked", link=True)
    assert any(os.path.isabs(record.file or "") for record in linked.in_use())
    path = PreparedZip.of(linked, 16).write(tmp_path / "out")
    with zipfile.ZipFile(path) as archive:
        texts = [archive.read(name) for name in archive.namelist() if not name.endswith(".png")]
    assert not any(str(tmp_path).encode() in text for text in texts)
    made = unzip(path, tmp_path / "there")
    assert is_prepared(made, 16) and open_prepared(made, 16).fingerprint == read_set(linked, 16).fingerprint
    assert all(not record.source for record in made.records())


def test_a_damaged_picture_is_not_sent(folder: DatasetFolder, tmp_path: Path) -> None:
    picture = next(folder.prepared(16).glob("00000/*.png"))
    data = bytearray(picture.read_bytes())
    data[len(data) // 2] ^= 255
    picture.write_bytes(data)
    with pytest.raises(DamagedError, match="is damaged") as caught:
        PreparedZip.of(folder, 16).write(tmp_path / "out")
    assert caught.value.hint == "artgan prepare sketches --size 16"
    picture.unlink()
    with pytest.raises(DamagedError, match="is missing"):
        PreparedZip.of(folder, 16).write(tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))
    with pytest.raises(NotFoundError, match="not prepared at 32 px"):
        PreparedZip.of(folder, 32).write(tmp_path / "out")


def test_several_lie_side_by_side_and_again_changes_nothing(tmp_path: Path) -> None:
    out, there = tmp_path / "out", tmp_path / "there"
    one = draw(tmp_path / "datasets", "one", seed=1, sizes=(8, 16))
    two = draw(tmp_path / "datasets", "two", seed=2)
    small = PreparedZip.of(one, 8).write(out)
    for path in (small, PreparedZip.of(two, 16).write(out)):
        unzip(path, there)
    known = {file: file.stat().st_mtime_ns for file in there.rglob("*") if file.suffix in {".png", ".json"}}
    assert unzip(small, there).name == "one"
    assert known == {file: file.stat().st_mtime_ns for file in known}
    made = unzip(PreparedZip.of(one, 16).write(out), there)
    assert made.read().prepared == [8, 16] and is_prepared(made, 8) and is_prepared(made, 16)
    assert sorted(path.name for path in there.iterdir() if path.is_dir()) == ["one", "two"]


def test_a_dataset_of_the_same_name_is_never_replaced(folder: DatasetFolder, tmp_path: Path) -> None:
    path = PreparedZip.of(folder, 16).write(tmp_path / "out")
    other = draw(tmp_path / "else" / "datasets", "sketches", seed=5)
    before = open_prepared(other, 16).fingerprint
    with pytest.raises(UsageError, match="holds other pictures"):
        unzip(path, other.path.parent)
    assert open_prepared(other, 16).fingerprint == before
    # Where it came from, it is there already.
    assert unzip(path, folder.path.parent).path == folder.path
    assert len(list(folder.originals.iterdir())) == COUNT


def remade(path: Path, change: Callable[[zipfile.ZipFile], None], *, without: str = "") -> Path:
    """Write the zip anew, with a change of somebody who means no good."""
    bad = path.with_name("bad.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(bad, "w") as target:
        for member in source.infolist():
            if member.filename != without:
                target.writestr(member, source.read(member))
        change(target)
    return bad


def link(archive: zipfile.ZipFile) -> None:
    member = zipfile.ZipInfo("sketches/prepared/16/00000/link.png")
    member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    archive.writestr(member, "/etc/passwd")


@pytest.mark.parametrize(
    "name",
    [
        "../outside.png",
        "sketches/../../outside.png",
        "/outside.png",
        "sketches/prepared/16/../../../../outside.png",
        "sketches/prepared/16/00000/..\\..\\outside.png",
        "sketches/prepared/16/00000/../x.png",
        "C:/outside.png",
        "sketches\\outside.png",
        "other/dataset.json",
        "sketches/run.py",
        "sketches/prepared/32/00000/x.png",
    ],
)
def test_a_file_that_belongs_elsewhere_refuses_the_zip(folder: DatasetFolder, tmp_path: Path, name: str) -> None:
    path = PreparedZip.of(folder, 16).write(tmp_path / "out")
    there = tmp_path / "deep" / "there"
    with pytest.raises(DamagedError, match="cannot be unpacked as a dataset"):
        unzip(remade(path, lambda archive: archive.writestr(name, b"x")), there)
    assert not there.exists() or not [p for p in there.iterdir() if p.is_dir()]
    assert not list(tmp_path.rglob("*outside*"))


def test_a_link_becomes_a_plain_file(folder: DatasetFolder, tmp_path: Path) -> None:
    path = PreparedZip.of(folder, 16).write(tmp_path / "out")
    made = unzip(remade(path, link), tmp_path / "there")
    assert not [file for file in made.path.rglob("*") if file.is_symlink()]
    assert len(open_prepared(made, 16).ids) == COUNT - 1


def test_one_that_is_cut_off_leaves_nothing_and_can_be_mended(folder: DatasetFolder, tmp_path: Path) -> None:
    path, there = PreparedZip.of(folder, 16).write(tmp_path / "out"), tmp_path / "there"
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        last = archive.infolist()[-1]
    broken = bytearray(whole)
    broken[last.header_offset + 100] ^= 255
    for data in (whole[:-100], bytes(broken), b"no zip"):
        path.write_bytes(data)
        with pytest.raises(DamagedError, match="cannot be unpacked as a dataset"):
            unzip(path, there)
        assert not there.exists() or not [p for p in there.iterdir() if p.is_dir()]
    for lost in ("sketches/dataset.json", "sketches/images.jsonl", "sketches/prepared/16/dataset.json"):
        path.write_bytes(whole)
        with pytest.raises(DamagedError, match="it lacks"):
            unzip(remade(path, lambda archive: None, without=lost), there)
    with pytest.raises(DamagedError, match="there is no zip"):
        unzip(tmp_path / "none.zip", there)
    # What a killed process left is swept away.
    (there / ".sketches.unzip.part" / "sketches").mkdir(parents=True)
    (there / ".sketches.unzip.part" / "sketches" / "half.png").touch()
    assert is_prepared(unzip(path, there), 16)
    assert sorted(p.name for p in there.iterdir() if p.is_dir()) == ["sketches"]
