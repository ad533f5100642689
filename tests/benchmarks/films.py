"""How fast a walk is filmed and how much memory that takes, against a plain loop of Keras' predict and imageio.

    pip install imageio[ffmpeg]        # or imageio and av
    python tests/benchmarks/films.py --run runs/flowers-64-k3f9x2 --rounds 3

Both make the same mp4 of the same latents by slerp, enlarged alike, with x264 at the same quality; they take turns,
each in a process of its own, and one JSON line tells medians and the ratio of each round's neighbours. ``--long 4000``
films so many frames once. Time is that of the whole process, imports included. Memory is told as its peak: all that is
resident; what is private, which the machine must really find; and what other processes took (imageio's ffmpeg).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
SEEDS = [3, 17, 42, 99, 7]
FPS, SCALE = 24, 8


class Peak(threading.Thread):
    """Watches the memory of this process, every 20 ms."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.resident = self.private = self.others = 0.0
        self.start()

    def run(self) -> None:
        while True:
            lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
            self.resident = max(self.resident, float(lines["VmRSS"].split()[0]) / 1e3)
            self.private = max(self.private, float(lines["RssAnon"].split()[0]) / 1e3)
            with contextlib.suppress(psutil.Error):
                children = psutil.Process().children()
                self.others = max(self.others, sum(child.memory_info().rss for child in children) / 1e6)
            time.sleep(0.02)


def artgan(run: Path, out: Path, frames: int) -> None:
    from artgan.runs.folder import RunFolder
    from artgan.sampling import samples
    from artgan.sampling.films import Film
    from artgan.sampling.interpolating import Wanted, interpolate

    source = samples.open_source(RunFolder(run))
    print(json.dumps({"engine": source.painter.name}))
    for _ in interpolate(source, Film(out, "mp4", FPS), Wanted(SEEDS, frames=frames, scale=SCALE, loop=True)):
        pass


def plain(run: Path, out: Path, frames: int) -> None:
    """What anyone would write."""
    import imageio.v2 as imageio
    import keras
    import numpy as np
    from PIL import Image

    from artgan.runs.folder import RunFolder
    from artgan.sampling.walks import Walk
    from artgan.seeds import latents

    generator = keras.models.load_model(RunFolder(run).generator().path)
    rows = Walk(latents(SEEDS, generator.inputs[0].shape[1]), frames, loop=True).latents()
    options = {"codec": "libx264", "output_params": ["-crf", "17", "-preset", "medium"], "macro_block_size": 1}
    with imageio.get_writer(out, fps=FPS, quality=None, **options) as writer:
        for row in rows:
            picture = np.clip((generator.predict(row[None], verbose=0)[0] + 1) * 127.5, 0, 255).astype(np.uint8)
            size = (picture.shape[1] * SCALE, picture.shape[0] * SCALE)
            writer.append_data(np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)))


def measured(which: str, run: Path, frames: int) -> dict[str, Any]:
    """Make a film in a process of its own."""
    command = [sys.executable, __file__, "--only", which, "--run", str(run), "--frames", str(frames)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[0] | lines[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=int, default=0)
    parser.add_argument("--only", choices=["artgan", "plain"])
    given = parser.parse_args()
    if given.only:
        before, peak = time.perf_counter(), Peak()
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "film.mp4")
            {"artgan": artgan, "plain": plain}[given.only](given.run, out, given.frames)
            seconds, size = time.perf_counter() - before, out.stat().st_size
        times = os.times()
        print(json.dumps({
            "seconds": seconds, "frames_per_s": given.frames / seconds, "bytes": size,
            "cpu_s": sum(times[:4]), "resident_mb": peak.resident, "private_mb": peak.private,
            "other_processes_mb": peak.others,
        }))  # fmt: skip
        return
    found: dict[str, list[dict[str, Any]]] = {"artgan": [], "plain": []}
    for number in range(given.rounds):
        for which in ("artgan", "plain") if number % 2 == 0 else ("plain", "artgan"):
            found[which].append(measured(which, given.run, given.frames))
    ratios = [a["frames_per_s"] / b["frames_per_s"] for a, b in zip(found["artgan"], found["plain"], strict=True)]
    told: dict[str, object] = {"frames": given.frames, "ratio_of_frames_per_s": statistics.median(ratios)}
    for which, rows in found.items():
        numbers = [key for key, value in rows[0].items() if not isinstance(value, str)]
        told[which] = {key: round(statistics.median(row[key] for row in rows), 1) for key in numbers}
    told["engine"] = found["artgan"][0]["engine"]
    if given.long:
        told["long"] = {"frames": given.long, **measured("artgan", given.run, given.long)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
