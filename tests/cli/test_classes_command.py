"""Classes as a user meets them: coloured shapes, learned and asked for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from quick import QUICK_TYPED

from artgan import images
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.preparing import prepare
from artgan.evaluation.evaluating import shares_like
from artgan.evaluation.reals import open_reals
from artgan.models.files import load_generator
from artgan.runs.store import list_runs
from artgan.training.loop import train

COLOURS = {"disc": (200, 40, 40), "square": (40, 180, 40), "cross": (50, 60, 210), "ring": (220, 220, 60)}
COUNTS = {"disc": 60, "square": 24, "cross": 12, "ring": 3}
CHANNEL = {"disc": 0, "square": 1, "cross": 2}


def draw(shape: str, random: np.random.Generator) -> Image.Image:
    """A coloured shape on grey, nowhere and never quite the same."""
    picture = Image.new("RGB", (32, 32), (int(random.integers(60, 200)),) * 3)
    x, y, r = *random.integers(11, 21, 2).tolist(), int(random.integers(6, 10))
    colour = tuple(int(value + random.integers(-30, 31)) for value in COLOURS[shape])
    pen = ImageDraw.Draw(picture)
    if shape == "square":
        pen.rectangle((x - r, y - r, x + r, y + r), colour)
    elif shape == "cross":
        pen.rectangle((x - r, y - 3, x + r, y + 3), colour)
        pen.rectangle((x - 3, y - r, x + 3, y + r), colour)
    else:
        pen.ellipse((x - r, y - r, x + r, y + r), colour if shape == "disc" else None, colour, 3)
    return picture


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has learned shapes by their class, in five seconds of a core."""
    place = tmp_path_factory.mktemp("shapes")
    (place / "drawn").mkdir()
    random = np.random.default_rng(0)
    for shape, count in COUNTS.items():
        for number in range(count):
            draw(shape, random).save(place / "drawn" / f"{shape}{number:02d}.png")
    list(import_folder(place / "drawn", datasets_dir=place / "datasets", name="shapes"))
    dataset = DatasetFolder(place / "datasets" / "shapes")
    shapes = [(record, Path(record.source).stem.rstrip("0123456789")) for record in dataset.records()]
    dataset.write_records(record.model_copy(update={"genre": shape}) for record, shape in shapes)
    list(prepare(dataset, size=16))
    options = {"size": 16, "batch_size": 16, "latent_dim": 16, "grid": 9, "precision": "float32", "kimg": 2}
    options |= {"condition": "genre", "deterministic": True, "eval_every": 0, "augment": "", "warmup_kimg": 0}
    list(train("shapes", options, datasets_dir=place / "datasets", runs_dir=place / "runs"))
    return place


@pytest.fixture
def made(studio: Any, trained: Path) -> Any:
    for name in ("datasets", "runs"):
        shutil.copytree(trained / name, studio.path / name)
    return studio


def shown(pictures: np.ndarray) -> list[str]:
    """Judge pictures by the colour of their middle."""
    quarter = pictures.shape[1] // 4
    middle = pictures[:, quarter:-quarter, quarter:-quarter].astype(float).mean(axis=(1, 2))
    return [list(CHANNEL)[channel] for channel in middle.argmax(axis=1)]


def test_the_class_that_is_asked_for_is_painted(made: Any) -> None:
    for shape in CHANNEL:
        rows = made.json("sample", "--class", shape, "-n", "30")
        assert {row["class"] for row in rows} == {shape}
        assert Path(rows[7]["path"]).name == f"seed000007-{shape}.png"
        assert shown(images.read_all([row["path"] for row in rows])).count(shape) >= 29


def test_without_a_class_seeds_and_sheets_show_all_in_turn(made: Any) -> None:
    rows = made.json("sample", "--seeds", "4-12")
    assert [row["class"] for row in rows[:3]] == ["disc", "square", "cross"]  # 4 modulo 3 is 1, and sorted: cross first
    assert shown(images.read_all([row["path"] for row in rows])) == [row["class"] for row in rows]
    (run,) = list_runs(made.runs)
    sheet = np.asarray(Image.open(run.newest_grid()))
    cells = np.stack([sheet[2 + 34 * y :, 2 + 34 * x :][:32, :32] for y in range(3) for x in range(3)])
    assert shown(cells) == ["cross", "disc", "square"] * 3


def test_the_first_screen_and_show_name_the_classes(made: Any) -> None:
    planned = made.artgan(
        *("train", "--condition", "genre", "--size", "16", "--epochs", "1", "--dry-run"),
        *QUICK_TYPED,
    )
    assert planned.exit_code == 0, planned.stderr
    assert "3 genres: disc 60, square 24, cross 12; left out: ring 3 (fewer than 10)\n" in planned.stderr
    assert "shapes, 96 paintings\n" in planned.stderr
    shown_run = made.artgan("show")
    assert "\nclasses       cross, disc, square\n" in shown_run.stdout
    assert made.json("show")["classes"] == ["cross", "disc", "square"]


def test_the_next_command_and_a_refusal_know_the_class(made: Any) -> None:
    mixed = made.artgan("sample", "--class", "disc:0.5,cross:0.5", "-n", "2")
    assert "seed000001-cross-0.5-disc-0.5.png" in mixed.stdout
    assert "--class disc:0.5,cross:0.5 --seeds 2-11" in mixed.stderr
    walk = made.artgan("sample", "--class", "disc..cross", "--seeds", "7", "-n", "3", "--json")
    assert [row["class"] for row in json.loads(walk.stdout)] == ["disc", "cross:0.5,disc:0.5", "cross"]
    assert "--class disc..cross --seeds 8 -n 3" in walk.stderr
    several = made.artgan("sample", "--class", "disc..cross", "--seeds", "7,8")
    assert several.exit_code == 2 and "a walk across classes is one seed's" in several.stderr
    refused = made.artgan("sample", "--class", "ring")
    assert refused.exit_code == 2
    assert "there is no class 'ring'" in refused.stderr and "there are: cross, disc, square" in refused.stderr


def test_it_is_judged_by_the_paintings_it_learned_with_its_classes_as_often(trained: Path) -> None:
    (run,) = list_runs(trained / "runs")
    reals = open_reals(run, trained / "datasets", None, 16, "lite0")
    assert (len(reals.rows), len(reals.held_out)) == (96, 0)
    shares = shares_like(reals, load_generator(run.generator().path), 9600)
    assert np.allclose(shares.mean(axis=0) * 96, [12, 60, 24], atol=2)
