"""What ``artgan prepare`` shows beforehand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def test_an_augmented_sheet_has_each_painting_and_what_training_makes_of_it(studio) -> None:
    studio.dataset()
    made = studio.artgan("prepare", "--size", "8", "--preview", "--augment")
    assert made.exit_code == 0, made.stderr
    assert "augmented with color,translation, with probability 1" in made.stderr
    assert "flowers/preview-8-augmented.png" in made.stderr
    sheet = np.asarray(Image.open(studio.datasets / "flowers/preview-8-augmented.png"))
    images = sorted((studio.datasets / "flowers/prepared/8").glob("*/*.png"))
    assert sheet.shape == (len(images) * 10 + 2, 8 * 10 + 2, 3)
    for row, path in enumerate(images):
        cells = [sheet[10 * row + 2 : 10 * row + 10, 10 * column + 2 : 10 * column + 10] for column in range(8)]
        assert np.array_equal(cells[0], np.asarray(Image.open(path)))
        assert not any(np.array_equal(cells[0], cell) for cell in cells[1:])
    assert not (studio.datasets / "flowers/preview-8.png").exists()


PLAIN = """
import sys
from artgan.cli.app import app
try:
    app(["prepare", "--size", "8", "--preview"])
finally:
    print("loaded" if "tensorflow" in sys.modules else "not loaded")
"""


def test_a_plain_preview_needs_no_tensorflow(studio) -> None:
    studio.dataset()
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", PLAIN], cwd=studio.path, env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and done.stdout.endswith("not loaded\n"), done.stderr
    assert (studio.datasets / "flowers/preview-8.png").is_file()
