"""The manifest while it grows: limits count different pictures, crashes lose nothing, copies and placeholders go."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.datasets.fetch.ledger import Ledger
from artgan.datasets.fetch.wanted import Wanted
from artgan.datasets.manifest import DatasetFolder, ImageRecord


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    folder = DatasetFolder(tmp_path / "flowers")
    folder.originals.mkdir(parents=True)
    return folder


def ok(folder: DatasetFolder, name: str, content: str = "", **fields: object) -> ImageRecord:
    """A record in use whose file lies there."""
    content = content or f"picture {name}"
    (folder.originals / f"{name}.jpg").write_text(content)
    facts = {"width": 100, "height": 80, "sha256": f"sha of {content}", "bytes": len(content)}
    return ImageRecord(id=name, status="ok", file=f"originals/{name}.jpg", **{**facts, **fields})


def test_a_line_is_on_the_disk_when_add_returns(folder):
    ledger = Ledger(folder, Wanted())
    ledger.add(ok(folder, "a"))
    assert [record.id for record in folder.records()] == ["a"]
    ledger.add(ImageRecord(id="b", status="failed", reason="truncated: ..."))
    assert Ledger(folder, Wanted()).get("b").status == "failed"


def test_the_limit_counts_different_pictures(folder):
    ledger = Ledger(folder, Wanted())
    for name in "abc":
        ledger.add(ok(folder, name))
    assert ledger.kept == 3
    ledger.add(ok(folder, "d", "picture a"))
    assert ledger.kept == 3, "the same bytes again are no new picture"
    ledger.add(ok(folder, "e", "picture a"))
    assert ledger.kept == 2, "under three ids they are no picture at all"
    assert Ledger(folder, Wanted()).kept == 2, "and a restart counts the same"


def test_the_first_of_two_copies_in_the_listing_stays(folder):
    ledger = Ledger(folder, Wanted())
    ledger.add(ok(folder, "late", "same"))
    ledger.add(ok(folder, "early", "same"))
    records = ledger.close({"early": 0, "late": 1})
    assert [(r.id, r.status) for r in records] == [("early", "ok"), ("late", "dropped")]
    assert records[1].reason == "duplicate: same bytes as early"
    assert sorted(p.name for p in folder.originals.iterdir()) == ["early.jpg"]


def test_three_copies_are_a_placeholder_also_when_the_third_comes_another_day(folder):
    ledger = Ledger(folder, Wanted())
    ledger.add(ok(folder, "a", "same"))
    ledger.add(ok(folder, "b", "same"))
    ledger.add(ok(folder, "c"))
    ledger.close({"a": 0, "b": 1, "c": 2})
    again = Ledger(folder, Wanted())
    again.add(ok(folder, "d", "same"))
    records = again.close({"a": 0, "b": 1, "c": 2, "d": 3})
    assert [r.status for r in records] == ["placeholder", "placeholder", "ok", "placeholder"]
    assert sorted(p.name for p in folder.originals.iterdir()) == ["c.jpg"]
    assert again.kept == 1


def test_the_order_is_that_of_the_listing_whatever_came_first(folder):
    ledger = Ledger(folder, Wanted())
    for name in ("c", "x", "a", "b"):
        ledger.add(ok(folder, name))
    ledger.close({"b": 0, "a": 1, "c": 2})
    assert [record.id for record in folder.records()] == ["b", "a", "c", "x"]


@given(cut=st.integers(0, 400), more=st.booleans())
def test_a_torn_last_line_loses_itself_alone(tmp_path_factory, cut, more):
    folder = DatasetFolder(tmp_path_factory.mktemp("torn"))
    folder.originals.mkdir()
    ledger = Ledger(folder, Wanted())
    for name in "abc":
        ledger.add(ok(folder, name, title="Naïve “Flowers” 花"))
    whole = folder.manifest_path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    folder.manifest_path.write_bytes(whole[: min(len(whole), start + cut)])
    again = Ledger(folder, Wanted())
    assert {"a", "b"} <= {record.id for record in again}
    if more:
        again.add(ok(folder, "d"))
        assert {"a", "b", "d"} <= {record.id for record in folder.records()}


def test_a_picture_that_was_deleted_is_missing_and_does_not_count(folder):
    Ledger(folder, Wanted()).add(ok(folder, "a"))
    (folder.originals / "a.jpg").unlink()
    ledger = Ledger(folder, Wanted())
    assert (ledger.kept, ledger.get("a").status) == (0, "failed")
    assert ledger.get("a").reason == "missing: its file is gone"


def test_a_wish_that_changes_brings_pictures_in_and_out_without_touching_their_files(folder):
    ledger = Ledger(folder, Wanted())
    ledger.add(ok(folder, "small", width=40, height=40))
    ledger.add(ok(folder, "large", width=400, height=400))
    ledger.close({})
    strict = Ledger(folder, Wanted(min_side=100))
    assert (strict.kept, strict.get("small").status) == (1, "dropped")
    strict.close({})
    assert (folder.originals / "small.jpg").exists()
    assert Ledger(folder, Wanted()).get("small").status == "ok"


def test_what_a_person_took_out_stays_out(folder):
    ledger = Ledger(folder, Wanted())
    ledger.add(ok(folder, "a"))
    ledger.add(ledger.get("a").model_copy(update={"status": "dropped", "reason": "by-hand: taken out"}))
    ledger.close({})
    again = Ledger(folder, Wanted())
    assert (again.kept, again.get("a").status) == (0, "dropped")
    assert (folder.originals / "a.jpg").exists()


def test_pictures_that_look_alike_go_when_that_is_wished(folder):
    hashes = {"large": "0123456789abcdef", "small": "0123456789abcdee", "other": "fedcba9876543210"}
    ledger = Ledger(folder, Wanted(drop_near_duplicates=True))
    for name, side in (("small", 50), ("large", 90), ("other", 70)):
        ledger.add(ok(folder, name, width=side, height=side, dhash=hashes[name]))
    records = {r.id: r for r in ledger.close({"small": 0, "large": 1, "other": 2})}
    assert records["small"].reason == "near-duplicate: of large"
    assert ledger.kept == 2
    assert Ledger(folder, Wanted()).kept == 3, "and come back when it is no longer wished"


def test_half_written_files_are_swept_and_strangers_are_not(folder):
    ledger = Ledger(folder, Wanted())
    ledger.add(ok(folder, "a"))
    (folder.originals / "b.part").write_bytes(b"half")
    (folder.originals / "my notes.txt").write_text("mine")
    ledger.close({"a": 0})
    assert sorted(p.name for p in folder.originals.iterdir()) == ["a.jpg", "my notes.txt"]


def test_dry_writes_nothing(folder):
    ledger = Ledger(folder, Wanted(), dry=True)
    ledger.add(ImageRecord(id="a", status="gone", reason="no-image: ..."))
    assert not folder.manifest_path.exists()


def test_what_a_person_took_out_does_not_come_back_under_another_id(folder):
    ledger = Ledger(folder, Wanted())
    ledger.add(ok(folder, "a", "ugly"))
    ledger.add(ledger.get("a").model_copy(update={"status": "dropped", "reason": "by-hand: taken out"}))
    again = Ledger(folder, Wanted())
    again.add(ok(folder, "b", "ugly"))
    assert (again.kept, again.get("b").status) == (0, "dropped")
    again.close({})
    assert sorted(p.name for p in folder.originals.iterdir()) == ["a.jpg"]
