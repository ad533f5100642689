"""The painting that lies next to a picture: whoever shows pictures must know when the network has memorised."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from artgan.evaluation.beside import hold_beside
from artgan.events import Event
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
    beside = yield from hold_beside(run, pictures, datasets_dir=datasets_dir)
    if beside.reason:
        return f"Not compared with what it learned from: {beside.reason}."
    if not beside.own:
        return f"Not compared with what it learned from: the pictures of {beside.dataset} have changed since."
    paintings = [Painting(one.title, one.image) for one in beside.neighbours]
    found = np.array([one.copy for one in beside.neighbours], bool)
    closeness = np.array([one.closeness for one in beside.neighbours], np.float64)
    return Near(paintings, found, closeness, beside.many, beside.dataset, beside.paintings)
