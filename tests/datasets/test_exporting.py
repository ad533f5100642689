"""A dataset for other programs: whole or absent, with its credits, and it comes back as it went."""

from __future__ import annotations

import builtins
import csv
import errno
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyarrow import parquet

from artgan.datasets import exporting
from artgan.datasets.exporting import COLUMNS, Exported, export
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import Dataset, DatasetFolder, ImageRecord
from artgan.errors import DamagedError, DiskFullError, SetupError, UsageError
from artgan.events import Progress
from artgan.files import sha256_file
from artgan.records import now

RIGHTS = "Nobody granted anything"
FACTS: list[dict[str, Any]] = [
    {
        "title": "Nymphéas", "artist": "Claude Monet", "date": "c.1906", "year": 1906, "genre": "flower-painting",
        "style": "impressionism", "license": "public-domain", "license_labels": ("Public domain",),
        "page_url": "https://www.wikiart.org/en/claude-monet/x", "image_url": "https://uploads.wikiart.org/x.jpg",
        "credit": "Gift of Anna", "media": ("oil", "canvas"), "tags": ("water",), "year_from": 1905, "year_to": 1907,
        "artist_url": "https://www.wikiart.org/en/claude-monet",
    },
    {"title": '=HYPERLINK("http://evil")', "artist": "@Anna, \"A\"\n+1", "year": -120},
    {},
]  # fmt: skip


def draw(path: Path, seed: int) -> None:
    cells = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    Image.fromarray(cells).resize((24, 16)).save(path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatasetFolder:
    place = tmp_path / "studio"
    place.mkdir()
    monkeypatch.chdir(place)
    made = DatasetFolder(tmp_path / "datasets" / "flowers")
    made.originals.mkdir(parents=True)
    records = []
    for name, facts in zip(("test-rose", "57726b4eedc2cb3880ad6e50", "train__x"), FACTS, strict=True):
        path = made.originals / f"{name}.png"
        draw(path, len(records))
        records.append(
            ImageRecord(
                id=name, status="ok", file=f"originals/{path.name}", sha256=sha256_file(path), width=24, height=16,
                bytes=path.stat().st_size, source=f"{name}.png", **facts,
            )
        )  # fmt: skip
    records.append(ImageRecord(id="out", status="dropped", reason="by-hand: dropped", file="originals/out.png"))
    made.write_records(records)
    made.write(Dataset(name="flowers", source="/home/anna/secret", created=now(), rights=RIGHTS, prepared=[64]))
    return made


def run(folder: DatasetFolder, to: str, path: Path | None = None, **options: Any) -> Exported:
    *events, last = export(folder, to, path, **options)
    assert isinstance(last, Exported) and last.to == to and last.pictures == 3 and last.bytes > 0
    assert all(isinstance(event, Progress) for event in events)
    return last


def test_a_table_for_spreadsheets(folder: DatasetFolder) -> None:
    path = run(folder, "csv").path
    assert path == Path("flowers.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "without this mark Excel shows NymphÃ©as"
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert list(rows["test-rose"]) == list(COLUMNS) and sorted(rows) == [r.id for r in folder.in_use()]
    monet, evil, silent = (rows[name] for name in ("test-rose", "57726b4eedc2cb3880ad6e50", "train__x"))
    assert monet["title"] == "Nymphéas" and monet["year"] == "1906" and monet["file"] == "originals/test-rose.png"
    assert monet["attribution"] == (
        "Nymphéas, Claude Monet, c.1906. https://www.wikiart.org/en/claude-monet/x Gift of Anna. Public domain."
    )
    assert evil["title"].startswith("'=") and evil["artist"] == '\'@Anna, "A" +1' and evil["year"] == "-120"
    assert silent["title"] == "" and silent["attribution"] == f"train__x. {RIGHTS}."


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    cell = exporting._cell(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    assert not set(cell) & set("\t\r\n\x00")
    assert cell == text or cell.startswith("'") or not text.isprintable()


def test_parquet_holds_the_same_with_its_types(folder: DatasetFolder) -> None:
    table = parquet.read_table(run(folder, "parquet").path)
    assert table.column_names == list(COLUMNS)
    rows = {row["id"]: row for row in table.to_pylist()}
    assert rows["test-rose"]["year"] == 1906 and rows["train__x"]["year"] is None
    assert rows["57726b4eedc2cb3880ad6e50"]["title"] == FACTS[1]["title"], "programs get the text as it is"
    assert rows["test-rose"]["license"] == "public-domain" and rows["train__x"]["attribution"].endswith(f"{RIGHTS}.")


def test_without_pyarrow_parquet_is_a_matter_of_one_line(
    folder: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_import = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.partition(".")[0] == "pyarrow":
            raise ModuleNotFoundError(name)
        return true_import(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SetupError) as caught:
        export(folder, "parquet")
    assert caught.value.hint == 'pip install "artgan[parquet]"' and not list(Path().iterdir())


def test_a_zip_comes_back_by_import(folder: DatasetFolder, tmp_path: Path) -> None:
    packed = run(folder, "zip").path
    with zipfile.ZipFile(packed) as archive:
        members = {member.filename: member for member in archive.infolist()}
        about = json.loads(archive.read("flowers/dataset.json"))
        credits = archive.read("flowers/CREDITS.txt").decode()
    assert sorted(members) == [
        "flowers/CREDITS.txt", "flowers/dataset.json", "flowers/images.jsonl",
        "flowers/originals/57726b4eedc2cb3880ad6e50.png", "flowers/originals/test-rose.png",
        "flowers/originals/train__x.png",
    ]  # fmt: skip
    assert {member.compress_type for member in members.values()} == {zipfile.ZIP_STORED}
    assert {member.external_attr >> 16 for member in members.values()} == {0o644}
    assert about["source"] == "secret" and about["counts"] == {"ok": 3} and about["prepared"] == []
    assert credits.splitlines()[-1] == f"Rights: {RIGHTS}" and len(credits.splitlines()) == 4

    *_, done = import_folder(packed, datasets_dir=tmp_path / "again")
    again = DatasetFolder(tmp_path / "again" / "flowers")
    assert done.layout == "artgan" and done.counts == {"ok": 3} and again.read().rights == RIGHTS
    mine, theirs = folder.in_use(), again.in_use()
    names = [*COLUMNS[:-1], "license_labels", "credit", "media", "tags", "year_from", "year_to", "artist_url"]
    for name in names:
        assert [getattr(r, name) for r in mine] == [getattr(r, name) for r in theirs], name

    first = packed.read_bytes()
    assert run(folder, "zip", force=True).path.read_bytes() == first, "the same dataset gives the same bytes"
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert len(DatasetFolder(tmp_path / "unpacked" / "flowers").in_use()) == 3, "unpacked, it is a dataset"


def test_linked_pictures_go_into_the_zip_under_safe_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "paintings"
    place.mkdir()
    for seed, name in enumerate(("Rose.JPG", "no suffix", "é.png")):
        draw(place / "x.png", seed)
        (place / "x.png").rename(place / name)
    list(import_folder(place, datasets_dir=tmp_path / "datasets", link=True))
    folder = DatasetFolder(tmp_path / "datasets" / "paintings")
    packed = run(folder, "zip").path
    with zipfile.ZipFile(packed) as archive:
        names = sorted(Path(name).name for name in archive.namelist() if "/originals/" in name)
        assert str(tmp_path) not in archive.read("paintings/images.jsonl").decode()
    assert len(names) == 3 and names[0] == "Rose.jpg" and all(name.endswith(".png") for name in names[1:])
    *_, done = import_folder(packed, datasets_dir=tmp_path / "again")
    assert done.counts == {"ok": 3}


def test_the_folder_that_hugging_face_reads(folder: DatasetFolder) -> None:
    done = run(folder, "huggingface")
    assert done.path == Path("flowers-huggingface")
    assert sorted(path.name for path in done.path.iterdir()) == ["CREDITS.txt", "README.md", "train"]
    lines = [json.loads(line) for line in (done.path / "train" / "metadata.jsonl").read_text().splitlines()]
    files = {path.name for path in (done.path / "train").glob("*.png")}
    assert {line["file_name"] for line in lines} == files and len(files) == 3
    assert [line["sha256"] for line in lines] == [sha256_file(done.path / "train" / x["file_name"]) for x in lines]
    card = (done.path / "README.md").read_text()
    assert card.startswith("---\n") and "license: unknown\n" in card and "- n<1K\n" in card and RIGHTS in card
    assert '- "flower-painting"\n' in card and "evil" not in card


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (["public-domain"] * 3, "license: other\nlicense_name: public-domain\n"),
        (["public-domain", "restricted", "restricted"], "license: other\nlicense_name: see-credits\n"),
        (["public-domain", "public-domain", None], "license: unknown\n"),
    ],
)
def test_the_card_claims_no_licence_that_the_records_do_not_say(
    folder: DatasetFolder, kinds: list[Any], said: str
) -> None:
    folder.write_records(r.model_copy(update={"license": k}) for r, k in zip(folder.in_use(), kinds, strict=True))
    assert said in (run(folder, "huggingface").path / "README.md").read_text()


# -- whole or absent


def tree(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.mark.parametrize("to", exporting.FORMATS)
def test_nothing_is_replaced_unasked(folder: DatasetFolder, to: str) -> None:
    path = run(folder, to).path
    before = tree(Path())
    with pytest.raises(UsageError, match="exists") as caught:
        export(folder, to)
    assert "--force" in caught.value.hint
    run(folder, to, force=True)
    assert tree(Path()) == before and path.exists()


def test_force_does_not_delete_what_is_no_export(folder: DatasetFolder, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "train").mkdir(parents=True)
    (mine / "diary.txt").write_text("dear")
    for name in (mine, mine / "diary.txt", folder.path):
        with pytest.raises(UsageError, match="not replaced"):
            export(folder, "huggingface", name, force=True)
    with pytest.raises(UsageError, match="not replaced"):
        export(folder, "zip", mine, force=True)
    for name in (Path(), Path("..")):
        with pytest.raises(UsageError, match="exists"):
            export(folder, "huggingface", name)
    part = tmp_path / "new.part"
    mine.rename(part)
    with pytest.raises(UsageError, match="not replaced"):
        list(export(folder, "huggingface", tmp_path / "new"))
    assert (part / "diary.txt").read_text() == "dear" and not (tmp_path / "new").exists()


@pytest.mark.parametrize("to", ["zip", "huggingface"])
@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_damaged_picture_stops_it_and_leaves_nothing(folder: DatasetFolder, to: str, damage: str) -> None:
    path = folder.originals / "train__x.png"
    path.unlink() if damage == "missing" else path.write_bytes(b"rot")
    with pytest.raises(DamagedError, match="train__x") as caught:
        list(export(folder, to))
    assert "datasets check flowers --repair" in caught.value.hint and not list(Path().iterdir())


@pytest.mark.parametrize("to", ["zip", "huggingface"])
def test_a_full_disk_leaves_the_earlier_export(folder: DatasetFolder, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder, to)
    before = tree(Path())

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(exporting, "_copy", full)
    with pytest.raises(DiskFullError):
        list(export(folder, to, force=True))
    assert tree(Path()) == before and not list(Path().glob("*.part"))


@pytest.mark.parametrize("to", ["zip", "huggingface"])
def test_who_leaves_in_the_middle_leaves_nothing(folder: DatasetFolder, to: str) -> None:
    events = export(folder, to)
    assert isinstance(next(events), Progress)
    events.close()  # type: ignore[attr-defined]
    assert not list(Path().iterdir())


def test_an_export_that_was_killed_is_begun_anew(folder: DatasetFolder) -> None:
    (Path("flowers-huggingface.part") / "train").mkdir(parents=True)
    (Path("flowers-huggingface.part") / "train" / "stale.png").write_bytes(b"half")
    assert not (run(folder, "huggingface").path / "train" / "stale.png").exists()
    assert not Path("flowers-huggingface.part").exists()


def test_impossible_wishes(folder: DatasetFolder) -> None:
    with pytest.raises(UsageError, match="tar"):
        export(folder, "tar")
    folder.write_records([])
    with pytest.raises(UsageError, match="in use"):
        export(folder, "csv")


NAMES = st.text(min_size=1, max_size=12) | st.sampled_from(["../../up", "/etc/passwd", "a", "A", "con", "x" * 200])


@settings(max_examples=20, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=5, unique=True))
def test_hostile_ids_decide_no_path(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    place = tmp_path_factory.mktemp("any")
    folder = DatasetFolder(place / "flowers")
    folder.originals.mkdir(parents=True)
    draw(folder.originals / "p.png", 1)
    sha = sha256_file(folder.originals / "p.png")
    folder.write_records(ImageRecord(id=n, status="ok", file="originals/p.png", sha256=sha) for n in names)
    folder.write(Dataset(name="flowers", created=now()))
    *_, done = export(folder, "huggingface", place / "out" / "hf")
    assert len(list((done.path / "train").glob("*.png"))) == len(names)
    *_, done = export(folder, "zip", place / "out" / "x.zip")
    with zipfile.ZipFile(done.path) as archive:
        inside = [name for name in archive.namelist() if name.startswith("flowers/originals/")]
    assert len({name.casefold() for name in inside}) == len(names)
    assert all(len(Path(name).parts) == 3 and ".." not in name for name in inside)
    assert sorted(path.name for path in place.iterdir()) == ["flowers", "out"]
