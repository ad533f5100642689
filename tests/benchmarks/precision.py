"""Whether bfloat16 and XLA learn what float32 does: the losses of all three, step by step, at a small size.

    python tests/benchmarks/precision.py [--preset quality] [--size 16] [--steps 240]

Each way trains the same networks on the same pictures with the same random numbers. Prints one line of JSON: the mean
losses over eighths of the training, the largest distance of each way's from float32's, that of float32 from another
seed (what chance alone does), and the CPU seconds of a thousand images. XLA draws other random numbers from a seed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.painter.collection import paint_collection
from artgan.datasets.prepared import PreparedImages, open_prepared
from artgan.datasets.preparing import prepare
from artgan.training.resolving import resolve
from artgan.training.session import Session

EIGHTHS = 8
WAYS = {
    "float32": {"precision": "float32"},
    "other seed": {"precision": "float32", "seed": 1},
    "bfloat16": {"precision": "bfloat16"},
    "xla": {"precision": "float32", "xla": "on"},
    "bfloat16 and xla": {"precision": "bfloat16", "xla": "on"},
}


def bouquets(place: Path, size: int) -> PreparedImages:
    """Paint a small collection and prepare it."""
    paintings, datasets = place / "paintings", place / "datasets"
    for begin in (
        lambda: paint_collection(paintings, 200),
        lambda: import_folder(paintings, name="bouquets", datasets_dir=datasets),
        lambda: prepare(DatasetFolder(datasets / "bouquets"), size=size),
    ):
        for _ in begin():
            pass
    return open_prepared(DatasetFolder(datasets / "bouquets"), size)


def curve(prepared: PreparedImages, options: dict[str, object], steps: int) -> tuple[np.ndarray, float]:
    """Return the mean losses of critic and generator ``(8, 2)``, and the CPU seconds of a thousand images."""
    session = Session(resolve(options), prepared, np.arange(len(prepared.ids)))
    session.rehearse()
    begun = time.process_time()
    for _ in range(steps):
        session.advance()
    logs = session.drain()
    seconds = time.process_time() - begun
    losses = np.array([[log["d_loss"], log["g_loss"]] for log in logs])
    return losses.reshape(EIGHTHS, -1, 2).mean(axis=1), 1000 * seconds / session.images_seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="quality")
    parser.add_argument("--size", type=int, default=16)
    parser.add_argument("--steps", type=int, default=240, help="a multiple of eight")
    given = parser.parse_args()
    common = {"preset": given.preset, "size": given.size, "batch_size": 16, "grow": "none", "warmup_kimg": 0.5}
    with tempfile.TemporaryDirectory() as place:
        prepared = bouquets(Path(place), given.size)
        found = {}
        for name, way in WAYS.items():
            found[name] = curve(prepared, {**common, **way}, given.steps)
            print(f"{name}: {found[name][1]:.1f} CPU s a thousand images", file=sys.stderr, flush=True)
    reference = found["float32"][0]
    line = {
        "benchmark": "precision", **vars(given),
        **{
            name: {
                "critic": losses[:, 0].round(3).tolist(), "generator": losses[:, 1].round(3).tolist(),
                "distance": round(float(np.abs(losses - reference).max()), 4), "cpu_s_per_kimg": round(seconds, 2),
            }
            for name, (losses, seconds) in found.items()
        },
    }  # fmt: skip
    print(json.dumps(line))


if __name__ == "__main__":
    main()
