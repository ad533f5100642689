"""State files: whole, checked, the newest two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from artgan.errors import NotFoundError
from artgan.training.checkpoints import NotFiniteError, State, load_newest, save

STATE = State([np.arange(6.0, dtype=np.float32).reshape(2, 3), np.array(7, np.int64)], 1, 8, 2.5, 3.5, 8)


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    path = save(tmp_path, STATE)
    found, torn = load_newest(tmp_path)
    assert (found.step, found.images_seen, found.seconds, found.cpu_seconds, torn) == (1, 8, 2.5, 3.5, [])
    assert all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(found.arrays, STATE.arrays, strict=True))
    assert path.parent == tmp_path and not list(tmp_path.glob("*.part"))


def test_the_newest_two_stay(tmp_path: Path) -> None:
    for step in (1, 2, 10, 9, 100):
        save(tmp_path, replace(STATE, step=step))
    assert sorted(path.name[:14] for path in tmp_path.iterdir()) == ["step_000000010", "step_000000100"]


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_torn_file_is_known_by_its_hash_and_passed_over(tmp_path: Path, damage: str) -> None:
    save(tmp_path, STATE)
    newest = save(tmp_path, replace(STATE, step=2))
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 1
    newest.write_bytes({"cut": data[: len(data) // 2], "flip": data, "empty": b""}[damage])
    found, torn = load_newest(tmp_path)
    assert (found.step, torn) == (1, [newest])


def test_nothing_whole_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        load_newest(tmp_path / "state")
    save(tmp_path, STATE).write_bytes(b"")
    with pytest.raises(NotFoundError, match="1 damaged") as caught:
        load_newest(tmp_path)
    assert "--init" in caught.value.hint


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_never_written(tmp_path: Path, bad: float) -> None:
    good = save(tmp_path, STATE)
    with pytest.raises(NotFiniteError):
        save(tmp_path, replace(STATE, arrays=[np.array([1, bad], np.float32)], step=2))
    assert list(tmp_path.iterdir()) == [good]
