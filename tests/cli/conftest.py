"""A folder like a studio, and the command line in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from artgan.cli.app import app
from artgan.datasets.manifest import Dataset, DatasetFolder, ImageRecord
from artgan.files import sha256_file
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run

REPOSITORY = Path(__file__).parents[2]


class Studio:
    """The current folder of a user, and what lies in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs = path / "runs"
        self.datasets = path / "datasets"

    def artgan(self, *args: str, input: str | None = None, env: dict[str, str] | None = None) -> Any:
        """Run the command in this process; gives exit_code, stdout and stderr."""
        result = CliRunner().invoke(app, list(args), input=input, env=env, prog_name="artgan")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *args: str) -> Any:
        """Run the command with --json and return what it printed."""
        result = self.artgan(*args, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def process(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the command in a process of its own."""
        environ = {**os.environ, "PYTHONPATH": str(REPOSITORY), **env}
        return subprocess.run(
            [sys.executable, "-m", "artgan", *args],
            cwd=self.path,
            env=environ,
            capture_output=True,
            text=True,
            timeout=600,
        )

    def pictures(self, count: int = 3, *, folder: str = "paintings", side: int = 24) -> Path:
        """Draw a folder of pictures, no two alike."""
        place = self.path / folder
        place.mkdir()
        random = np.random.default_rng(5)
        for number in range(count):
            cells = random.integers(0, 256, (4, 4, 3), np.uint8)
            Image.fromarray(cells).resize((side, side)).save(place / f"painting-{number}.png")
        return place

    def dataset(self, name: str = "flowers", count: int = 3) -> DatasetFolder:
        """Make a dataset of drawn pictures."""
        folder = DatasetFolder(self.datasets / name)
        folder.originals.mkdir(parents=True)
        records = []
        for number in range(count):
            path = folder.originals / f"p{number}.png"
            cells = np.random.default_rng(number).integers(0, 256, (6, 6, 3), np.uint8)
            Image.fromarray(cells).resize((24, 24)).save(path)
            records.append(
                ImageRecord(
                    id=f"p{number}", status="ok", file=f"originals/{path.name}", sha256=sha256_file(path),
                    bytes=path.stat().st_size, width=24, height=24,
                    artist="Anna" if number else "Berthe", year=1880 + number,
                )
            )  # fmt: skip
        folder.write_records(records)
        folder.write(
            Dataset(name=name, source="/paintings", created=now(), counts={"ok": count}, rights="drawn for a test")
        )
        return folder

    def run(self, base: str = "flowers-64", *, epochs: tuple[int, ...] = (1, 2), **fields: Any) -> RunFolder:
        """Make a run folder with generators that are only files."""
        fields = {
            "dataset": "flowers",
            "size": 64,
            "preset": "dcgan",
            "seed": 0,
            "epoch": max(epochs, default=0),
            **fields,
        }
        folder = new_run(self.runs, base, **fields)
        folder.update(state=fields.get("state", "finished"))
        folder.models.mkdir()
        folder.samples.mkdir()
        for epoch in epochs:
            (folder.models / f"gen_{epoch:06d}.keras").write_bytes(b"generator %d" % epoch)
            (folder.samples / f"{epoch:06d}.png").write_bytes(b"sheet %d" % epoch)
        return folder


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    for name in [name for name in os.environ if name.startswith("ARTGAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ARTGAN_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "studio"
    place.mkdir()
    monkeypatch.chdir(place)
    yield Studio(place)
