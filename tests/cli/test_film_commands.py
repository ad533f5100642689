"""Films as a user makes them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films_made import decoded, psnr, run_of
from PIL import Image

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def painter(studio: Any) -> Any:
    run_of(studio.runs, (1, 5), side=8)
    return studio


def test_a_walk_is_filmed_and_told(painter: Any) -> None:
    done = painter.artgan("interpolate", "--seeds", "3,17", "--loop", "--frames", "20", "--scale", "4")
    assert done.exit_code == 0, done.stderr
    path = Path(done.stdout.strip())
    assert path.parent == Path("films") and path.name.endswith("-000005-walk-3-17-slerp-loop.mp4")
    shown, _ = decoded(path)
    assert len(shown) == 20 and shown[0].shape == (32, 32, 3) and psnr(shown[0], shown[-1]) > 30
    assert "20 frames of 32 x 32 px" in done.stderr and "next: artgan interpolate flowers-8-" in done.stderr
    again = painter.artgan("interpolate", "--seeds", "3,17", "--loop", "--frames", "20", "--scale", "4")
    assert again.exit_code == 2 and "--force" in again.stderr


def test_json_tells_what_was_made(painter: Any) -> None:
    walk = painter.json("interpolate", "--seeds", "3,17", "--frames", "9", "--scale", "1", "--out", "a/w.webp")
    assert walk["path"] == "a/w.webp" and walk["format"] == "webp" and walk["frames"] == 9
    assert walk["key_frames"] == [0, 8] and walk["seeds"] == [3, 17] and walk["epoch"] == 5
    learning = painter.json("timelapse", "--seconds", "1", "--fps", "8", "--seeds", "0", "--format", "frames")
    assert learning["found"] == 2 and learning["epochs"] == [1, 5] and learning["frames"] == 8
    assert len(list(Path(learning["path"]).iterdir())) == 8


def test_a_damaged_checkpoint_has_a_line(painter: Any) -> None:
    folder = next(painter.runs.iterdir())
    (folder / "models" / "gen_000003.keras").write_bytes(b"PK\x03\x04 no model")
    done = painter.artgan("timelapse", "--seconds", "1", "--out", "film.gif", "--seeds", "0-1")
    assert done.exit_code == 0, done.stderr
    assert "not used: gen_000003.keras: damaged" in done.stderr and "3 checkpoints found, 1 damaged" in done.stderr


def test_a_run_without_checkpoints_has_a_hint(studio: Any) -> None:
    run_of(studio.runs, ())
    done = studio.artgan("timelapse")
    assert done.exit_code == 4 and "no generator yet" in done.stderr and "hint: see how far it is" in done.stderr
    assert studio.artgan("interpolate").exit_code == 4 and not Path("films").exists()


def test_a_folder_of_keragan_is_a_film(studio: Any) -> None:
    folder = studio.path / "old samples; <b>"
    folder.mkdir()
    for epoch in (0, 100, 1100, 200):
        Image.fromarray(np.full((8, 8, 3), 40 + epoch // 10, np.uint8)).save(folder / f"img_0_{epoch}_0.5.png")
    made = studio.json("timelapse", folder.name, "--seconds", "1", "--format", "frames", "--no-epoch", "--scale", "1")
    assert made["epochs"] == [0, 100, 200, 1100] and Path(made["path"]).parent == Path("films")
    shown, _ = decoded(Path(made["path"]))
    assert shown[0][0, 0, 0] == 40 and shown[-1][0, 0, 0] == 150


def test_without_pyav_it_is_a_webp_and_says_how_to_have_more(painter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    done = painter.artgan("interpolate", "--seeds", "1,2", "--frames", "3", "--scale", "1")
    assert done.exit_code == 0 and done.stdout.strip().endswith(".webp")
    assert 'pip install "artgan[video]"' in done.stderr
    done = painter.artgan("interpolate", "--seeds", "1,2", "--format", "mp4")
    assert done.exit_code == 3 and 'pip install "artgan[video]"' in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--grid", "2by3"], "--grid 3x2"),
        (["--format", "avi"], "--format mp4"),
        (["--out", "film.txt"], "--format"),
        (["--out", "film.gif", "--format", "mp4"], "film.mp4"),
        (["--seeds", "1"], "noise-loop"),
        (["--path", "flight"], "slerp"),
        (["--frames", "2", "--seeds", "1,2,3"], "--frames 3"),
        (["--fps", "0"], "--fps 24"),
        (["--psi", "-1"], "psi"),
        (["--class", "ring"], "was not trained with classes"),
        (["--format", "gif", "--frames", "9000", "--scale", "64"], "mp4"),
        (["--latents", "z.npy", "--seeds", "1"], "give one of them"),
    ],
)
def test_what_makes_no_film_is_refused_with_a_hint(painter: Any, args: list[str], said: str) -> None:
    done = painter.artgan("interpolate", *args)
    assert done.exit_code == 2, done.stderr
    assert said in done.stderr and "hint:" in done.stderr and "Traceback" not in done.stderr
    assert not [path for path in painter.path.rglob("*") if path.name.startswith("film")]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_film_is_not_there(painter: Any, how: signal.Signals) -> None:
    command = ["interpolate", "--seeds", "1,2", "--frames", "20000", "--scale", "16", "--out", "film.mp4"]
    process = subprocess.Popen(
        [sys.executable, "-m", "artgan", *command],
        cwd=painter.path, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stderr=subprocess.PIPE,
    )  # fmt: skip
    part, deadline = painter.path / "film.mp4.part", time.monotonic() + 450
    while not (part.is_file() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(how)
    _, errors = process.communicate(timeout=150)
    assert process.returncode == (130 if how == signal.SIGINT else -how), errors
    assert (b"give the same command again: it begins anew" in errors) == (how == signal.SIGINT)
    assert not (painter.path / "film.mp4").exists()
    assert part.exists() == (how == signal.SIGKILL)
    # What a kill leaves is in nobody's way.
    made = painter.json("interpolate", "--seeds", "1,2", "--frames", "4", "--scale", "1", "--out", "film.mp4")
    assert made["frames"] == 4 and not part.exists()
    json.dumps(made)
