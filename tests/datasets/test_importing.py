"""A folder becomes a dataset: every file gets a record, nothing escapes, and doing it again brings it up to date."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan import files
from artgan.datasets import dhash as hashing
from artgan.datasets.importing import Imported, import_folder
from artgan.datasets.manifest import DatasetFolder, ImageRecord
from artgan.errors import ArtganError, BusyError, DamagedError, DiskFullError, NotFoundError, UsageError
from artgan.events import Event, Note, Progress, Skipped


def painting(seed: int, size: tuple[int, int] = (40, 30)) -> Image.Image:
    """A smooth picture of its own: no two seeds look alike."""
    cells = np.random.default_rng(seed).integers(0, 256, (8, 9, 3)).astype(np.uint8)
    return Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)


def data(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def put(root: Path, **contents: bytes) -> Path:
    """Write files; "__" in a keyword stands for "/" and "_" before the suffix for "."."""
    for keyword, content in contents.items():
        stem, _, suffix = keyword.replace("__", "/").rpartition("_")
        path = root / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "datasets"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return put(
        tmp_path / "My Paintings", a_jpg=data(painting(1)), b_png=data(painting(2), "PNG"), c_jpg=data(painting(3))
    )


def run(path: Path, home: Path, **options: object) -> tuple[Imported, list[Event]]:
    events = list(import_folder(path, datasets_dir=home, **options))  # type: ignore[arg-type]
    assert isinstance(events[-1], Imported)
    return events[-1], events


def records(done: Imported) -> dict[str, ImageRecord]:
    return {record.source: record for record in DatasetFolder(done.path).records()}


def originals(done: Imported) -> list[str]:
    return sorted(path.name for path in (done.path / "originals").iterdir())


def notes(events: list[Event]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Note))


def tree(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


# -- what comes out


def test_a_folder_becomes_a_dataset(source: Path, home: Path) -> None:
    done, events = run(source, home)
    assert done.name == "my-paintings" and done.path == home / "my-paintings"
    assert done.layout == "flat" and done.counts == {"ok": 3} and done.near_duplicates == 0
    assert isinstance(events[0], Note) and "flat" in events[0].text
    folder = DatasetFolder(done.path)
    described = folder.read()
    assert described.name == "my-paintings" and described.source == str(source) and described.counts == {"ok": 3}
    assert described.typical_aspect == pytest.approx(4 / 3) and described.rights and described.version
    used = folder.in_use()
    assert [record.id for record in used] == ["a", "b", "c"]
    for record, name in zip(used, ("a.jpg", "b.png", "c.jpg"), strict=True):
        assert folder.file_of(record).read_bytes() == (source / name).read_bytes()
        assert (record.width, record.height, record.source) == (40, 30, name)
        assert record.sha256 == files.sha256_file(source / name) and len(record.dhash or "") == 16
    looked = [event for event in events if isinstance(event, Progress)]
    assert (looked[-1].stage, looked[-1].done, looked[-1].total) == ("copy", 3, 3)


def test_every_file_gets_a_record_and_a_reason(source: Path, home: Path) -> None:
    noise = data(Image.effect_noise((200, 200), 90))
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    put(source, letter_jpg=b"Dear Sir", cut_jpg=noise[:-500], tiny_png=data(painting(4, (30, 7)), "PNG"), empty_png=b"")
    put(
        source,
        bomb_png=bomb,
        copy_jpg=data(painting(1)),
        notes_txt=b"bought in Paris",
        small_png=data(painting(5, (8, 8)), "PNG"),
    )
    done, events = run(source, home)
    found = {name: (record.status, record.reason.partition(":")[0]) for name, record in records(done).items()}
    assert found == {
        "a.jpg": ("ok", ""), "b.png": ("ok", ""), "c.jpg": ("ok", ""), "small.png": ("ok", ""),
        "letter.jpg": ("failed", "not-an-image"), "notes.txt": ("failed", "not-an-image"),
        "cut.jpg": ("failed", "truncated"), "empty.png": ("failed", "empty"), "bomb.png": ("failed", "bomb"),
        "tiny.png": ("dropped", "too-small"), "copy.jpg": ("dropped", "duplicate"),
    }  # fmt: skip
    assert records(done)["copy.jpg"].reason == "duplicate: same content as a"
    assert done.counts == {
        "ok": 4,
        "not-an-image": 2,
        "truncated": 1,
        "empty": 1,
        "bomb": 1,
        "too-small": 1,
        "duplicate": 1,
    }
    skipped = {event.source: event.status for event in events if isinstance(event, Skipped)}
    assert skipped == {name: word for name, (status, word) in found.items() if status != "ok"}
    assert originals(done) == ["a.jpg", "b.png", "c.jpg", "small.png"]


def test_the_suffix_is_the_true_format(tmp_path: Path, home: Path) -> None:
    put(tmp_path / "x", a_jpg=data(painting(1), "PNG"), b_dat=data(painting(2), "WEBP"))
    assert originals(run(tmp_path / "x", home)[0]) == ["a.png", "b.webp"]


def test_sizes_are_upright(tmp_path: Path, home: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    put(tmp_path / "x", a_jpg=data(painting(1, (400, 300)), exif=exif))
    record = records(run(tmp_path / "x", home)[0])["a.jpg"]
    assert (record.width, record.height) == (300, 400)


def test_links_instead_of_copies(source: Path, home: Path) -> None:
    done, _ = run(source, home, link=True)
    folder = DatasetFolder(done.path)
    assert not folder.originals.exists()
    assert [folder.file_of(record) for record in folder.in_use()] == sorted(source.iterdir())
    done, _ = run(source, home)  # and back
    assert originals(done) == ["a.jpg", "b.png", "c.jpg"]


def test_nothing_usable_makes_no_dataset(tmp_path: Path, home: Path) -> None:
    put(tmp_path / "x", a_txt=b"1", b_jpg=b"2")
    with pytest.raises(DamagedError, match="none of the 2 files can be used: 2 not-an-image"):
        run(tmp_path / "x", home)
    assert not (home / "x").exists()


# -- ids


def test_ids_tell_folders_and_clashing_names_apart(tmp_path: Path, home: Path) -> None:
    root = put(
        tmp_path / "x", rose_jpg=data(painting(1)), rose_png=data(painting(2), "PNG"), in__rose_jpg=data(painting(3))
    )
    put(root, in__Tulip_jpg=data(painting(4)))
    done, _ = run(root, home)
    ids = {source: record.id for source, record in records(done).items()}
    assert ids["in/rose.jpg"] == "in__rose" and ids["in/Tulip.jpg"] == "in__Tulip"
    assert ids["rose.jpg"] != ids["rose.png"] and all(ids[f"rose.{s}"].startswith("rose-") for s in ("jpg", "png"))
    again, _ = run(root, home, name="again")
    assert {source: record.id for source, record in records(again).items()} == ids
    part, _ = run(root, home, name="part", only="rose.png")
    assert {source: record.id for source, record in records(part).items()} == {"rose.png": ids["rose.png"]}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not let such files exist")
def test_hostile_names_stay_inside(tmp_path: Path, home: Path) -> None:
    root = tmp_path / "x"
    root.mkdir()
    hostile = [
        "🌻.jpg",
        "a\nb.jpg",
        "-rf.jpg",
        "con.jpg",
        "a..jpg",
        "x" * 240 + ".jpg",
        "C:\\windows.jpg",
        " .jpg",
        "é.jpg",
    ]
    for seed, name in enumerate(hostile):
        (root / name).write_bytes(data(painting(seed)))
    (root / os.fsdecode(b"latin-\xe9.jpg")).write_bytes(data(painting(99)))
    done, _ = run(root, home)
    used = DatasetFolder(done.path).in_use()
    assert len(used) == len(hostile) + 1 == len({record.id.casefold() for record in used})
    for record in used:
        assert files.safe_name(record.id, longest=100) == record.id
        assert DatasetFolder(done.path).file_of(record).parent == done.path / "originals"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zip_slip_writes_nothing_outside(tmp_path: Path, home: Path) -> None:
    packed = tmp_path / "bad.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for seed, name in enumerate(("../../evil.jpg", "/tmp/evil.jpg", "..\\evil.jpg", "ok/fine.jpg", "ok/fine.jpg")):
            archive.writestr(zipfile.ZipInfo(name), data(painting(seed)))
    before = sorted(os.listdir(tmp_path))
    done, events = run(packed, home)
    assert done.name == "bad" and done.counts == {"ok": 5} and "in bad.zip" in notes(events)
    assert sorted(os.listdir(tmp_path)) == sorted([*before, "datasets"])
    assert len(originals(done)) == 5 and not list(home.glob("*.jpg"))


def test_encrypted_and_overlong_members_get_a_reason(tmp_path: Path, home: Path) -> None:
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("good.jpg", data(painting(1)))
        archive.writestr("locked.jpg", data(painting(2)))
        archive.writestr("huge.jpg", b"x")
    content = bytearray(packed.read_bytes())
    at = content.index(b"locked.jpg", content.index(b"PK\x01\x02"))
    content[at - 46 + 8] |= 1  # the directory's flag for a password
    at = content.index(b"huge.jpg", content.index(b"PK\x01\x02"))
    content[at - 46 + 24 : at - 46 + 28] = struct.pack("<I", 2**31)  # the size it claims to unpack to
    packed.write_bytes(content)
    done, _ = run(packed, home)
    assert done.counts == {"ok": 1, "encrypted": 1, "bomb": 1}


# -- choosing


def test_genre_only_and_limit(tmp_path: Path, home: Path) -> None:
    root = put(tmp_path / "x", landscape__a_jpg=data(painting(1)), flower_painting__b_jpg=data(painting(2)))
    os.rename(root / "flower_painting", root / "flower-painting")
    put(root, landscape__c_jpg=data(painting(3)), landscape__bad_jpg=b"?")
    done, events = run(root, home, name="flowers", genre="Flower Painting")
    assert list(records(done)) == ["flower-painting/b.jpg"] and "3 of 4 files" in notes(events)
    assert records(done)["flower-painting/b.jpg"].genre == "flower-painting"
    assert list(records(run(root, home, name="glob", only="*/C.*")[0])) == ["landscape/c.jpg"]
    assert list(records(run(root, home, name="genre", only="flower-painting")[0])) == ["flower-painting/b.jpg"]
    done, events = run(root, home, name="few", limit=2)
    assert done.counts == {"ok": 2} and "limit is 2" in notes(events)
    done, _ = run(root, home, name="few2", genre="landscape", limit=2)
    assert done.counts == {"ok": 2, "not-an-image": 1}, "the limit counts pictures, not files"
    with pytest.raises(NotFoundError, match="--genre 'marina'") as caught:
        run(root, home, name="none", genre="marina")
    assert "landscape" in caught.value.hint and not (home / "none").exists()


def test_folders_count_as_genres_where_none_is_known(tmp_path: Path, home: Path) -> None:
    root = put(tmp_path / "x", mine__roses__2020__a_jpg=data(painting(1)), mine__dogs__b_jpg=data(painting(2)))
    done, _ = run(root, home, genre="rose")
    assert list(records(done)) == ["mine/roses/2020/a.jpg"] and done.layout == "nested"


# -- near-duplicates


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    picture = painting(1, (300, 200))
    root = put(tmp_path / "twins", small_jpg=data(picture.resize((150, 100))), large_png=data(picture, "PNG"))
    put(root, worse_jpg=data(picture, quality=30), other_jpg=data(painting(2)))
    return put(
        root,
        grey_png=data(Image.new("RGB", (90, 90), "grey"), "PNG"),
        red_png=data(Image.new("RGB", (90, 90), "red"), "PNG"),
    )


def test_near_duplicates_are_reported_and_kept(twins: Path, home: Path) -> None:
    done, events = run(twins, home)
    assert done.near_duplicates == 2 and done.counts == {"ok": 6}
    assert "near-duplicates of larger pictures: 2" in notes(events) and "--drop-near-duplicates" in notes(events)


def test_near_duplicates_are_dropped_on_request_and_the_largest_stays(twins: Path, home: Path) -> None:
    done, _ = run(twins, home, drop_near_duplicates=True)
    assert done.counts == {"ok": 4, "near-duplicate": 2} and done.near_duplicates == 2
    assert originals(done) == ["grey.png", "large.png", "other.jpg", "red.png"]
    assert records(done)["small.jpg"].reason == "near-duplicate: of large"


def test_near_pairs_finds_what_comparing_each_with_each_finds() -> None:
    rng = np.random.default_rng(3)
    values = [int(v) for v in rng.integers(0, 2**63, 300, dtype=np.uint64)]
    values += [value ^ (1 << int(rng.integers(64))) for value in values[:40]]
    texts = [f"{value:016x}" for value in values]
    slow = {(i, j) for j in range(340) for i in range(j) if (values[i] ^ values[j]).bit_count() <= 4}
    fast = list(hashing.near_pairs(texts))
    assert {(i, j) for i, j, _ in fast} == slow and len(fast) >= 40
    assert [j for _, j, _ in fast] == sorted(j for _, j, _ in fast)
    assert list(hashing.near_pairs([])) == []


# -- again


def test_the_same_again_changes_nothing(source: Path, home: Path) -> None:
    put(source, letter_jpg=b"?")
    done, _ = run(source, home)
    before = tree(done.path)
    times = {path: path.stat().st_mtime_ns for path in (done.path / "originals").iterdir()}
    done, _ = run(source, home)
    assert tree(done.path) == before
    assert {path: path.stat().st_mtime_ns for path in (done.path / "originals").iterdir()} == times


def test_again_brings_up_to_date(source: Path, home: Path) -> None:
    first, _ = run(source, home)
    created = DatasetFolder(first.path).read().created
    put(source, a_jpg=data(painting(7)), d_jpg=data(painting(8)), a_png=data(painting(9), "PNG"))
    (source / "b.png").unlink()
    done, events = run(source, home)
    found = records(done)
    assert found["a.jpg"].id == "a", "a new file of a like name does not take the id"
    assert sorted(found) == ["a.jpg", "a.png", "c.jpg", "d.jpg"] and "no longer in use, removed: 1" in notes(events)
    folder = DatasetFolder(done.path)
    assert folder.file_of(found["a.jpg"]).read_bytes() == (source / "a.jpg").read_bytes()
    assert len(originals(done)) == 4 and folder.read().created == created
    assert folder.read().version != "" and folder.read().counts == {"ok": 4}


def test_a_damaged_copy_is_mended(source: Path, home: Path) -> None:
    done, _ = run(source, home)
    (done.path / "originals/a.jpg").write_bytes(b"rot")
    (done.path / "images.jsonl").write_bytes(b"rot\nrot\n")
    run(source, home)
    assert (done.path / "originals/a.jpg").read_bytes() == (source / "a.jpg").read_bytes()
    assert done.counts == {"ok": 3}


def test_another_source_needs_another_name(source: Path, home: Path, tmp_path: Path) -> None:
    done, _ = run(source, home, name="flowers")
    before = tree(done.path)
    other = put(tmp_path / "other", z_jpg=data(painting(9)))
    with pytest.raises(UsageError, match="'flowers' exists") as caught:
        run(other, home, name="flowers")
    assert "--name" in caught.value.hint and tree(done.path) == before


def test_copies_of_a_killed_import_are_kept(source: Path, home: Path) -> None:
    events = import_folder(source, datasets_dir=home)
    for event in events:
        if isinstance(event, Progress) and event.stage == "copy" and event.done == 2:
            break
    events.close()  # type: ignore[attr-defined]
    folder = DatasetFolder(home / "my-paintings")
    assert not folder.exists() and folder.originals.is_dir()
    (folder.originals / "c.jpg.part").write_bytes(b"half")
    stamp = (folder.originals / "a.jpg").stat().st_mtime_ns
    done, _ = run(source, home)
    assert originals(done) == ["a.jpg", "b.png", "c.jpg"]
    assert (folder.originals / "a.jpg").stat().st_mtime_ns == stamp


def test_a_second_import_at_the_same_time_is_refused(source: Path, home: Path) -> None:
    first = import_folder(source, datasets_dir=home)
    for event in first:
        if isinstance(event, Progress):
            break
    with pytest.raises(BusyError, match="my-paintings"):
        run(source, home)
    *_, last = first
    assert isinstance(last, Imported) and last.counts == {"ok": 3}


def test_a_full_disk_leaves_the_earlier_dataset_whole(
    source: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, _ = run(source, home)
    before = tree(done.path)
    put(source, d_jpg=data(painting(8)))

    def full(self: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(DiskFullError):
            run(source, home)
    assert tree(done.path) == before
    assert run(source, home)[0].counts == {"ok": 4}


def test_a_file_that_changes_meanwhile_gets_a_reason(source: Path, home: Path) -> None:
    found = []
    for event in import_folder(source, datasets_dir=home):
        if isinstance(event, Progress) and event.stage == "copy" and event.done == 0:
            (source / "b.png").unlink()
        found.append(event)
    assert isinstance(found[-1], Imported) and found[-1].counts == {"ok": 2, "changed": 1}


# -- layouts, whole


def test_a_dataset_of_artgan_keeps_its_ids_and_facts(tmp_path: Path, home: Path) -> None:
    root = put(tmp_path / "x", flower__claude_monet_jpg=data(painting(1)), portrait__b_jpg=data(painting(2)))
    os.rename(root / "flower/claude_monet.jpg", root / "flower/claude-monet+irises-1917.jpg")
    first, _ = run(root, home)
    packed = shutil.make_archive(str(tmp_path / "carried"), "zip", first.path.parent, first.name)
    done, _ = run(Path(packed), home)
    assert done.layout == "artgan" and done.name == "carried" and done.counts == {"ok": 2}
    mine, theirs = DatasetFolder(done.path).in_use(), DatasetFolder(first.path).in_use()
    for key in ("id", "file", "sha256", "genre", "artist", "year", "title", "dhash"):
        assert [getattr(r, key) for r in mine] == [getattr(r, key) for r in theirs]
    assert DatasetFolder(done.path).read().rights == DatasetFolder(first.path).read().rights


def test_a_hostile_manifest_points_nowhere(tmp_path: Path, home: Path) -> None:
    root = put(tmp_path / "x", originals__a_jpg=data(painting(1)))
    (tmp_path / "secret.jpg").write_bytes(data(painting(2)))
    lines = [
        {"id": "../../up", "status": "ok", "file": "originals/a.jpg"},
        {"id": "s", "status": "ok", "file": "../secret.jpg"},
        {"id": "t", "status": "ok", "file": str(tmp_path / "secret.jpg")},
    ]
    (root / "images.jsonl").write_text("\n".join(map(json.dumps, lines)))
    done, _ = run(root, home)
    (record,) = DatasetFolder(done.path).in_use()
    assert "/" not in record.id and originals(done) == [f"{record.id}.jpg"]


def test_keragan_cache(tmp_path: Path, home: Path) -> None:
    rgb = np.stack([np.asarray(painting(seed, (16, 16))) for seed in range(3)])
    np.save(tmp_path / "cache.npy", rgb[..., ::-1] / 127.5 - 1.0)
    done, _ = run(tmp_path / "cache.npy", home)
    folder = DatasetFolder(done.path)
    assert [record.id for record in folder.in_use()] == [f"cache.npy__00000{i}" for i in range(3)]
    for record, picture in zip(folder.in_use(), rgb, strict=True):
        assert (np.asarray(Image.open(folder.file_of(record))) == picture).all()
    with pytest.raises(UsageError, match="link"):
        run(tmp_path / "cache.npy", home, link=True)


# -- what cannot be


@pytest.mark.parametrize(
    "options", [{"limit": 0}, {"min_side": 0}, {"name": "../up"}, {"name": ""}, {"layout": "nonsense"}]
)
def test_impossible_options(source: Path, home: Path, options: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        run(source, home, **options)
    assert caught.value.hint and not home.exists()


def test_artgans_own_folders_are_not_a_source(source: Path, home: Path) -> None:
    done, _ = run(source, home)
    for path in (home, done.path):
        with pytest.raises(UsageError, match="artgan keeps datasets"):
            run(path, home, name=None if path == done.path else "copy")


def test_datasets_inside_the_source_are_not_imported(source: Path) -> None:
    done, _ = run(source, source / "datasets")
    assert done.counts == {"ok": 3}
    done, _ = run(source, source / "datasets")
    assert done.counts == {"ok": 3}


def test_errors_come_before_the_first_event(tmp_path: Path, home: Path) -> None:
    with pytest.raises(ArtganError):
        import_folder(tmp_path / "nowhere", datasets_dir=home)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from the kernel")
def test_memory_is_flat(tmp_path: Path, home: Path) -> None:
    """60 pictures of 3 MB decoded each: held together they would be 180 MB."""
    root = tmp_path / "many"
    root.mkdir()
    flat = data(painting(0, (1000, 1000)), "PNG", compress_level=1)
    for index in range(60):
        (root / f"{index:03}.png").write_bytes(flat + struct.pack(">I", index))  # each a content of its own
    code = (
        "import resource, sys; from artgan.datasets.importing import import_folder\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "*_, last = import_folder(sys.argv[1], datasets_dir=sys.argv[2])\n"
        "print(last.counts['ok'], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(root), str(home)], capture_output=True, text=True, check=True
    )
    used, kibibytes = map(int, told.stdout.split())
    assert used == 60 and kibibytes < 80 * 1024


@pytest.fixture(autouse=True)
def _no_leftovers(tmp_path: Path) -> Iterator[None]:
    yield
    assert not list(tmp_path.rglob("*.part")), "a half-written file was left"


def test_what_was_said_of_the_rights_stays_with_the_dataset(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    Image.new("RGB", (20, 20), "red").save(tmp_path / "mine" / "a.png")
    list(import_folder(tmp_path / "mine", datasets_dir=tmp_path / "d", rights="mine, all of them"))
    list(import_folder(tmp_path / "mine", datasets_dir=tmp_path / "d"))
    assert DatasetFolder(tmp_path / "d" / "mine").read().rights == "mine, all of them"
