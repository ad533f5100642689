"""An answer that was kept is the answer that came, or none."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from artgan.web.answers import Answer
from artgan.web.cache import Cache

URL = "https://www.paintings.example/list?page=1"
ANSWER = Answer(URL, 200, b'{"Paintings":\n[]}\n', "application/json", {"etag": '"1"'})


def only(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_an_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    Cache(tmp_path).put(URL, ANSWER)
    assert Cache(tmp_path).get(URL, 60) == ANSWER
    assert Cache(tmp_path).get(URL + "0", 60) is None
    assert os.listdir(tmp_path) == [only(tmp_path).name], "no .part is left"


def test_an_old_answer_is_none_and_so_is_one_of_tomorrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, now = Cache(tmp_path), time.time()
    cache.put(URL, ANSWER)
    monkeypatch.setattr(time, "time", lambda: now + 59)
    assert cache.get(URL, 60)
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert cache.get(URL, 60) is None
    monkeypatch.setattr(time, "time", lambda: now - 1000)
    assert cache.get(URL, 60) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data.replace(b"Paintings", b"Paintingz"),
        lambda data: b"\xff\xfe" + data,
        lambda data: b"[]\n",
        lambda data: b"null\n",
        lambda data: b"[" * 200_000,
        lambda data: data.replace(b'"headers": {', b'"headers": 5, "x": {'),
    ],
)
def test_a_damaged_entry_is_as_if_it_were_not_there(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    cache = Cache(tmp_path)
    cache.put(URL, ANSWER)
    path = only(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get(URL, 60) is None
    cache.put(URL, ANSWER)
    assert cache.get(URL, 60) == ANSWER


def test_a_cache_to_read_from_is_not_written(tmp_path: Path) -> None:
    Cache(tmp_path / "cache", read_only=True).put(URL, ANSWER)
    assert not (tmp_path / "cache").exists()
    Cache(tmp_path).put(URL, ANSWER)
    assert Cache(tmp_path, read_only=True).get(URL, 60) == ANSWER


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, where a folder should be")
    cache = Cache(tmp_path / "cache")
    cache.put(URL, ANSWER)
    assert cache.get(URL, 60) is None
