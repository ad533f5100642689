"""A drawn dataset of 24 pictures at 8, 16 and 32 px, and one small training of it that many tests look at."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from quick import QUICK

from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.preparing import prepare
from artgan.events import Event
from artgan.runs.folder import RunFolder
from artgan.training.events import Trained
from artgan.training.loop import train

COUNT = 24
SMALL = {"size": 8, "batch_size": 8, "latent_dim": 16, "grid": 4, "precision": "float32"}


def draw_dataset(datasets: Path, name: str, seed: int) -> DatasetFolder:
    pictures = datasets.parent / f"{name}-pictures"
    pictures.mkdir()
    draw = np.random.default_rng(seed)
    for number in range(COUNT):
        coarse = Image.fromarray(draw.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        coarse.resize((32, 32), Image.Resampling.BICUBIC).save(pictures / f"p{number:02d}.png")
    for _ in import_folder(pictures, datasets_dir=datasets, name=name):
        pass
    folder = DatasetFolder(datasets / name)
    for size in (8, 16, 32):
        for _ in prepare(folder, size=size):
            pass
    return folder


@pytest.fixture(scope="session")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of datasets: "drawn", and "other" with other pictures. Not to be changed."""
    path = tmp_path_factory.mktemp("trained") / "datasets"
    draw_dataset(path, "drawn", 0)
    draw_dataset(path, "other", 1)
    return path


class Trainings:
    """Runs small trainings in one folder of runs."""

    def __init__(self, datasets: Path, runs: Path) -> None:
        self.datasets = datasets
        self.runs = runs

    def events(self, options: dict[str, Any] | None = None, **how: Any) -> Iterator[Event]:
        if "resume" not in how:
            given = options or {}
            options = {**SMALL, **({} if "preset" in given else QUICK), **given}
            how.setdefault("dataset", "drawn")
        return train(how.pop("dataset", None), options, datasets_dir=self.datasets, runs_dir=self.runs, **how)

    def run(self, options: dict[str, Any] | None = None, **how: Any) -> tuple[RunFolder, list[Event]]:
        """Train to the end; return the folder and all events."""
        events = list(self.events(options, **how))
        last = events[-1]
        assert isinstance(last, Trained)
        return RunFolder(last.path), events


@pytest.fixture
def trainings(datasets: Path, tmp_path: Path) -> Trainings:
    return Trainings(datasets, tmp_path / "runs")


@pytest.fixture(scope="session")
def make_trainings(datasets: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Trainings]:
    """Make a folder for runs that several tests look at."""
    return lambda name: Trainings(datasets, tmp_path_factory.mktemp(name) / "runs")


@pytest.fixture(scope="session")
def first(make_trainings: Callable[[str], Trainings]) -> tuple[RunFolder, list[Event]]:
    """A finished training of 12 passes that saved after every step or two; not to be changed."""
    trainings = make_trainings("first")
    options = {"epochs": 12, "save_every": "0.01s", "keep": 4, "tensorboard": True, "deterministic": True}
    return trainings.run(options, name="first", tags={"mood": "calm"})


@pytest.fixture
def copied(first: tuple[RunFolder, list[Event]], trainings: Trainings) -> RunFolder:
    """The first training's folder, to do with what one likes."""
    return RunFolder(Path(shutil.copytree(first[0].path, trainings.runs / first[0].name)))


@pytest.fixture(scope="session")
def python() -> Callable[..., subprocess.Popen[str]]:
    """Start a Python of its own on some code, with arguments."""

    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of datasets whose "drawn" has two genres, of 10 and 14 pictures."""
    path = tmp_path_factory.mktemp("labelled") / "datasets"
    folder = draw_dataset(path, "drawn", 0)
    genres = ["still-life"] * 10 + ["landscape"] * 14
    records = folder.records()
    folder.write_records(r.model_copy(update={"genre": genre}) for r, genre in zip(records, genres, strict=True))
    return path


def arrays_of(folder: RunFolder) -> dict[str, np.ndarray]:
    """Return every array of a run's newest state."""
    newest = max(folder.states.glob("step_*.npz"), key=lambda path: int(path.name[5:14]))
    with np.load(newest) as archive:
        return {name: archive[name] for name in archive.files if name != "meta"}


@pytest.fixture(scope="session")
def state_arrays() -> Callable[[RunFolder], dict[str, np.ndarray]]:
    return arrays_of
