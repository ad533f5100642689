"""A dataset becomes square images: the format, what is redone, and what survives a kill and a full disk."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan.datasets.manifest import Dataset, DatasetFolder, ImageRecord
from artgan.datasets.preparing import Prepared, prepare
from artgan.errors import ArtganError, BusyError, DiskFullError, NotFoundError, UsageError
from artgan.events import Event, ImageSaved, Note, Progress, Skipped
from artgan.records import now


def paint(path: Path, number: int, sides: tuple[int, int] = (90, 60)) -> None:
    """A picture that differs from every other."""
    rng = np.random.default_rng(number)
    coarse = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(coarse).resize(sides, Image.Resampling.BICUBIC).save(path, quality=90)


def record(folder: DatasetFolder, name: str, sides: tuple[int, int]) -> ImageRecord:
    path = folder.originals / f"{name}.jpg"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ImageRecord(
        id=name, status="ok", file=f"originals/{name}.jpg", sha256=digest, width=sides[0], height=sides[1]
    )


def make_dataset(path: Path, count: int = 6, sides: tuple[int, int] = (90, 60)) -> DatasetFolder:
    folder = DatasetFolder(path)
    names = [f"p{index:04d}" for index in range(count)]
    for index, name in enumerate(names):
        paint(folder.originals / f"{name}.jpg", index, sides)
    folder.write_records(record(folder, name, sides) for name in names)
    folder.write(Dataset(name=folder.name, created=now()))
    return folder


@pytest.fixture
def flowers(tmp_path: Path) -> DatasetFolder:
    return make_dataset(tmp_path / "flowers")


def run(folder: DatasetFolder, **options: object) -> tuple[Prepared, list[Event]]:
    events = list(prepare(folder, **{"size": 16, **options}))  # type: ignore[arg-type]
    assert isinstance(events[-1], Prepared)
    return events[-1], events


def contents(folder: DatasetFolder, size: int = 16) -> dict[str, bytes]:
    root = folder.prepared(size)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def stamps(folder: DatasetFolder, size: int = 16) -> dict[str, int]:
    return {path.stem: path.stat().st_mtime_ns for path in folder.prepared(size).glob("*/*.png")}


def settle(folder: DatasetFolder) -> None:
    """Set every file's time back, so that one written anew shows."""
    for path in folder.prepared(16).rglob("*"):
        os.utime(path, ns=(10**9, 10**9))


# What comes out


def test_it_writes_the_folder_that_nvlabs_tools_read(flowers: DatasetFolder) -> None:
    done, events = run(flowers)
    assert (done.name, done.size, done.made, done.kept, done.skipped) == ("flowers", 16, 6, 0, 0)
    index = json.loads((done.path / "dataset.json").read_text())
    assert index["labels"] is None
    # Their reader takes every picture below the folder, sorted by path; all square, of one size and mode.
    found = sorted(path for path in done.path.rglob("*") if path.suffix in {".png", ".jpg"})
    assert [str(path.relative_to(done.path)) for path in found] == [f"00000/p{i:04d}.png" for i in range(6)]
    for path in found:
        with Image.open(path) as image:
            assert (image.size, image.mode) == ((16, 16), "RGB")
    assert flowers.read().prepared == [16]
    progress = [event for event in events if isinstance(event, Progress)]
    assert [(p.done, p.total) for p in progress] == [(n, 6) for n in range(7)]


def test_it_shows_what_the_original_shows(flowers: DatasetFolder) -> None:
    run(flowers)
    with Image.open(flowers.originals / "p0002.jpg") as original:
        expected = original.resize((16, 16), Image.Resampling.LANCZOS, box=(15, 0, 75, 60))
    with Image.open(flowers.prepared(16) / "00000/p0002.png") as made:
        assert np.abs(np.asarray(made, float) - np.asarray(expected, float)).mean() < 1.0


def test_sub_folders_hold_a_thousand_and_pictures_move_when_others_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artgan.datasets.preparing._FOLDER_PICTURES", 4)
    folder = make_dataset(tmp_path / "many")
    run(folder)
    assert sorted(contents(folder))[:6] == [f"0000{i // 4}/p{i:04d}.png" for i in range(6)]
    settle(folder)
    paint(folder.originals / "a.jpg", 99)
    folder.write_records([*folder.records(), record(folder, "a", (90, 60))])
    done, _ = run(folder)
    assert (done.made, done.kept, done.removed) == (1, 6, 0)
    other = make_dataset(tmp_path / "other" / "many")
    shutil.copy(folder.originals / "a.jpg", other.originals)
    shutil.copy(folder.manifest_path, other.manifest_path)
    run(other)
    assert contents(folder) == contents(other)
    folder.write_records(r for r in folder.records() if r.id < "p0003")
    run(folder)
    assert [path.name for path in folder.prepared(16).iterdir() if path.is_dir()] == ["00000"]


def test_any_number_of_workers_gives_the_same_bytes(tmp_path: Path) -> None:
    one, four = make_dataset(tmp_path / "1" / "f", 12), make_dataset(tmp_path / "4" / "f", 12)
    run(one, workers=1)
    run(four, workers=4)
    assert contents(one) == contents(four)


def test_grey_has_one_channel(flowers: DatasetFolder) -> None:
    run(flowers, mode="grey")
    with Image.open(flowers.prepared(16) / "00000/p0000.png") as image:
        assert image.mode == "L"


def test_stretch_remembers_the_typical_ratio(flowers: DatasetFolder) -> None:
    done, _ = run(flowers, fit="stretch")
    assert json.loads((done.path / "dataset.json").read_text())["artgan"]["typical_aspect"] == 1.5
    assert done.cut_away == 0.0


def test_it_says_how_much_the_crop_cuts_away(flowers: DatasetFolder) -> None:
    done, events = run(flowers)
    assert done.cut_away == pytest.approx(1 / 3, abs=1e-6)
    text = next(event.text for event in events if isinstance(event, Note))
    assert "centre crop cuts away 33%" in text and "--fit pad" in text


def test_it_says_that_small_pictures_are_enlarged(flowers: DatasetFolder) -> None:
    _, events = run(flowers, size=64, fit="stretch")
    assert [event.text for event in events if isinstance(event, Note)] == [
        "6 of 6 pictures are smaller than 64 px and were enlarged"
    ]


def test_preview_is_a_sheet_of_the_images(flowers: DatasetFolder, tmp_path: Path) -> None:
    sheet = tmp_path / "out" / "sheet.png"
    _, events = run(flowers, preview=sheet)
    assert ImageSaved(path=sheet) in events
    with Image.open(sheet) as image:
        assert image.size == (3 * 18 + 2, 2 * 18 + 2)


# What is left out


def test_what_is_left_out_is_named_with_its_reason(flowers: DatasetFolder) -> None:
    for name, sides in (("long", (300, 60)), ("tiny", (20, 20)), ("torn", (90, 60))):
        paint(flowers.originals / f"{name}.jpg", 5, sides)
    flowers.write_records(
        [
            *flowers.records(),
            record(flowers, "long", (300, 60)),
            record(flowers, "tiny", (20, 20)),
            ImageRecord(id="torn", status="ok", file="originals/torn.jpg"),
            ImageRecord(id="lost", status="ok", file="originals/lost.jpg"),
            ImageRecord(id="../out", status="ok", file="originals/p0000.jpg"),
        ]
    )
    torn = flowers.originals / "torn.jpg"
    torn.write_bytes(torn.read_bytes()[:200])
    done, events = run(flowers, min_side=30)
    skipped = {event.source: event.status for event in events if isinstance(event, Skipped)}
    assert skipped.pop("originals/torn.jpg") in {"truncated", "unreadable"}
    assert skipped == {
        "originals/long.jpg": "aspect",
        "originals/tiny.jpg": "small",
        "originals/lost.jpg": "missing",
        "originals/p0000.jpg": "id",
    }
    assert (done.made, done.skipped) == (6, 5)
    settle(flowers)
    again, _ = run(flowers, min_side=30)
    assert (again.made, again.kept, again.skipped) == (0, 6, 5)
    assert (flowers.prepared(16) / "dataset.json").stat().st_mtime_ns == 10**9


def test_limit_takes_the_first_that_are_suitable(flowers: DatasetFolder) -> None:
    paint(flowers.originals / "a.jpg", 5, (300, 60))
    flowers.write_records([*flowers.records(), record(flowers, "a", (300, 60))])
    run(flowers, limit=2)
    assert sorted(stamps(flowers)) == ["p0000", "p0001"]


def test_nothing_left_is_an_error_that_says_why(flowers: DatasetFolder) -> None:
    with pytest.raises(UsageError, match="none of the 6 pictures of 'flowers' can be used: 6 aspect"):
        run(flowers, aspect_max=1.2)


def test_no_dataset_and_no_pictures_are_not_found(tmp_path: Path, flowers: DatasetFolder) -> None:
    with pytest.raises(NotFoundError):
        run(DatasetFolder(tmp_path / "none"))
    flowers.write_records([])
    with pytest.raises(NotFoundError, match="no pictures"):
        run(flowers)


@pytest.mark.parametrize(
    ("size", "hint"),
    [(100, "--size 64 or --size 128"), (4, "use --size 8"), (2048, "use --size 1024"), (0, "use --size 8")],
)
def test_other_sizes_are_refused_with_the_nearest(flowers: DatasetFolder, size: int, hint: str) -> None:
    with pytest.raises(UsageError, match=f"size {size} is not a power of two between 8 and 1024") as caught:
        prepare(flowers, size=size)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "options",
    [
        {"fit": "zoom"},
        {"mode": "cmyk"},
        {"aspect_max": 0.5},
        {"aspect_max": float("nan")},
        {"limit": 0},
        {"min_side": 0},
        {"workers": 0},
        {"preview": Path("sheet.gif")},
    ],
)
def test_bad_options_are_refused_before_anything_is_done(flowers: DatasetFolder, options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        prepare(flowers, **options)  # type: ignore[arg-type]
    assert not flowers.prepared(64).parent.exists()


# What is done again


def test_a_second_run_does_nothing(flowers: DatasetFolder) -> None:
    first, _ = run(flowers)
    before = contents(flowers)
    settle(flowers)
    again, _ = run(flowers)
    assert (again.made, again.kept, again.fingerprint) == (0, 6, first.fingerprint)
    assert contents(flowers) == before
    assert {path.stat().st_mtime_ns for path in flowers.prepared(16).rglob("*") if path.is_file()} == {10**9}


def test_only_a_changed_original_is_redone(flowers: DatasetFolder) -> None:
    first, _ = run(flowers)
    settle(flowers)
    paint(flowers.originals / "p0003.jpg", 77)
    again, events = run(flowers)
    assert (again.made, again.kept) == (1, 5) and again.fingerprint != first.fingerprint
    assert [name for name, stamp in stamps(flowers).items() if stamp != 10**9] == ["p0003"]
    assert any("1 of 6 originals have changed" in e.text for e in events if isinstance(e, Note))


def test_a_dropped_record_takes_its_image_along(flowers: DatasetFolder) -> None:
    run(flowers)
    settle(flowers)
    flowers.write_records(
        r.model_copy(update={"status": "dropped"}) if r.id == "p0001" else r for r in flowers.records()
    )
    done, _ = run(flowers)
    assert (done.made, done.kept, done.removed) == (0, 5, 1)
    assert "p0001" not in stamps(flowers) and set(stamps(flowers).values()) == {10**9}


def test_other_options_redo_all_and_force_too(flowers: DatasetFolder) -> None:
    run(flowers)
    before = contents(flowers)
    assert run(flowers, fit="pad")[0].made == 6
    assert run(flowers)[0].made == 6
    assert run(flowers, force=True)[0].made == 6
    assert contents(flowers) == before
    # What only chooses pictures changes none of them.
    assert run(flowers, aspect_max=3.0, limit=5)[0].kept == 5


def test_a_broken_image_is_mended(flowers: DatasetFolder) -> None:
    run(flowers)
    before = contents(flowers)
    places = [flowers.prepared(16) / f"00000/p000{i}.png" for i in range(3)]
    places[0].write_bytes(places[0].read_bytes()[:300])
    torn = bytearray(places[1].read_bytes())
    torn[-40] ^= 255
    places[1].write_bytes(torn)
    places[2].unlink()
    (flowers.prepared(16) / "dataset.json").write_text("{")
    done, _ = run(flowers)
    assert (done.made, done.kept) == (3, 3)
    assert contents(flowers) == before


def test_images_outlive_originals_that_are_away(flowers: DatasetFolder) -> None:
    run(flowers)
    before = contents(flowers)
    flowers.originals.rename(flowers.path / "elsewhere")
    assert run(flowers)[0].kept == 6
    assert contents(flowers) == before


def test_sizes_are_listed_together(flowers: DatasetFolder) -> None:
    run(flowers, size=32)
    run(flowers, size=8)
    assert flowers.read().prepared == [8, 32]


# What goes wrong outside

SCRIPT = """
import sys
from pathlib import Path
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.preparing import prepare
from artgan.errors import ArtganError
try:
    for event in prepare(DatasetFolder(Path(sys.argv[1])), size=16, workers=2):
        pass
except ArtganError as error:
    print(type(error).__name__, error.message)
"""


def start(folder: DatasetFolder) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", SCRIPT, str(folder.path)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_after_a_kill_the_same_call_ends_with_the_same_bytes(tmp_path: Path) -> None:
    calm = make_dataset(tmp_path / "calm" / "f", 60, (1200, 900))
    killed = make_dataset(tmp_path / "killed" / "f", 0)
    shutil.copytree(calm.path, killed.path, dirs_exist_ok=True)
    run(calm)
    process = start(killed)
    deadline = time.monotonic() + 150
    while len(stamps(killed)) < 5 and time.monotonic() < deadline:
        time.sleep(0.002)
    process.kill()
    process.communicate()
    assert 5 <= len(stamps(killed)) < 60 and not (killed.prepared(16) / "dataset.json").exists()
    (killed.prepared(16) / "00000" / "p0059.png.part").write_bytes(b"torn")
    done, _ = run(killed)
    assert done.kept >= 5
    assert contents(killed) == contents(calm)


def test_a_second_process_is_refused(flowers: DatasetFolder) -> None:
    first = prepare(flowers, size=16)
    assert isinstance(next(first), Progress)
    with pytest.raises(BusyError, match="another process is preparing 'flowers' at 16 px"):
        run(flowers)
    assert start(flowers).communicate()[0].startswith("BusyError another process")
    assert run(flowers, size=8)[0].made == 6  # another size is another folder
    assert isinstance(list(first)[-1], Prepared)


def test_leaving_early_frees_the_folder(flowers: DatasetFolder) -> None:
    events = prepare(flowers, size=16)
    next(events)
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert run(flowers)[0].kept >= 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=96k", "tmpfs", str(place)]
    if mount is None or subprocess.run([mount, *options], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_leaves_whole_images_and_goes_on(tmp_path: Path, small_disk: Path) -> None:
    calm = make_dataset(tmp_path / "calm" / "f", 40)
    full = DatasetFolder(small_disk / "f")
    full.path.mkdir()
    records = [r.model_copy(update={"file": str(calm.path / str(r.file))}) for r in calm.records()]
    full.write_records(records)
    full.write(calm.read())
    filler = small_disk / "filler"
    filler.write_bytes(bytes(40_000))
    with pytest.raises(DiskFullError) as caught:
        run(full)
    assert "give the same command again" in caught.value.hint
    left = contents(full)
    run(calm)
    expected = contents(calm)
    assert left and all(expected[name] == data for name, data in left.items())
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=2m", str(small_disk)], check=True)
    done, _ = run(full)
    assert done.kept == len(left) and done.made == 40 - len(left)
    images = {name: data for name, data in contents(full).items() if name.endswith(".png")}
    assert images == {name: data for name, data in expected.items() if name.endswith(".png")}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_folder_that_may_not_be_written_is_an_error(flowers: DatasetFolder) -> None:
    flowers.path.chmod(0o500)
    try:
        with pytest.raises(ArtganError, match="not allowed to write"):
            run(flowers)
    finally:
        flowers.path.chmod(0o700)
