"""How much wider than chance the pictures lie that are picked for variety: 24 out of 500.

    python tests/benchmarks/picking.py [--run @starter] [--pool 500] [--keep 24] [--datasets-dir datasets]

The peer is chance itself, in the same run: the mean over 200 random draws of as many pictures from the same pool. What
is compared is the mean distance between two pictures, in features of lite0. With the paintings that the run learned in
``--datasets-dir`` they say which tenth of the pool is left out, without them the other pictures do; both are measured.
Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np

from artgan.evaluation.beside import seen_paintings
from artgan.metrics.features import ready
from artgan.runs.store import find_run
from artgan.sampling import picking, samples

_DRAWS = 200


def end_of(events: Generator[Any, None, Any]) -> Any:
    """Return what a stream of events returns."""
    while True:
        try:
            next(events)
        except StopIteration as over:
            return over.value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="@starter")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    parser.add_argument("--datasets-dir", type=Path, default=Path("datasets"))
    parser.add_argument("--pool", type=int, default=500)
    parser.add_argument("--keep", type=int, default=24)
    given = parser.parse_args()
    run = find_run(given.runs_dir, given.run)
    source = samples.open_source(run)
    pictures = np.stack([one.image for one in samples.sample(source, range(given.pool))])
    begun = time.perf_counter()
    features = ready()(pictures)
    looking = time.perf_counter() - begun
    paintings = end_of(seen_paintings(run, pictures.shape[1], datasets_dir=given.datasets_dir))
    draws = [np.random.default_rng(n).choice(given.pool, given.keep, replace=False) for n in range(_DRAWS)]
    chance = [picking.mean_distance(features[rows]) for rows in draws]
    by = {"pool": picking.oddness(features)}
    by |= {} if paintings is None else {"paintings": picking.oddness(features, paintings)}
    ratios, seconds = {}, 0.0
    for name, oddness in by.items():
        begun = time.perf_counter()
        rows, _ = picking.various(features, given.keep, -oddness)
        seconds = max(seconds, time.perf_counter() - begun)
        ratios[f"ratio_by_{name}"] = round(picking.mean_distance(features[rows]) / float(np.mean(chance)), 3)
    print(
        json.dumps(
            {
                "benchmark": "picking",
                "run": run.name,
                "epoch": source.epoch,
                "pool": given.pool,
                "keep": given.keep,
                **ratios,
                "best_of_200_random": round(max(chance) / float(np.mean(chance)), 3),
                "looking_s": round(looking, 1),
                "picking_s": round(seconds, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
