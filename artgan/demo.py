"""All of it, with nothing given: artgan paints a collection, learns it, and shows what it learned on one sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from artgan import images, provenance
from artgan.datasets.importing import import_folder
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.painter.collection import paint_collection
from artgan.events import Event, Finished, Note
from artgan.runs.folder import RunFolder
from artgan.runs.store import NOTHING
from artgan.training.events import Trained
from artgan.training.loop import train

DATASET = "bouquets"
_COLUMNS = 10
_SIDE = 96
_STAGES = 4
"""How many checkpoints, early to late, show how it got better."""


class DemoFinished(Finished):
    """The sheet is painted."""

    sheet: Path
    run: str
    folder: Path
    trained: Trained


def demo(
    folder: Path, options: dict[str, Any], *, paintings: int = 600, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Paint a collection, learn it within the time, and show it.

    Args:
        folder: where collection, dataset, runs and sheet go; made when missing. What is there is used again.
        options: ``TrainConfig`` fields.
        paintings: how many pictures the collection has.
        should_stop: asked while training; what was learned until then is shown.

    Yields:
        What painting, importing, preparing and training say, and ``DemoFinished``.
    """
    yield Note(text=f"painting {paintings} bouquets to learn from")
    yield from paint_collection(folder / "paintings", paintings)
    datasets, runs = folder / "datasets", folder / "runs"
    yield from import_folder(
        folder / "paintings", name=DATASET, datasets_dir=datasets, link=True, rights="painted by artgan itself"
    )
    trained = None
    # A starter that knows landscapes well is further from painted bouquets than nothing is: see docs/quality.md.
    learning = train(DATASET, options, datasets_dir=datasets, runs_dir=runs, init=NOTHING, should_stop=should_stop)
    for event in learning:
        if isinstance(event, Trained):
            trained = event
        yield event
    assert trained is not None
    sheet = folder / "demo.png"
    run = RunFolder(trained.path)
    facts = provenance.facts(run=run.name, epoch=trained.epoch, sheet="demo")
    # With what it learned from beside it.
    kind = provenance.COMPOSITE_SOURCE_TYPE
    images.write(sheet, contact_sheet(DatasetFolder(datasets / DATASET), run), facts, source_type=kind)
    yield DemoFinished(seconds=trained.seconds, sheet=sheet, run=run.name, folder=folder, trained=trained)


def contact_sheet(dataset: DatasetFolder, run: RunFolder) -> np.ndarray:
    """Lay out what a run learned from, how it got better, and what it paints now.

    Args:
        dataset: the dataset it was trained on, prepared at its size.
        run: it has at least one generator.

    Returns:
        ``(height, width, 3)`` uint8.
    """
    from artgan.datasets.prepared import open_prepared

    reals = open_prepared(dataset, run.record.size or 64).images
    chosen = np.linspace(0, len(reals) - 1, 2 * _COLUMNS).astype(int)
    stages = _spread([checkpoint.epoch for checkpoint in run.generators()])
    rows = [
        ("What it learned from", reals[chosen]),
        (f"How it got better: passes {', '.join(map(str, stages))} over the collection", _progress(run, stages)),
        ("What it paints now", _painted(run, None, range(_COLUMNS, 4 * _COLUMNS))),
    ]
    return np.concatenate([_titled(title, pictures) for title, pictures in rows])


def _progress(run: RunFolder, stages: Sequence[int]) -> np.ndarray:
    return np.concatenate([_painted(run, epoch, range(_COLUMNS)) for epoch in stages])


def _painted(run: RunFolder, epoch: int | None, seeds: range) -> np.ndarray:
    from artgan.sampling.samples import open_source, sample

    return np.stack([picture.image for picture in sample(open_source(run, epoch=epoch), seeds)])


def _spread(epochs: Sequence[int]) -> list[int]:
    """Choose some of the epochs, the first and the last among them."""
    places = np.unique(np.linspace(0, len(epochs) - 1, _STAGES).round().astype(int))
    return [epochs[place] for place in places]


def _titled(title: str, pictures: np.ndarray) -> np.ndarray:
    """Put a line of text above a grid."""
    from PIL import Image, ImageDraw, ImageFont

    sheet = images.grid(images.enlarge(pictures, (_SIDE, _SIDE)), _COLUMNS, gap=4)
    band = Image.new("RGB", (sheet.shape[1], 40), "white")
    ImageDraw.Draw(band).text((8, 10), title, fill=(40, 40, 40), font=ImageFont.load_default(18))
    return np.concatenate([np.asarray(band), sheet])
