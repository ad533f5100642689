"""How good the pictures are after so many CPU-minutes: four recipes on the same paintings, judged on the way.

Every run is judged at fixed CPU times of its own process (user and system; making the networks ready before the first
step and judging do not count, growing to a larger size does) by Lite0's features of 2,000 samples against all
paintings. Prints, and appends to ``quality.jsonl``, one line of JSON a judgement; writes a sheet beside it. Stopped, it
goes on where it was: run the same command again. Several may run at once on different ``--only``.

    python tests/benchmarks/quality.py PAINTINGS OUT            # everything: about ten CPU-hours
    python tests/benchmarks/quality.py PAINTINGS OUT --only fast-landscapes-0 --minutes 13

PAINTINGS is a folder of datasets prepared at 64 px (``artgan prepare``).
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from artgan import images, seeds
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import PreparedImages, open_prepared
from artgan.errors import NotFoundError
from artgan.metrics.distances import fid, kid, precision_recall
from artgan.metrics.features import Features, cache_path, keep, load_cached
from artgan.metrics.neighbours import diversity
from artgan.models.files import picture_size
from artgan.models.painting import paint
from artgan.runs.store import STARTER
from artgan.training import checkpoints
from artgan.training.beginning import begin_from, open_networks
from artgan.training.job import find_source
from artgan.training.resolving import resolve
from artgan.training.session import Session

MARKS = (1, 2, 4, 8, 13, 20, 30, 45, 60, 90, 120)
"""CPU-minutes."""
SAMPLES = 2000
SAVE_S = 120.0
SIZE = 64


class Run(NamedTuple):
    """One training: a recipe on a set from a seed for so many CPU-minutes."""

    recipe: str
    dataset: str
    seed: int
    minutes: int

    @property
    def name(self) -> str:
        return f"{self.recipe}-{self.dataset}-{self.seed}"


PLAN = [
    *(Run(recipe, "landscapes", 0, 120) for recipe in ("keragan", "fast")),
    *(Run(recipe, "landscapes", 0, 30) for recipe in ("dcgan", "starter")),
    *(Run(recipe, "landscapes", seed, 13) for recipe in ("keragan", "fast") for seed in (1, 2)),
    *(
        Run(recipe, dataset, 0, 30)
        for dataset in ("still-life", "flowers_only")
        for recipe in ("keragan", "fast", "starter", "dcgan")
    ),
]


def open_session(run: Run, prepared: PreparedImages) -> Session:
    """Make a recipe's networks ready; nothing of it counts."""
    options = {"preset": "fast" if run.recipe == "starter" else run.recipe, "size": SIZE, "seed": run.seed}
    if run.recipe != "starter":
        return Session(resolve({**options, "precision": "float32"}), prepared, np.arange(len(prepared.ids)))
    source = open_networks(find_source(STARTER, Path()))
    config = resolve({**options, "precision": "float32"}, begun=True)
    session = Session(config, prepared, np.arange(len(prepared.ids)), picture_size(source.generator))
    for _ in begin_from(session, source):
        pass
    return session


def judge(session: Session, reals: np.ndarray, features: Features, run: Run, sheet: Path) -> dict[str, float]:
    """Measure the averaged generator as it is now."""
    painted = paint(session.trainer.averaged, seeds.latents(range(SAMPLES), session.config.latent_dim))
    painted = images.enlarge(painted, (SIZE, SIZE))
    images.write(sheet, images.grid(painted[:40]))
    found = features(painted)
    distance, count = kid(reals, found), min(len(reals), len(found))
    near = precision_recall(reals[:count], found[:count])
    return {
        "kid": round(1000 * distance.value, 2),
        "kid_error": round(1000 * distance.error, 2),
        "fid": round(fid(reals, found).value, 2),
        "precision": round(near.precision.value, 4),
        "recall": round(near.recall.value, 4),
        "diversity": round(diversity(reals, found).spread.value, 3),
    }


def train(run: Run, prepared: PreparedImages, reals: np.ndarray, features: Features, out: Path) -> Iterator[dict]:
    """Train until the last mark; yield a line at each that is passed for the first time."""
    session = open_session(run, prepared)
    session.rehearse()
    states = out / run.name / "state"
    states.mkdir(parents=True, exist_ok=True)
    try:
        session.load(checkpoints.load_newest(states)[0])
    except NotFoundError:
        checkpoints.save(states, session.state())
    marks = [60.0 * mark for mark in MARKS if mark <= run.minutes and 60.0 * mark > session.cpu_seconds]
    saved = before = session.cpu_seconds
    begun = time.process_time()
    for mark in marks:
        while session.cpu_seconds < mark:
            if session.has_outgrown():
                session.grow()
            session.advance()
            if session.step % 10:
                continue
            logs = session.drain()
            session.cpu_seconds = before + time.process_time() - begun
            if session.cpu_seconds - saved >= SAVE_S:
                checkpoints.save(states, session.state())
                saved, before, begun = session.cpu_seconds, session.cpu_seconds, time.process_time()
        numbers = judge(session, reals, features, run, out / f"{run.name}-{round(mark / 60):03d}.png")
        yield {
            "run": run.name,
            **run._asdict(),
            "minutes": round(mark / 60),
            "kimg": round(session.images_seen / 1000, 1),
            "cpu_s_per_kimg": round(1000 * session.cpu_seconds / session.images_seen, 2),
            **numbers,
            "d_loss": round(logs[-1]["d_loss"], 3),
            "g_loss": round(logs[-1]["g_loss"], 3),
            "samples": SAMPLES,
            "reals": len(reals),
            "features": "lite0",
        }
        checkpoints.save(states, session.state())
        saved, before, begun = session.cpu_seconds, session.cpu_seconds, time.process_time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paintings", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", help="names of runs, separated by commas")
    parser.add_argument("--minutes", type=int, default=max(MARKS), help="no longer than this")
    given = parser.parse_args()
    wanted = given.only.split(",") if given.only else [run.name for run in PLAN]
    given.out.mkdir(parents=True, exist_ok=True)
    features = Features()
    for run in (run for run in PLAN if run.name in wanted):
        folder = DatasetFolder(given.paintings / run.dataset)
        prepared = open_prepared(folder, SIZE)
        path = cache_path(folder.prepared(SIZE), prepared.fingerprint)
        reals = load_cached(path, len(prepared.ids))
        if reals is None:
            reals = features(prepared.images)
            keep(path, reals)
        run = run._replace(minutes=min(run.minutes, given.minutes))
        for line in train(run, prepared, reals, features, given.out):
            print(json.dumps(line), flush=True)
            with open(given.out / "quality.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
