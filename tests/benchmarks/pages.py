"""How heavy the pages are and how fast they open, in a real Chromium: prints one JSON line.

    python tests/benchmarks/pages.py

- a report of 500 lines of metrics and 500 sheets of 36 pictures of 64 px: bytes, seconds to write, ms to load;
- a gallery of 200 pictures by @starter, in a process of its own: seconds in all, bytes, ms to load. Its peer in the
  same run is ``artgan sample``, which paints the same 200 into files: the ratio is what the page costs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import Browser, missing

from artgan import images
from artgan.report.commands import named
from artgan.report.report import report
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run
from artgan.settings import Setting, Settings

TICKS = SHEETS = 500


def long_run(place: Path) -> RunFolder:
    """Make what a training of 500 lines leaves; its sheets are noise on colours, as heavy as pictures are."""
    folder = new_run(place / "runs", "long-64", state="finished", size=64, preset="fast", epoch=TICKS)
    random = np.random.default_rng(0)
    lines = []
    for n in range(1, TICKS + 1):
        tick = {
            "step": n, "epoch": n, "images_seen": n * 1200, "seconds": n * 8.0, "images_per_s": 150 + random.normal(),
            "d_loss": 0.65 + 0.05 * random.normal(), "g_loss": 0.75 + 0.05 * random.normal(),
            "accuracy": 0.6 + 0.02 * random.normal(), "verdict": "learning", "memory_mb": 900.0,
        }  # fmt: skip
        if n % 10 == 0:
            tick |= {"kid_lite0": 0.4 / n**0.4, "kid_lite0_error": 0.003, "spread_lite0": 0.9, "copies_lite0": 0.01}
        lines.append(json.dumps(tick))
    folder.metrics_path.write_text("\n".join(lines) + "\n")
    for n in range(1, SHEETS + 1):
        coarse = random.integers(0, 256, (36, 8, 8, 3), np.uint8)
        noise = random.normal(0, 12, (36, 64, 64, 3))
        pictures = np.clip(images.enlarge(coarse, (64, 64)) + noise, 0, 255).astype(np.uint8)
        images.write(folder.samples / f"{n:06d}.png", images.grid(pictures))
    images.write(folder.reals_path, images.grid(pictures))
    return folder


def load_ms(page: Path) -> float:
    """Return the median of five loads."""
    with Browser() as browser:
        found = []
        for _ in range(5):
            with browser.open(page) as tab:
                found.append(tab.load_ms())
    return round(statistics.median(found), 1)


def seconds(*args: str, place: Path) -> float:
    begun = time.perf_counter()
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run(
        [sys.executable, "-m", "artgan", *args], cwd=place, env=environ, check=True, capture_output=True, timeout=600
    )
    return round(time.perf_counter() - begun, 2)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder = long_run(place)
        settings = Settings({"runs_dir": Setting(str(place / "runs"), "default")})
        page = place / "report.html"
        begun = time.perf_counter()
        list(report([named(folder, settings)], page, datasets_dir=place, quick=True))
        wrote = round(time.perf_counter() - begun, 2)
        gallery_s = seconds("gallery", "@starter", "-n", "200", "--out", "gallery.html", place=place)
        sample_s = seconds("sample", "--run", "@starter", "-n", "200", "--out", "pictures", place=place)
        browsable = not missing()
        print(
            json.dumps(
                {
                    "report": {
                        "ticks": TICKS,
                        "bytes": page.stat().st_size,
                        "write_s": wrote,
                        "load_ms": load_ms(page) if browsable else None,
                    },
                    "gallery": {
                        "pictures": 200,
                        "seconds": gallery_s,
                        "sample_seconds": sample_s,
                        "ratio": round(gallery_s / sample_s, 2),
                        "bytes": (place / "gallery.html").stat().st_size,
                        "load_ms": load_ms(place / "gallery.html") if browsable else None,
                    },
                }
            )
        )


if __name__ == "__main__":
    main()
