"""The painting beside a picture: what a network learned that lies nearest to what it paints."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from artgan.datasets.credits import plain, when
from artgan.datasets.manifest import DatasetFolder, find_dataset
from artgan.datasets.prepared import read_set
from artgan.errors import ArtganError
from artgan.evaluation.reals import look, open_reals
from artgan.events import Event
from artgan.metrics import lite0
from artgan.metrics.features import ready
from artgan.metrics.neighbours import Looks, copies, layout
from artgan.runs.folder import RunFolder


@dataclass(frozen=True)
class Neighbour:
    """The nearest painting of one picture.

    Attributes:
        id: of the painting in its dataset.
        path: of its square image, as it was learned.
        original: of the painting itself; None where it is no longer there.
        title: of the painting, who painted it and when, as far as known; else its id.
        image: ``(size, size, 3)`` uint8, the square image.
        copy: whether the picture is a near-copy of it.
        closeness: the lower, the closer; sorts copies.
    """

    id: str
    path: Path
    original: Path | None
    title: str
    image: np.ndarray
    copy: bool
    closeness: float


@dataclass(frozen=True)
class Beside:
    """Pictures held against the paintings that were learned.

    Attributes:
        neighbours: one for each picture, in their order; empty where there was nothing to hold them against.
        reason: why they were not checked; empty where they were.
        dataset: its name.
        paintings: how many there are.
        own: whether they are the very ones that the run learned, not what the dataset has become since.
        many: whether more of them are near-copies than chance explains: of pictures that were painted independently
            some two in a hundred lie that near to one painting of many.
    """

    neighbours: list[Neighbour]
    reason: str = ""
    dataset: str = ""
    paintings: int = 0
    own: bool = True
    many: bool = False

    @property
    def copied(self) -> int:
        """How many of the pictures are near-copies."""
        return sum(neighbour.copy for neighbour in self.neighbours)

    @property
    def words(self) -> str:
        """What was found, in a sentence."""
        if self.reason:
            return f"not checked for copies: {self.reason}"
        whose = f"{self.paintings:,} paintings of {self.dataset}" + (
            "" if self.own else ", not all of which it learned"
        )
        found = f"{self.copied} of {len(self.neighbours)} are near-copies" if self.copied else "no near-copies"
        return f"{found} among {whose}"


def hold_beside(
    run: RunFolder, pictures: np.ndarray, *, datasets_dir: str | Path, only_if_known: bool = False
) -> Generator[Event, None, Beside]:
    """Find the nearest painting of each picture, and say whether the picture is a near-copy of it.

    What counts as one is told by ``metrics.neighbours.copies``: nearer in features, or in layout, than all but one in a
    hundred of the paintings are to each other.

    Args:
        run: what painted; its record names its dataset.
        pictures: ``(n, size, size, 3)`` uint8 as the generator paints them, neither enlarged nor stretched.
        datasets_dir: the folder of datasets.
        only_if_known: leave it where these paintings were never looked at, which takes a second for fifty of them.

    Yields:
        Progress, the first time that these paintings are looked at.

    Returns:
        The paintings; without any, and why, where the dataset is not here or too small.
    """
    size = pictures.shape[1]
    try:
        reals = open_reals(run, Path(datasets_dir), None, size, lite0.NAME)
        if only_if_known and reals.known is None:
            return Beside([], f"the paintings of {reals.dataset} were not looked at yet")
        yield from look(reals, ready())
        folder = find_dataset(Path(datasets_dir), run.current().dataset)
        files = {image.id: image.file for image in read_set(folder, size).images}
    except ArtganError as error:
        return Beside([], error.message)
    found = copies(reals.looks(reals.rows), Looks(ready()(pictures), layout(pictures)))
    known = _known(folder)
    neighbours = []
    for nearest, copy, closeness in zip(found.nearest, found.found, found.closeness, strict=True):
        row = int(reals.rows[nearest])
        painting = reals.prepared.ids[row]
        original, title = known.get(painting, (None, painting))
        neighbours.append(
            Neighbour(
                id=painting, path=folder.prepared(size) / files[painting], original=original, title=title,
                image=np.asarray(reals.prepared.images[row]), copy=bool(copy), closeness=float(closeness),
            )
        )  # fmt: skip
    return Beside(neighbours, "", reals.dataset, len(reals.rows), reals.own, found.many)


def seen_paintings(run: RunFolder, size: int, *, datasets_dir: str | Path) -> Generator[Event, None, np.ndarray | None]:
    """Return the features ``(m, 1280)`` float32 of the paintings that a run learned, for ``sampling.picking``.

    Yields:
        Progress, the first time that these paintings are looked at.

    Returns:
        None where the dataset is not here, or too small.
    """
    try:
        reals = open_reals(run, Path(datasets_dir), None, size, lite0.NAME)
        yield from look(reals, ready())
    except ArtganError:
        return None
    assert reals.known is not None
    return reals.known[reals.rows]


def _known(folder: DatasetFolder) -> dict[str, tuple[Path | None, str]]:
    """Return file and title of each painting: "Title, Artist, 1906"."""
    found = {}
    for record in folder.records():
        path = folder.path / record.file if record.file else None
        parts: list[Any] = [plain(record.title) or record.id, plain(record.artist), when(record)]
        found[record.id] = (path if path and path.is_file() else None, ", ".join(part for part in parts if part))
    return found
