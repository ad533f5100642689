"""The paintings that a run is measured against, and what the feature network sees in them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from artgan.datasets.classes import labels_of
from artgan.datasets.manifest import find_dataset
from artgan.datasets.prepared import PreparedImages, open_prepared
from artgan.errors import ArtganError, UsageError
from artgan.events import Event, Progress
from artgan.metrics.features import Features, cache_path, keep, load_cached
from artgan.metrics.neighbours import Looks, layout
from artgan.runs.folder import RunFolder
from artgan.training.config import TrainConfig, from_toml
from artgan.training.opening import split_rows

_FEWEST = 8
"""Two halves of four are the least of which neighbours and errors can be told."""
_AT_A_TIME = 64
"""Pictures between two looks at the clock, and those painted at once."""


@dataclass
class Reals:
    """The paintings of a dataset, in an order that has nothing to do with their names.

    Attributes:
        dataset: its name.
        prepared: its pictures; with labels where the run learned classes, -1 for a picture of none of them.
        rows: which of them are the measure: those that the run learned, ``(n,)`` int.
        held_out: which of them the run did not learn, ``(k,)`` int.
        own: whether they are the very pictures that the run was trained on.
        cache: where their features are kept.
        known: their features, those of all rows, where they are known.
        network: the name of the one that sees them.
    """

    dataset: str
    prepared: PreparedImages
    rows: np.ndarray
    held_out: np.ndarray
    own: bool
    cache: Path
    known: np.ndarray | None
    network: str

    def looks(self, rows: np.ndarray) -> Looks:
        assert self.known is not None
        return Looks(self.known[rows], layout(np.asarray(self.prepared.images[rows])))


def open_reals(run: RunFolder, datasets_dir: Path, dataset: str | None, size: int, network: str) -> Reals:
    """Open the paintings that a run is measured against.

    Args:
        run: its record names its dataset, its configuration what was held out.
        datasets_dir: the folder of datasets.
        dataset: another one's name or folder; default the run's own.
        size: of the generator's pictures.
        network: the name of the one that will look at them.

    Raises:
        NotFoundError: there is no such dataset, or it is not prepared at that size.
        UsageError: the run has no dataset, or there are too few paintings to measure by.
    """
    record = run.current()
    if not (dataset or record.dataset):
        raise UsageError(
            f"it is not known what {run.name} was trained on", f"artgan evaluate {run.name} --dataset NAME"
        )
    folder = find_dataset(datasets_dir, dataset or record.dataset)
    prepared = open_prepared(folder, size)
    own = prepared.fingerprint == record.dataset_fingerprint
    config, labels = _config(run), None
    if record.classes and config:
        labels = labels_of(folder, prepared.ids, config.condition, record.classes)
    prepared = replace(prepared, labels=labels)
    rows, held_out = np.arange(len(prepared.ids)), np.empty(0, np.int64)
    if own:
        rows, held_out = split_rows(prepared, config.holdout if config else 0.0)
    if len(rows) < _FEWEST:
        raise UsageError(f"{len(rows)} paintings are too few to measure by", f"{_FEWEST} are the least")
    cache = cache_path(folder.prepared(size), prepared.fingerprint, network)
    return Reals(
        dataset=folder.name,
        prepared=prepared,
        rows=np.random.default_rng(0).permutation(rows),
        held_out=held_out,
        own=own,
        cache=cache,
        known=load_cached(cache, len(prepared.ids), network),
        network=network,
    )


def _config(run: RunFolder) -> TrainConfig | None:
    try:
        return from_toml(run.config_path.read_text(encoding="utf-8"))
    except (OSError, ArtganError):
        return None  # an imported model has no configuration


def look(reals: Reals, features: Features) -> Generator[Event, None, None]:
    """Let the network look at all paintings of the set, unless it did once, and keep what it saw."""
    if reals.known is not None:
        return
    pictures, found = reals.prepared.images, []
    for first in range(0, len(pictures), _AT_A_TIME):
        yield Progress(stage="looking at paintings", done=first, total=len(pictures), unit="paintings")
        found.append(features(np.asarray(pictures[first : first + _AT_A_TIME])))
    yield Progress(stage="looking at paintings", done=len(pictures), total=len(pictures), unit="paintings")
    reals.known = np.concatenate(found)
    keep(reals.cache, reals.known)
