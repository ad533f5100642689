"""A run's generators, judged: a stream of events from a run folder to numbers."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from artgan import images, provenance, seeds
from artgan.errors import BusyError, UsageError
from artgan.evaluation.measuring import Painted, find_copies, floor, measure, swd_count
from artgan.evaluation.reals import Reals, look, open_reals
from artgan.evaluation.records import METRICS, Evaluated, Evaluation, lowest, parse_features
from artgan.events import Event, Note, Progress
from artgan.metrics import inception
from artgan.metrics.features import Features, ready
from artgan.metrics.neighbours import Copies, Looks, layout
from artgan.models.files import latent_dim, load_generator, picture_size
from artgan.models.painting import class_count, paint
from artgan.records import now
from artgan.runs.folder import RunFolder, append
from artgan.runs.record import Checkpoint
from artgan.seeds import in_turn

ALL = "all"
_COUNT, _COUNT_OF_ALL = 2000, 500
_FEWEST = 8
_AT_A_TIME = 64
_TIMED = 16
_PAIRS, _PAIR_COLUMNS, _SMALLEST_SIDE = 16, 4, 64


def evaluate(
    run: RunFolder,
    *,
    datasets_dir: str | Path = "datasets",
    epoch: int | str | None = None,
    count: int | None = None,
    dataset: str | None = None,
    metrics: Sequence[str] = METRICS,
    holdout: bool = False,
    features: str = "auto",
) -> Iterator[Event]:
    """Judge generators of a run.

    Always the same latents, those of seeds 0, 1, 2 ...: the same call gives the same numbers.

    Args:
        run: its folder; the evaluations are kept in it.
        datasets_dir: the folder of datasets.
        epoch: which generator: a number, "best", or "all" that there are; default the highest epoch.
        count: pictures to judge of each, 8 or more; default 2,000, or 500 of each with "all".
        dataset: paintings to measure against; default those that the run learned.
        metrics: some of ``METRICS``.
        holdout: tell copies by paintings that were held out of training.
        features: "lite0", "inception", whose weights are fetched the first time, or "auto", which is lite0.

    Yields:
        ``Note`` (first what will be done and how long it takes), ``Progress``, and an ``Evaluated`` for each generator.

    Raises:
        NotFoundError: no such generator, or no such dataset at this size.
        UsageError: nothing was held out, or there are too few pictures.
        RemoteError: the weights of inception cannot be fetched.
    """
    everything = epoch == ALL
    count = count or (_COUNT_OF_ALL if everything else _COUNT)
    if count < _FEWEST:
        raise UsageError(f"{count} pictures are too few to judge by", f"use -n {_COUNT}, or {_FEWEST} at least")
    checkpoints = run.generators() if everything else [run.generator(epoch)]
    if not checkpoints:
        checkpoints = [run.generator()]  # which says that there is none
    generator = load_generator(checkpoints[0].path)
    reals = open_reals(run, Path(datasets_dir), dataset, picture_size(generator), parse_features(features))
    if holdout and not (reals.own and len(reals.held_out)):
        raise UsageError(
            f"no painting of {reals.dataset} was held out of training {run.name}",
            "leave --holdout out, or train with: artgan train --holdout 0.1",
        )
    if reals.network == inception.NAME and not inception.weights_path().exists():
        yield Note(text=f"fetching the weights of Inception-v3, {inception.BYTES / 1e6:.0f} MB, this once")
    network = ready(reals.network)
    yield Note(text=_plan(run, checkpoints, reals, count, network, metrics))
    if not reals.own and dataset is None:
        yield Note(text=f"the pictures of {reals.dataset} are no longer those that {run.name} learned", level="warning")
    yield from look(reals, network)
    least = floor(reals, metrics)
    found = []
    for checkpoint in checkpoints:
        painted = yield from _paint(checkpoint, count, reals, network, "swd" in metrics)
        event = _judge(run, checkpoint, reals, painted, metrics, least, holdout)
        found.append(event.evaluation)
        append(run.evaluations_path, event.evaluation.model_dump_json())
        yield event
    if everything and reals.own:
        yield from _move_best(run, checkpoints, found)


def _plan(
    run: RunFolder, checkpoints: Sequence[Checkpoint], reals: Reals, count: int, features: Features,
    metrics: Sequence[str],
) -> str:  # fmt: skip
    """Say what will be done and how long it takes, by the time of one batch."""
    sample = np.asarray(reals.prepared.images[:_TIMED])
    width = features(sample).shape[1]
    begun = time.perf_counter()
    features(sample)
    each = (time.perf_counter() - begun) / len(sample)
    painting = 0.1 * each  # of the presets up to 128 px; a guess, and little beside it
    looks = count * len(checkpoints) * (each + painting) + (
        len(reals.prepared.ids) * each if reals.known is None else 0
    )
    seconds = looks + len(checkpoints) * _statistics_s(len(reals.rows), count, width, metrics)
    which = f"epoch {checkpoints[0].epoch}" if len(checkpoints) == 1 else f"{len(checkpoints)} generators"
    return (
        f"judging {count:,} pictures of {run.name}, {which}, against {len(reals.rows):,} paintings of {reals.dataset}:"
        f" about {_about(seconds)}"
    )


def _statistics_s(reals: int, count: int, width: int, metrics: Sequence[str]) -> float:
    """Foretell what the numbers themselves take, measured on two cores: pairs of pictures, FID's roots, patches."""
    pairs = 1.5e-7 * (reals + count) ** 2 * len({"kid", "precision", "recall", "copies", "diversity"} & set(metrics))
    wider = width / 1280  # it was measured with Lite0's features
    return wider * pairs + 15.0 * wider**2 * ("fid" in metrics) + 8.0 * ("swd" in metrics)


def _about(seconds: float) -> str:
    return f"{max(1, round(seconds / 5) * 5)} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _paint(
    checkpoint: Checkpoint, count: int, reals: Reals, features: Features, keep_pictures: bool
) -> Generator[Event, None, Painted]:
    """Paint the samples of a generator and look at them, some at a time: a thousand large ones would fill memory."""
    generator = load_generator(checkpoint.path)
    latents, classes = seeds.latents(range(count), latent_dim(generator)), shares_like(reals, generator, count)
    kept = swd_count(picture_size(generator)) if keep_pictures else 0
    seen, laid, pictures = [], [], []
    stage = f"judging epoch {checkpoint.epoch}"
    for first in range(0, count, _AT_A_TIME):
        yield Progress(stage=stage, done=first, total=count, unit="pictures")
        piece = slice(first, first + _AT_A_TIME)
        painted = paint(generator, latents[piece], None if classes is None else classes[piece])
        seen.append(features(painted))
        laid.append(layout(painted))
        pictures.append(painted[: max(0, kept - first)])
    yield Progress(stage=stage, done=count, total=count, unit="pictures")
    return Painted(Looks(np.concatenate(seen), np.concatenate(laid)), np.concatenate(pictures))


def shares_like(reals: Reals, generator: keras.Model, count: int) -> np.ndarray | None:
    """Return which class each of so many pictures is to be: each as often as among the paintings.

    Returns:
        ``(count, classes)`` float32, in turn where no painting is of any; None for a generator that knows no classes.
    """
    known, labels = class_count(generator), reals.prepared.labels
    if not known:
        return None
    here = np.empty(0) if labels is None else labels[reals.rows]
    here = here[here >= 0]
    return in_turn(np.random.default_rng(0).choice(here, count) if len(here) else np.arange(count), known)


def _judge(
    run: RunFolder,
    checkpoint: Checkpoint,
    reals: Reals,
    painted: Painted,
    metrics: Sequence[str],
    least: dict[str, float],
    holdout: bool,
) -> Evaluated:
    numbers: dict[str, Any] = {}
    for name, estimate in measure(reals, painted, metrics).items():
        numbers |= {name: estimate.value, f"{name}_error": estimate.error, f"{name}_floor": least[name]}
    copied, sheet = None, None
    if "copies" in metrics:
        found = find_copies(reals, painted, held_out=holdout)
        name = f"copies_{reals.network}"
        numbers |= {name: found.share.value, f"{name}_error": found.share.error}
        numbers |= {f"{name}_floor": 0.02, f"{name}_ratio": found.median_ratio}
        copied = found.many
        sheet = _draw_pairs(run, checkpoint, reals, found) if copied else None
    evaluation = Evaluation(
        run=run.name, epoch=checkpoint.epoch, at=now(), dataset=reals.dataset, features=reals.network,
        dataset_fingerprint=reals.prepared.fingerprint, size=int(reals.prepared.images.shape[1]),
        samples=len(painted.looks.features), reals=len(reals.rows), held_out=len(reals.held_out) if holdout else 0,
        copied=copied, copies_sheet=sheet.relative_to(run.path).as_posix() if sheet else None, **numbers,
    )  # fmt: skip
    return Evaluated(evaluation=evaluation, sheet=sheet)


def _draw_pairs(run: RunFolder, checkpoint: Checkpoint, reals: Reals, found: Copies) -> Path:
    """Draw the closest pairs: sample left, painting right."""
    copied = np.flatnonzero(found.found)
    chosen = copied[np.argsort(found.closeness[copied], kind="stable")][:_PAIRS]
    generator = load_generator(checkpoint.path)
    classes = shares_like(reals, generator, len(found.found))
    latents = seeds.latents([int(seed) for seed in chosen], latent_dim(generator))
    samples = paint(generator, latents, None if classes is None else classes[chosen])
    paintings = np.asarray(reals.prepared.images[reals.rows[found.nearest[chosen]]])
    side = max(samples.shape[1], _SMALLEST_SIDE)
    pairs = images.enlarge(np.concatenate([samples, paintings], axis=2), (2 * side, side))
    path = run.path / "evaluation" / f"copies-{checkpoint.epoch:06d}.png"
    listed = ",".join(str(seed) for seed in chosen)
    facts = provenance.facts(run=run.name, epoch=checkpoint.epoch, seeds=listed, sheet="copies")
    sheet = images.grid(pairs, min(_PAIR_COLUMNS, len(pairs)), gap=8)
    images.write(path, sheet, facts, source_type=provenance.COMPOSITE_SOURCE_TYPE)
    return path


def _move_best(run: RunFolder, checkpoints: Sequence[Checkpoint], found: Sequence[Evaluation]) -> Iterator[Event]:
    """Make the lowest KID of all the best of the run, if it is better by its error than the one that is."""
    first = lowest(found)
    if first is None:
        return
    checkpoint = next(c for c in checkpoints if c.epoch == first.epoch)
    kid = (first.number("kid_lite0") or 0.0, first.number("kid_lite0_error") or 0.0)
    try:
        with run.locked():
            moved = run.consider(checkpoint, kid, first.samples)
    except BusyError:
        yield Note(text="the run is being trained, so its best is left alone")
        return
    if moved:
        yield Note(text=f"epoch {first.epoch} is the best of {run.name} now: --epoch best")
