"""``artgan sign`` as a person types it, and as keragan's user did."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw


@pytest.fixture
def desk(studio: Any) -> Any:
    pen = Image.new("RGBA", (200, 80), (20, 20, 20, 0))
    ImageDraw.Draw(pen).line((10, 70, 60, 10, 110, 70, 190, 60), (20, 20, 20, 255), 10)
    pen.save("mine.png")
    studio.pictures(3, side=200)
    return studio


def test_a_folder_is_signed_beside_itself(desk: Any) -> None:
    done = desk.artgan("sign", "paintings", "--with", "mine.png")
    assert done.exit_code == 0 and done.stderr == "3 pictures signed\n"
    assert done.stdout.splitlines() == [f"paintings/signed/painting-{number}.png" for number in range(3)]
    again = desk.artgan("sign", "paintings", "--with", "mine.png")
    assert again.stdout == done.stdout and "3 of them already" in again.stderr


def test_a_person_is_told_when_it_cannot_be_read(desk: Any) -> None:
    desk.pictures(1, folder="small", side=64)
    assert "--scale 4" in desk.artgan("sign", "small", "--with", "mine.png").stderr


def test_some_that_fail_do_not_stop_the_rest(desk: Any) -> None:
    Path("paintings/painting-1.png").write_bytes(b"\x89PNG torn")
    done = desk.artgan("sign", "paintings", "--with", "mine.png")
    assert done.exit_code == 5 and len(done.stdout.splitlines()) == 2 and "painting-1.png" in done.stderr
    rows = desk.artgan("sign", "paintings", "--with", "mine.png", "--out", "here", "--json")
    assert rows.exit_code == 5 and rows.stdout.count('"path": null') == 1
    shutil.copy("paintings/painting-1.png", "torn.png")
    assert desk.artgan("sign", "torn.png", "--with", "mine.png").exit_code == 1


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("paintings --with nowhere.png", 4, "no signature nowhere.png"),
        ("nowhere --with mine.png", 4, "no picture nowhere"),
        ("paintings --with mine.png --position middle", 2, "--position"),
        ("paintings --with mine.png --jitter 7", 2, "--jitter 7 is not between 0 and 1"),
        ("paintings/painting-0.png --with mine.png --out paintings", 2, "is the picture itself"),
    ],
)
def test_what_cannot_be_is_one_line(desk: Any, line: str, code: int, words: str) -> None:
    done = desk.artgan("sign", *line.split())
    assert done.exit_code == code and words in done.stderr and "hint: " in done.stderr
    assert not Path("paintings/signed").exists()


def test_keragan_s_flags_are_understood(desk: Any) -> None:
    line = "--sign mine.png --input paintings --output out --position UL --rand_rot 3 --unit percent --size 200"
    done = desk.artgan("sign", *line.split())
    assert done.exit_code == 0 and sorted(path.name for path in Path("out").iterdir())[0] == "painting-0.png"
    for words in ("--sign is --with today", "--output is --out today", "--rand_rot is gone: --jitter", "--sign-size"):
        assert words in done.stderr


@pytest.mark.parametrize(
    ("flag", "words"), [("--sign nowhere.png", "no signature"), ("--sign mine.png --ink pink", "--ink 'pink'")]
)
def test_sampling_refuses_before_anything_is_loaded(desk: Any, flag: str, words: str) -> None:
    done = desk.artgan("sample", "--run", "@starter", *flag.split())
    assert done.exit_code in {2, 4} and words in done.stderr and "opening" not in done.stderr
