from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan import files
from artgan.errors import ArtganError


def test_a_file_appears_whole_and_leaves_no_part(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    files.write_text(path, "hello\n")
    assert path.read_text() == "hello\n"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.whole_file(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX paths")
def test_a_folder_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(ArtganError):
        files.write_text(tmp_path / "a" / "b.txt", "x")


@given(st.text(max_size=200))
def test_any_text_makes_a_name_that_stays_in_its_folder(text: str) -> None:
    name = files.safe_name(text)
    assert 0 < len(name) <= 81
    assert not name.startswith((".", "-"))
    assert Path(name).name == name and name not in {"", ".", ".."}
    assert name.isascii()


@pytest.mark.parametrize("text", ["con", "NUL.txt", "com1"])
def test_names_of_devices_are_not_used(text: str) -> None:
    assert files.safe_name(text).startswith("_")
