"""Pictures of a run that lie closest to a painting, with the painting beside them."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from artgan.events import Event, Progress
from artgan.report.commands import Named
from artgan.report.gallery import shown_bytes
from artgan.report.nearest import nearest, told
from artgan.report.pages import data_uri
from artgan.runs.record import BEST
from artgan.sampling.samples import Sample, open_source, sample

_PAINTED = 64
_SIDE = 192


def closest(by: Named, datasets_dir: Path, count: int) -> Generator[Event, None, dict[str, Any] | str]:
    """Paint some pictures with the best generator, else the newest, and find those that lie closest to a painting.

    Args:
        by: the run.
        datasets_dir: the folder of datasets.
        count: how many.

    Returns:
        What the page shows: ``told``, ``many`` and ``pairs``; or why nothing could be compared, in a sentence.

    Raises:
        ArtganError: the generator cannot be opened.
    """
    epoch = BEST if by.folder.best() else None
    source = open_source(by.folder, epoch=epoch)
    samples: list[Sample] = []
    for picture in sample(source, range(_PAINTED)):
        yield Progress(stage=f"painting by {by.folder.name}", done=len(samples), total=_PAINTED, unit="pictures")
        samples.append(picture)
    near = yield from nearest(by.folder, np.stack([picture.image for picture in samples]), datasets_dir)
    if isinstance(near, str):
        return near
    pairs: list[dict[str, Any]] = []
    shown: set[str] = set()
    for painting, picture in sorted(
        zip(near.neighbours, samples, strict=True), key=lambda pair: (not pair[0].copy, pair[0].closeness)
    ):
        # Some paintings are the nearest of many; one of these tells as much as all.
        if len(pairs) == count or (painting.id in shown and not painting.copy):
            continue
        shown.add(painting.id)
        pairs.append(
            {
                "seed": picture.seed,
                "close": painting.copy,
                "picture": data_uri(shown_bytes(picture.image, _SIDE, source.metadata(picture)), "webp"),
                "painting": data_uri(shown_bytes(painting.image, _SIDE, {}), "webp"),
                "title": painting.title,
                "command": by.sample("--epoch", epoch or str(source.epoch), "--seeds", str(picture.seed)),
            }
        )
    return {"told": told(near), "many": near.many, "pairs": pairs, "epoch": source.epoch}
