"""The records on disk: they come back as written, a torn line costs itself only, later fields are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.datasets.manifest import (
    Dataset,
    DatasetFolder,
    ImageRecord,
    digest_of,
    find_dataset,
    line_of,
    list_datasets,
    status_counts,
)
from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.records import now

RECORDS = [
    ImageRecord(id="b", status="ok", file="originals/b.jpg", artist="Émile", year=1900, sha256="0" * 64),
    ImageRecord(id="a", status="ok", file="originals/a.png"),
    ImageRecord(id="c", status="failed", reason="truncated: 12 bytes are missing", source="x/c.jpg"),
    ImageRecord(id="d", status="dropped", reason="duplicate: same content as a"),
]


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    made = DatasetFolder(tmp_path / "flowers")
    made.write_records(RECORDS)
    made.write(Dataset(name="flowers", counts=status_counts(RECORDS), created=now()))
    return made


def test_records_come_back_as_written(folder: DatasetFolder) -> None:
    assert folder.records() == RECORDS
    assert [record.id for record in folder.in_use()] == ["a", "b"]
    assert folder.file_of(RECORDS[0]) == folder.path / "originals/b.jpg"
    assert folder.read().counts == {"ok": 2, "truncated": 1, "duplicate": 1}


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-9999, 9999) | st.none())
def test_any_text_survives_on_one_line(text: str, year: int | None) -> None:
    record = ImageRecord(id="x", title=text, year=year, status="ok")
    line = line_of(record)
    assert line.count("\n") == 1 and ImageRecord.model_validate_json(line) == record


def test_a_torn_last_line_is_left_out_and_the_last_word_counts(folder: DatasetFolder) -> None:
    with open(folder.manifest_path, "a") as file:
        file.write(line_of(ImageRecord(id="a", status="gone", reason="removed: by hand")))
        file.write('{"id": "e", "sta')
    assert [record.id for record in folder.records()] == ["b", "a", "c", "d"]
    assert [record.id for record in folder.in_use()] == ["b"]


def test_a_broken_line_elsewhere_names_its_number(folder: DatasetFolder) -> None:
    lines = folder.manifest_path.read_text().splitlines()
    lines[1] = lines[1][:20]
    folder.manifest_path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DamagedError, match=r"images\.jsonl line 2"):
        folder.records()


def test_fields_of_a_later_version_are_kept(folder: DatasetFolder) -> None:
    content = json.loads(folder.path.joinpath("dataset.json").read_text()) | {"palette": "blue", "schema_version": 9}
    folder.path.joinpath("dataset.json").write_text(json.dumps(content))
    folder.write(folder.read())
    assert json.loads(folder.path.joinpath("dataset.json").read_text())["palette"] == "blue"


def test_a_description_that_is_none_is_damage(folder: DatasetFolder) -> None:
    folder.path.joinpath("dataset.json").write_text("[]")
    with pytest.raises(DamagedError):
        folder.read()


def test_datasets_are_found_by_name_path_or_being_alone(folder: DatasetFolder) -> None:
    home = folder.path.parent
    assert find_dataset(home, "flowers").path == find_dataset(home, None).path == folder.path
    assert find_dataset(home / "elsewhere", str(folder.path)).path == folder.path
    with pytest.raises(NotFoundError) as caught:
        find_dataset(home, "trees")
    assert "flowers" in caught.value.hint
    DatasetFolder(home / "trees").write(Dataset(name="trees", created=now()))
    assert [found.name for found in list_datasets(home)] == ["flowers", "trees"]
    with pytest.raises(UsageError, match="flowers, trees"):
        find_dataset(home, None)
    with pytest.raises(NotFoundError, match="no dataset"):
        find_dataset(home / "elsewhere", None)


def test_a_record_without_a_file_has_no_picture(folder: DatasetFolder) -> None:
    with pytest.raises(NotFoundError, match="truncated: 12 bytes"):
        folder.file_of(RECORDS[2])


def test_equal_values_have_equal_digests() -> None:
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1}) != digest_of({"a": 1, "b": [3]})
