"""Names for people: whatever a title holds, a name is a name, and links lead to the pictures in use only."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from artgan.datasets import human_names
from artgan.datasets.human_names import MOST_BYTES, human_name, link_all
from artgan.datasets.manifest import DatasetFolder, ImageRecord
from artgan.errors import ArtganError
from artgan.events import Event, Note

ID = "577271cfedc2cb3880c2de61"


def record(name: str = ID, **fields: object) -> ImageRecord:
    values = {"file": f"originals/{name}.jpg", "status": "ok", **fields}
    return ImageRecord(id=name, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (
            {"artist": "Claude Monet", "title": "Water Lilies", "year": 1906},
            "Claude Monet - Water Lilies (1906)-577271cf.jpg",
        ),
        ({"title": "Rose"}, "Rose-577271cf.jpg"),
        ({"artist": "Anna", "date": "XIX cent."}, "Anna - Untitled (XIX cent.)-577271cf.jpg"),
        ({}, "Untitled-577271cf.jpg"),
        ({"title": "../../etc/passwd\x00"}, "etc-passwd-577271cf.jpg"),
        ({"title": 'C:\\a "b" <c>|?*'}, "C--a -b- -c-----577271cf.jpg"),
        ({"title": "CON"}, "_CON-577271cf.jpg"),
        ({"title": "com1.rose"}, "_com1.rose-577271cf.jpg"),
        ({"title": "...hidden. . "}, "hidden-577271cf.jpg"),
        ({"title": "-rf"}, "rf-577271cf.jpg"),
        ({"title": "\u202egpj.exe"}, "gpj.exe-577271cf.jpg"),
        ({"title": "e\u0301tude"}, "étude-577271cf.jpg"),
        ({"title": "睡" * 200}, "睡" * 40 + "-577271cf.jpg"),
        ({"title": "Rose", "file": "/elsewhere/x.JPG"}, "Rose-577271cf.jpg"),
        ({"title": "Rose", "file": "/elsewhere/x.e\nxe"}, "Rose-577271cf"),
    ],
)
def test_examples(fields: dict[str, object], name: str) -> None:
    assert human_name(record(**fields)) == name


TEXTS = st.text() | st.text(st.sampled_from('./\\:*?"<>| CON-\u202e\u0301e\ud800\u200d睡🌻\x00'), max_size=300)


@given(TEXTS | st.none(), TEXTS | st.none(), st.integers(-3050, 2030) | st.none(), TEXTS, TEXTS)
@example(artist="", title="", year=None, name="..", suffix=".jpg/../..")
@example(artist=None, title="con .txt", year=None, name="nul", suffix=".png")
def test_any_record_has_a_name_that_any_system_takes(
    artist: str | None, title: str | None, year: int | None, name: str, suffix: str
) -> None:
    made = human_name(record(name, artist=artist, title=title, year=year, file=f"originals/x{suffix}"))
    assert made == Path(made).name and not re.search(r'[\\/:*?"<>|]', made)
    assert not made.startswith((".", " ", "-")) and not made.endswith((".", " "))
    assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)", made)
    assert unicodedata.normalize("NFC", made) == made
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in made)
    assert len(made.encode("utf-8")) <= MOST_BYTES + len("-12345678.jpeg")


# -- links


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    made = DatasetFolder(tmp_path / "flowers")
    made.originals.mkdir(parents=True)
    return made


def picture(folder: DatasetFolder, name: str, **fields: object) -> ImageRecord:
    (folder.originals / f"{name}.jpg").write_bytes(name.encode())
    return record(name, **fields)


def run(events: Generator[Event, None, int]) -> tuple[int, list[Event]]:
    seen = []
    while True:
        try:
            seen.append(next(events))
        except StopIteration as over:
            return over.value, seen


def there(folder: DatasetFolder) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((folder.path / "by-name").iterdir())}


def test_links_lead_to_the_pictures_in_use_and_follow_the_dataset(folder: DatasetFolder, tmp_path: Path) -> None:
    rose = picture(folder, "aaaaaaaa1", title="Rose", year=1900)
    iris = picture(folder, "bbbbbbbb2", title="Iris")
    out = picture(folder, "cccccccc3", title="Lily", status="dropped", reason="by-hand: dropped")
    gone = record("dddddddd4", status="gone", file=None)
    count, events = run(link_all(folder, [rose, iris, out, gone]))
    assert count == 2 and there(folder) == {"Iris-bbbbbbbb.jpg": "bbbbbbbb2", "Rose (1900)-aaaaaaaa.jpg": "aaaaaaaa1"}
    assert isinstance(events[-1], Note) and "2" in events[-1].text
    assert all(not os.path.isabs(os.readlink(path)) for path in (folder.path / "by-name").iterdir())

    moved = DatasetFolder(folder.path.rename(tmp_path / "moved"))
    assert len(there(moved)) == 2, "a dataset that was moved keeps its names"
    before = os.lstat(moved.path / "by-name" / "Iris-bbbbbbbb.jpg").st_ino
    renamed = rose.model_copy(update={"title": "Peony"})
    assert run(link_all(moved, [renamed, iris, out]))[0] == 2
    assert list(there(moved)) == ["Iris-bbbbbbbb.jpg", "Peony (1900)-aaaaaaaa.jpg"]
    assert os.lstat(moved.path / "by-name" / "Iris-bbbbbbbb.jpg").st_ino == before, "what is right stays"


def test_what_somebody_else_put_there_stays(folder: DatasetFolder, tmp_path: Path) -> None:
    place = folder.path / "by-name"
    place.mkdir()
    (tmp_path / "mine.jpg").write_text("mine")
    (place / "notes.txt").write_text("mine")
    (place / "Rose-aaaaaaaa.jpg").write_text("mine")
    (place / "link.jpg").symlink_to(tmp_path / "mine.jpg")
    (place / "stale-12345678.jpg").symlink_to("../originals/12345678.jpg")
    count, _ = run(link_all(folder, [picture(folder, "aaaaaaaa1", title="Rose"), picture(folder, "b", title="B")]))
    assert count == 1
    assert there(folder) == {"B-b.jpg": "b", "Rose-aaaaaaaa.jpg": "mine", "link.jpg": "mine", "notes.txt": "mine"}


def test_pictures_of_one_name_are_told_apart(folder: DatasetFolder) -> None:
    records = [picture(folder, f"painting-{n}", title=title) for n, title in enumerate(("Rose", "ROSE", "Iris"))]
    assert run(link_all(folder, records))[0] == 3
    assert list(there(folder)) == ["Iris-painting.jpg", "ROSE-painting-1.jpg", "Rose-painting-0.jpg"]


def test_linked_pictures_have_names_too(folder: DatasetFolder, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("outside")
    linked = record("a", title="Rose", file=str(tmp_path / "x.png"))
    assert run(link_all(folder, [linked]))[0] == 1 and there(folder) == {"Rose-a.png": "outside"}
    dropped = linked.model_copy(update={"status": "dropped"})
    assert run(link_all(folder, [dropped]))[0] == 0 and there(folder) == {}


def test_a_disk_without_links_is_told_and_nothing_is_left(
    folder: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(human_names.os, "symlink", refuse)
    count, events = run(link_all(folder, [picture(folder, "a")]))
    assert count == 0 and isinstance(events[0], Note) and events[0].level == "warning"
    assert not (folder.path / "by-name").exists()


def test_a_folder_that_may_not_be_written_is_an_error(folder: DatasetFolder) -> None:
    (folder.path / "by-name").write_text("a file")
    with pytest.raises(ArtganError):
        run(link_all(folder, [picture(folder, "a")]))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=6))
def test_whatever_titles_say_links_stay_inside(tmp_path_factory: pytest.TempPathFactory, texts: list) -> None:
    made = DatasetFolder(tmp_path_factory.mktemp("any") / "flowers")
    made.originals.mkdir(parents=True)
    records = [picture(made, f"{n:08x}rest", title=title, artist=artist) for n, (title, artist) in enumerate(texts)]
    assert run(link_all(made, records))[0] == len(records)
    assert sorted(path.name for path in made.path.iterdir()) == ["by-name", "originals"]
    assert sorted(there(made).values()) == sorted(record.id for record in records)
