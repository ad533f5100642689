"""How good a run is while it goes: how near, how various and how new a few hundred pictures are, from time to time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from artgan import seeds
from artgan.events import Event, Note
from artgan.metrics.distances import KID
from artgan.metrics.estimates import Estimate
from artgan.metrics.features import Features, cache_path, load_cached, ready
from artgan.metrics.neighbours import Copies, Looks, copies, diversity, layout
from artgan.models.painting import paint
from artgan.runs.folder import RunFolder
from artgan.seeds import in_turn
from artgan.training.job import Job

# With 250, 500 and 1,000 samples the same distance was found within 1 %, and its error is some 2 % of it.
_SAMPLES = 500
# Of the paintings, so many that looking at them costs a minute where nobody looked before.
_REALS = 1000
_FEWEST_REALS = 3
_AT_A_TIME = 64
_EVERY_S = 300.0
_SHORT_S = 600.0
"""A training that is over sooner is not judged unless that is asked for: beginning to takes a good part of it."""
_SHARE = 0.05
"""Of the time, that judging may take where nobody asked for more."""


class Judged(NamedTuple):
    """A judgement, and the processor time that all of this session took."""

    kid: Estimate
    spread: Estimate
    copies: Copies
    best: bool
    cpu_seconds: float


def planned_interval(job: Job) -> float:
    """Return the seconds between two judgements; 0 for none."""
    if job.config.eval_every is not None:
        return job.config.eval_every
    images = job.session.planned_images
    length = job.config.time or 0.0 if images is None else images / max(job.images_per_s, 1e-9)
    return _EVERY_S if job.config.until_good or length >= _SHORT_S else 0.0


class Judge:
    """Judges a run's averaged generator: always the same latents, against the same paintings of those it learns.

    Args:
        job: with its session.
        folder: the run's.
    """

    def __init__(self, job: Job, folder: RunFolder) -> None:
        self._job = job
        self._folder = folder
        self._every = planned_interval(job)
        self.due = time.perf_counter() + self._every if self._every else float("inf")
        self._judged = float("-inf")
        self.cpu_seconds = 0.0
        self._features: Features | None = None
        random = np.random.default_rng(job.config.seed)
        rows = job.session.batches.rows
        if len(rows) < _FEWEST_REALS:
            self._every, self.due = 0.0, float("inf")
        self._rows = np.sort(random.choice(rows, min(_REALS, len(rows)), replace=False))
        labels = job.prepared.labels
        # Each class as often as it stands among the paintings.
        self._classes = None if labels is None else in_turn(random.choice(labels[rows], _SAMPLES), job.session.classes)

    def is_due(self, *, last: bool) -> bool:
        """Say whether it is time; at the end it is, unless the last judgement was a moment ago."""
        moment = time.perf_counter()
        return moment >= self.due or (last and self._every > 0 and moment - self._judged >= self._every / 2)

    def prepare(self) -> Iterator[Event]:
        """Look at the paintings, the first time.

        Yields:
            A ``Note`` before that.
        """
        if self._features is not None:
            return
        begun = time.process_time()
        yield Note(
            text=f"judging {_SAMPLES} pictures against {len(self._rows):,} paintings; the first time takes longer"
        )
        self._features = ready()
        prepared = self._job.prepared
        path = cache_path(self._job.dataset.prepared(self._job.config.size), prepared.fingerprint)
        known = load_cached(path, len(prepared.ids))
        # Some at a time: a thousand large ones would fill memory.
        pieces = [self._rows[first : first + _AT_A_TIME] for first in range(0, len(self._rows), _AT_A_TIME)]
        seen = [self._features(prepared.images[rows]) if known is None else known[rows] for rows in pieces]
        laid = [layout(np.asarray(prepared.images[rows])) for rows in pieces]
        self._reals = Looks(np.concatenate(seen), np.concatenate(laid))
        self._kid = KID(self._reals.features)
        self.cpu_seconds += time.process_time() - begun

    def judge(self) -> Judged:
        """Judge the generator that was saved last, and make it the run's best if it is better by its error."""
        assert self._features is not None, "prepare comes first"
        begun, cpu_begun = time.perf_counter(), time.process_time()
        latents = seeds.latents(range(_SAMPLES), self._job.config.latent_dim)
        painted = paint(self._job.session.trainer.averaged, latents, self._classes)
        found = Looks(self._features(painted), layout(painted))
        kid = self._kid(found.features)
        best = self._folder.consider(self._folder.generator(self._job.session.epoch), kid, _SAMPLES)
        moment = time.perf_counter()
        rest = (moment - begun) / _SHARE if self._job.config.eval_every is None else 0.0
        self._judged, self.due = moment, moment + max(self._every, rest)
        spread, copied = diversity(self._reals.features, found.features).spread, copies(self._reals, found)
        self.cpu_seconds += time.process_time() - cpu_begun
        return Judged(kid, spread, copied, best, self.cpu_seconds)
