"""All runs: new ones, their order, and finding one by what a person types."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.errors import ArtganError, NotFoundError, UsageError
from artgan.runs.folder import RunFolder
from artgan.runs.store import find_run, list_runs, new_run


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def named(runs: Path, *names: str) -> None:
    for name in names:
        made = new_run(runs, "x")
        made.update(name=name, id=name.rpartition("-")[2])
        made.path.rename(runs / name)


def test_new_runs_never_meet(runs):
    made = [new_run(runs, "../Still Life; 64", dataset="d", seed=3) for _ in range(20)]
    assert len({run.path for run in made}) == 20
    for run in made:
        assert run.path.parent == runs and run.record.seed == 3 and run.name == run.record.name
        assert run.name.endswith(f"-{run.record.id}") and not set(run.record.id) & set("aeiouly01")


def test_a_folder_that_may_not_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtganError, match="file"):
        new_run(tmp_path / "file" / "runs", "x")


def test_newest_last_damaged_ones_too(runs):
    for year, name in ((2022, "b-222222"), (2021, "a-333333")):
        named(runs, name)
        folder = RunFolder(runs / name)
        folder.update(created=folder.record.created.replace(year=year))
    (runs / "c-444444").mkdir()
    (runs / ".hidden").mkdir()
    (runs / "file").write_text("")
    assert [run.name for run in list_runs(runs)] == ["a-333333", "b-222222", "c-444444"]
    assert find_run(runs, "@last").name == "c-444444"
    assert list_runs(runs / "nowhere") == []


def test_by_name_id_or_the_beginning_of_either(runs):
    named(runs, "flowers-64-k3f9x2", "flowers-64-k3p8w2", "flowers-128-zzzzzz", "k3f9x2-mine-bbbbbb")
    for text, name in (
        ("flowers-64-k3f9x2", "flowers-64-k3f9x2"),
        ("k3f9x2", "flowers-64-k3f9x2"),
        ("k3p", "flowers-64-k3p8w2"),
        ("flowers-1", "flowers-128-zzzzzz"),
    ):
        assert find_run(runs, text).name == name
    with pytest.raises(UsageError, match="fits 3 runs") as several:
        find_run(runs, "flowers")
    assert "flowers-64-k3f9x2" in several.value.hint
    for text in ("", "nothing", "FLOWERS", "../runs", "k3f9x2x"):
        with pytest.raises(NotFoundError):
            find_run(runs, text)


def test_a_full_name_wins_over_being_the_beginning_of_another(runs):
    named(runs, "a-bbbbbb", "a-bbbbbb-cccccc")
    assert find_run(runs, "a-bbbbbb").name == "a-bbbbbb"


def test_by_folder(runs, tmp_path, monkeypatch):
    named(runs, "a-bbbbbb")
    monkeypatch.chdir(tmp_path)
    assert find_run(Path("elsewhere"), os.path.join("runs", "a-bbbbbb")).path == Path("runs/a-bbbbbb")
    assert find_run(Path("elsewhere"), str(runs / "a-bbbbbb")).name == "a-bbbbbb"
    (tmp_path / "code" / "models").mkdir(parents=True)
    with pytest.raises(NotFoundError):
        find_run(runs, "code")
    monkeypatch.chdir(runs / "a-bbbbbb")
    assert find_run(Path("elsewhere"), ".").record.name == "a-bbbbbb"


def test_nothing_yet(runs):
    with pytest.raises(NotFoundError, match="yet") as missing:
        find_run(runs, "@last")
    assert "artgan train" in missing.value.hint


@given(text=st.text(max_size=30))
def test_whatever_is_typed_finds_a_run_or_says_why_not(tmp_path_factory, text):
    runs = tmp_path_factory.mktemp("r") / "runs"
    named(runs, "flowers-64-k3f9x2")
    try:
        assert find_run(runs, text).name == "flowers-64-k3f9x2"
    except (NotFoundError, UsageError) as error:
        assert error.hint
