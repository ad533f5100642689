"""The lines of the README, typed by a stranger: a word, or a folder of paintings, becomes new pictures."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from internet import Internet
from internet.wikiart import LocalWikiArt
from PIL import Image

from artgan import images

_KEPT = ("LANG", "SYSTEMROOT", "TMPDIR")
ROOT = Path(__file__).resolve().parents[1]
LINES = re.search(r"```\n(artgan fetch flowers .*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a folder of drawn paintings and nothing else, in which the README's lines were typed."""
    home = tmp_path_factory.mktemp("home")
    paintings = home / "paintings"
    paintings.mkdir()
    random = np.random.default_rng(0)
    for number in range(24):
        pixels = random.integers(0, 256, (9, 12, 3), np.uint8)
        Image.fromarray(pixels).resize((120, 90), Image.Resampling.BICUBIC).save(paintings / f"{number}.jpg")
    (paintings / "broken.jpg").write_bytes(b"<html>not a picture</html>")
    return home


@pytest.fixture(scope="module")
def lines() -> list[str]:
    assert LINES is not None
    found = LINES[1].strip().splitlines()
    assert [line.split()[1] for line in found] == ["fetch", "prepare", "train", "sample"]
    return found


def _type(studio: Path, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line as typed in a shell whose ``artgan`` is this one."""
    tools = studio / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "artgan").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m artgan "$@"\n')
    (tools / "artgan").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("TF_NUM_")}
    path = os.environ.get("PYTHONPATH", "")
    variables = {**kept, "HOME": str(studio), "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": f"{ROOT}:{path}"}
    return subprocess.run(
        ["sh", "-c", line], cwd=studio, env={**variables, **environment}, capture_output=True, text=True, timeout=1200
    )


@pytest.mark.skipif(os.name == "nt", reason="the README's lines are for a POSIX shell")
def test_a_folder_of_paintings_does_as_well(studio: Path, lines: list[str]) -> None:
    done = _type(studio, lines[0].partition(" or: ")[2].replace("--name flowers", "--name mine"))
    assert done.returncode == 0, done.stderr
    prepared = _type(studio, lines[1].replace("flowers", "mine"))
    assert prepared.returncode == 0 and "24" in prepared.stderr, prepared.stderr
    assert _type(studio, "artgan datasets remove mine --yes").returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="the README's lines are for a POSIX shell")
def test_the_readme_s_lines_end_with_ten_pictures(studio: Path, lines: list[str]) -> None:
    with Internet(LocalWikiArt(24)) as internet:
        for line in lines:
            # The training is as long as somebody has patience for; a test has little.
            done = _type(studio, line, ARTGAN_TIME="1s", **{**internet.variables, "HOME": str(studio)})
            assert done.returncode == 0, done.stderr
            assert "Traceback" not in done.stderr and "next: artgan" in done.stderr
    pictures = [Path(studio, line) for line in done.stdout.split()]
    assert len(pictures) == 10
    assert {Image.open(path).size for path in pictures} == {(64, 64)}
    assert len({path.read_bytes() for path in pictures}) == 10
    assert images.read_metadata(pictures[3])["seed"] == "3"
    (run,) = (studio / "runs").iterdir()
    assert (run / "samples").is_dir() and list(run.glob("models/gen_*.keras"))

    again = _type(studio, "artgan list --json")
    (row,) = json.loads(again.stdout)
    assert row["name"] == run.name and row["state"] == "finished"
