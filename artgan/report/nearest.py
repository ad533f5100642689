"""The painting that lies next to a picture: whoever shows pictures must know when the network has memorised."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from artgan.datasets.credits import plain, when
from artgan.datasets.manifest import DatasetFolder, find_dataset
from artgan.errors import ArtganError
from artgan.evaluation.reals import look, open_reals
from artgan.events import Event, Note
from artgan.metrics import lite0
from artgan.metrics.features import ready
from artgan.metrics.neighbours import Looks, copies, layout
from artgan.runs.folder import RunFolder


class Painting(NamedTuple):
    """A painting: what it is called, by whom, and its square image ``(size, size, 3)`` uint8."""

    title: str
    image: np.ndarray


class Near(NamedTuple):
    """How pictures lie to the paintings that were learned.

    Attributes:
        paintings: the nearest one of each picture.
        found: ``(n,)`` bool, whether it is nearer than 99 in 100 paintings are to their own nearest.
        closeness: ``(n,)`` float64, lowest for the closest.
        many: whether that is so for more of them than chance explains.
        dataset: its name.
        learned: how many paintings were compared.
    """

    paintings: list[Painting]
    found: np.ndarray
    closeness: np.ndarray
    many: bool
    dataset: str
    learned: int

    @property
    def told(self) -> str:
        """The finding in a sentence."""
        count, total = int(self.found.sum()), len(self.found)
        against = f"the {self.learned:,} paintings of {self.dataset}"
        if not count:
            return f"Compared with {against}: none lies closer to one of them than these lie to each other."
        which = "One lies" if count == 1 else f"{count} of {total} lie"
        sentence = f"{which} closer to one of {against} than 99 in 100 of these lie to each other"
        if self.many:
            return f"{sentence}: more than chance explains, so the network has begun to repeat them."
        return f"{sentence}; about {max(1, round(0.02 * total))} would by chance."


def nearest(run: RunFolder, pictures: np.ndarray, datasets_dir: Path) -> Generator[Event, None, Near | str]:
    """Compare pictures with what a run learned.

    Args:
        run: its record names the dataset.
        pictures: ``(n, size, size, 3)`` uint8, as the generator paints them.
        datasets_dir: the folder of datasets.

    Yields:
        ``Progress``, where the network has not yet looked at these paintings.

    Returns:
        What was found; or, where nothing could be compared, why not, in a sentence.
    """
    size = int(pictures.shape[1])
    try:
        reals = open_reals(run, datasets_dir, None, size, lite0.NAME)
        if not reals.own:
            return f"Not compared with what it learned from: the pictures of {reals.dataset} have changed since."
        network = ready(lite0.NAME)
        if reals.known is None:
            yield Note(text=f"looking at the paintings of {reals.dataset}, this once")
        yield from look(reals, network)
        titles = _titles(find_dataset(datasets_dir, run.current().dataset))
    except ArtganError as error:
        return f"Not compared with what it learned from: {error.message}."
    found = copies(reals.looks(reals.rows), Looks(network(pictures), layout(pictures)))
    rows = reals.rows[found.nearest]
    paintings = [
        Painting(titles.get(reals.prepared.ids[row], reals.prepared.ids[row]), np.asarray(reals.prepared.images[row]))
        for row in rows
    ]
    return Near(paintings, found.found, found.closeness, found.many, reals.dataset, len(reals.rows))


def _titles(folder: DatasetFolder) -> dict[str, str]:
    """Return what each picture is called: "Title, Artist, 1906"."""
    named: dict[str, str] = {}
    for record in folder.records():
        parts: list[Any] = [plain(record.title) or record.id, plain(record.artist), when(record)]
        named[record.id] = ", ".join(part for part in parts if part)
    return named
