"""The GPU preset at 256 px: images a second and KID while it learns, and a peer's own code beside it.

    python tests/benchmarks/gpu.py DATASET OUT [--minutes 20] [--size 256] [--peer COMMAND --peer-samples FOLDER]

DATASET is a dataset's folder, prepared at the size. The peer runs after artgan for as long on the same machine: COMMAND
is whatever trains R3GAN or StyleGAN2-ADA (their own PyTorch code, on a zip made by ``artgan datasets export --format
nvlabs``) and paints 2,000 pictures into FOLDER before it ends; it is stopped five minutes after ``--minutes`` are over.
Both are judged alike, by Lite0's features of 2,000 pictures against all paintings. Prints one line of JSON a judgement.
Precision and XLA are tried first, for 30 s each: float32, bfloat16, each with and without, as images a second.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image

from artgan import seeds
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import PreparedImages, open_prepared
from artgan.metrics.distances import fid, kid
from artgan.metrics.features import Features
from artgan.models.painting import paint
from artgan.training.resolving import resolve
from artgan.training.session import Session

SAMPLES = 2000
MARKS = (1, 2, 5, 10, 20, 40, 60)
TRIAL_S = 30.0


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


def session_for(prepared: PreparedImages, size: int, **options: object) -> Session:
    config = resolve({"preset": "quality", "size": size, **options})
    session = Session(config, prepared, np.arange(len(prepared.ids)))
    session.rehearse()
    return session


def rate(session: Session, seconds: float) -> float:
    """Return images a second."""
    begun, first = time.perf_counter(), session.images_seen
    while time.perf_counter() - begun < seconds:
        for _ in range(10):
            session.advance()
        session.drain()  # waits for the device
    return (session.images_seen - first) / (time.perf_counter() - begun)


def judged(pictures: np.ndarray, reals: np.ndarray, features: Features) -> dict[str, float]:
    found = features(pictures)
    distance = kid(reals, found)
    return {
        "kid": round(1000 * distance.value, 2),
        "kid_error": round(1000 * distance.error, 2),
        "fid": round(fid(reals, found).value, 2),
        "samples": len(pictures),
        "reals": len(reals),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--peer", help="a command that trains the peer and paints")
    parser.add_argument("--peer-samples", type=Path)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    prepared, features = open_prepared(DatasetFolder(given.dataset), given.size), Features()
    reals = features(prepared.images)
    for precision in ("float32", "bfloat16"):
        for xla in (False, True):
            session = session_for(prepared, given.size, precision=precision, xla="on" if xla else "off")
            say(trial=precision, xla=xla, device=session.device, images_per_s=round(rate(session, TRIAL_S), 2))
    session = session_for(prepared, given.size)
    seconds = 0.0
    for mark in [60.0 * mark for mark in MARKS if mark < given.minutes] + [60.0 * given.minutes]:
        speed = rate(session, mark - seconds)
        seconds = mark
        latents = seeds.latents(range(SAMPLES), session.config.latent_dim)
        numbers = judged(paint(session.trainer.averaged, latents), reals, features)
        kimg = round(session.images_seen / 1000, 1)
        say(line="artgan", minutes=mark / 60, kimg=kimg, images_per_s=round(speed, 2), **numbers)
    if given.peer:
        begun = time.perf_counter()
        try:
            subprocess.run(shlex.split(given.peer), check=False, timeout=60 * given.minutes + 300)
        except subprocess.TimeoutExpired:
            say(line="peer", stopped=True)
        files = sorted(given.peer_samples.glob("**/*.png"))[:SAMPLES]
        pictures = np.stack([np.asarray(Image.open(path).convert("RGB")) for path in files])
        minutes = round((time.perf_counter() - begun) / 60, 1)
        say(line="peer", minutes=minutes, command=given.peer, **judged(pictures, reals, features))


if __name__ == "__main__":
    main()
