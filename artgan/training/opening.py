"""The dataset of a training: prepared where it is not, opened, its pictures split and told of their classes.

Loads without TensorFlow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from artgan.datasets.classes import classes_of, rows_with_class
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import PreparedImages, is_prepared, open_prepared, prepared_options, read_set
from artgan.datasets.preparing import prepare
from artgan.errors import ArtganError, UsageError
from artgan.events import Event, Note
from artgan.training.job import Job

if TYPE_CHECKING:
    import numpy as np

_FEW_PAINTINGS = 500


def open_dataset(job: Job, prepare_options: Mapping[str, Any]) -> Iterator[Event]:
    """Prepare the dataset at this size unless it is, and open it."""
    size, ready = job.config.size, _ready(job, prepare_options)
    if job.dry_run and not ready:
        raise UsageError(
            f"{job.dataset.name!r} is not prepared at {size} px, and a dry run writes nothing",
            f"artgan prepare {job.dataset.name} --size {size}",
        )
    yield from prepare_missing(job.dataset, size, ready=ready, **prepare_options)
    job.prepared = open_prepared(job.dataset, size)
    count = len(job.prepared.ids)
    if job.folder is not None and job.folder.record.dataset_fingerprint != job.prepared.fingerprint:
        raise UsageError(
            f"the pictures of {job.dataset.name!r} are not those that {job.folder.name} was trained on",
            f"begin a new run from it: artgan train {job.dataset.name} --init {job.folder.name}",
        )
    yield from _classify(job)
    if count < _FEW_PAINTINGS:
        yield Note(
            text=f"{count} paintings are few: the generator may come to copy them; {_FEW_PAINTINGS} make it inventive",
            level="warning",
        )


def _classify(job: Job) -> Iterator[Event]:
    """Give each picture its class, by what the manifest says of it, and choose those that are learned.

    A run goes on with the classes that it has.
    """
    condition, labels = job.config.condition, None
    if condition != "none":
        found = classes_of(job.dataset, job.prepared.ids, condition)
        job.classes, labels = found.names, found.labels
        yield Note(text=str(found))
    job.prepared = replace(job.prepared, labels=labels)
    job.rows, held_out = split_rows(job.prepared, job.config.holdout)
    job.held_out = len(held_out)
    record = job.folder.record if job.folder else None
    if record is None or not record.classes:
        return
    now = job.classes, len(job.rows)
    if now != (record.classes, record.images):
        raise UsageError(
            f"{record.name} learns {record.images:,} paintings of {', '.join(record.classes)}; by the {condition}s that"
            f" {job.dataset.name!r} has now it would be {now[1]:,} of {', '.join(now[0])}",
            f"begin a new run from it: artgan train {job.dataset.name} --init {record.name} --condition {condition}",
        )


def prepare_missing(dataset: DatasetFolder, size: int, *, ready: bool, **options: Any) -> Iterator[Event]:
    """Prepare a dataset at a size unless it is ``ready``.

    Args:
        dataset: its folder.
        size: in pixels.
        ready: whether it is.
        options: of ``prepare``; what is left out is as it was.

    Raises:
        UsageError: it has no picture to learn from.
    """
    if not ready:
        yield Note(text=f"{dataset.name} is not prepared at {size} px yet: doing that first")
        yield from prepare(dataset, size=size, **{**(prepared_options(dataset, size) or {}), **options})
    if not read_set(dataset, size).images:
        raise UsageError(
            f"{dataset.name!r} has no picture to learn from", f"see why: artgan datasets show {dataset.name}"
        )


def _ready(job: Job, prepare_options: Mapping[str, Any]) -> bool:
    size = job.config.size
    if job.folder is None:
        return is_prepared(job.dataset, size, **prepare_options)
    # A run goes on with the pictures it began with, also when the dataset has got others since.
    try:
        return read_set(job.dataset, size).fingerprint == job.folder.record.dataset_fingerprint
    except ArtganError:
        return False


def split_rows(prepared: PreparedImages, holdout: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows to learn, and those held out; pictures that have no class, where the others do, are neither."""
    import numpy as np

    known = rows_with_class(prepared)
    learned = known[learned_rows([prepared.ids[row] for row in known], holdout)]
    return learned, np.setdiff1d(known, learned)


def learned_rows(ids: list[str], holdout: float) -> np.ndarray:
    """Return the rows to learn; which ones are held out follows from their ids, whatever else is in the set.

    Args:
        ids: of all pictures.
        holdout: a share below 1, or a number.

    Returns:
        ``(n,)`` int64, ascending.
    """
    import numpy as np

    held = round(holdout * len(ids)) if holdout < 1 else int(holdout)
    if len(ids) - held < 1:
        raise UsageError(f"holding out {held} of {len(ids)} paintings leaves none to learn", "hold out fewer")
    order = sorted(range(len(ids)), key=lambda row: hashlib.sha256(ids[row].encode()).digest())
    return np.sort(np.array(order[held:], np.int64))
