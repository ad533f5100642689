"""How near ``artgan project`` comes to pictures, against plain random search of the same time.

    python tests/benchmarks/projecting.py PICTURE ... [--run @starter] [--steps 200] [--sheet sheet.png]

Each picture is projected; then seeds are tried for as long as that took, by the same loss in batches of 16, compiled.
``--sheet`` lays out a row for each picture: the picture, the best seed of that search, what was found. Prints one line
of JSON; a ratio below 1 is for the projection.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np
import tensorflow as tf

from artgan import images, seeds
from artgan.models.files import latent_dim, picture_size
from artgan.models.painting import paint
from artgan.runs.store import find_run
from artgan.sampling import projecting, samples

_BATCH = 16
_FIRST = 1_000_000


def searched(source: samples.Source, target: np.ndarray, seconds: float) -> tuple[float, int, np.ndarray]:
    """Try seeds for so long; return the lowest loss, how many were tried, and the latent."""
    comparison = projecting.Comparison(target)
    loss = tf.function(lambda z: comparison(source.generator(z, training=False)), autograph=False)
    length, tried = latent_dim(source.generator), 0
    best, latent = np.inf, np.zeros(length, np.float32)
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        z = seeds.latents(range(_FIRST + tried, _FIRST + tried + _BATCH), length)
        found = loss(tf.constant(z)).numpy()
        tried += _BATCH
        if found.min() < best:
            best, latent = float(found.min()), z[found.argmin()]
    return best, tried, latent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--run", default="@starter")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    parser.add_argument("--steps", type=int, default=projecting.STEPS)
    parser.add_argument("--sheet", type=Path)
    given = parser.parse_args()
    source = samples.open_source(find_run(given.runs_dir, given.run))
    rows, sheet = [], []
    for path in given.pictures:
        target = projecting.read_target(path, picture_size(source.generator))
        begun = time.perf_counter()
        events = projecting.project(source, target, steps=given.steps)
        while True:
            try:
                next(events)
            except StopIteration as over:
                found = over.value
                break
        seconds = time.perf_counter() - begun
        loss, tried, latent = searched(source, target, seconds)
        rows.append(
            {
                "picture": path.name[:60],
                "loss": round(found.loss, 3),
                "random_search": round(loss, 3),
                "ratio": round(found.loss / loss, 3),
                "median_seed": round(found.random, 3),
                "pixels": round(found.pixels, 3),
                "length": round(found.length, 2),
                "seeds_tried": tried,
                "seconds": round(seconds, 1),
            }
        )
        sheet += [target[None], paint(source.generator, np.stack([latent, found.latent]))]
    if given.sheet:
        grid = images.grid(np.concatenate(sheet), 3)
        images.write(given.sheet, images.enlarge(grid[None], (grid.shape[1] * 3, grid.shape[0] * 3))[0])
    print(json.dumps({"benchmark": "projecting", "run": source.run, "steps": given.steps, "pictures": rows}))


if __name__ == "__main__":
    main()
