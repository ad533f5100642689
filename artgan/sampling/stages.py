"""What a film of learning is made of: a run's checkpoints, or the samples that keragan left in a folder."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from artgan.errors import ArtganError, DamagedError, NotFoundError, UsageError
from artgan.events import Skipped
from artgan.models.safety import inspect_model_file
from artgan.provenance import exact
from artgan.runs.folder import RunFolder
from artgan.sampling import samples
from artgan.sampling.film_sheets import default_grid

_KERAGAN = re.compile(r"img_(\d+)_(\d+)_[^_]+\.png")


class Stages(Protocol):
    """The same pictures at one epoch after the other."""

    name: str
    what: str
    """What there are many of."""
    found: int
    """How many there are, damaged ones among them."""
    nothing: tuple[str, str]
    """The message and the hint where there are none."""
    seeds: Sequence[int]
    """Of the pictures; known when something has been painted."""
    fields: dict[str, Any]
    """What else the film shall carry."""

    def choose(self, seeds: Sequence[int] | None, count: int | None) -> None:
        """Say which pictures; without seeds as many as ``count``, without both as many as suit their size."""

    def find(self) -> tuple[list[int], list[Skipped]]:
        """Return the epochs that look whole, lowest first, and what is damaged; nothing is opened that takes long."""

    def paint(self, epoch: int) -> np.ndarray:
        """Return the pictures of an epoch, ``(n, side, side, 3)`` uint8.

        Raises:
            DamagedError: it cannot be opened after all.
        """


class Checkpoints:
    """The generators of a run.

    Args:
        run: whose.
        psi: scales the latents.
        classes: as for ``samples.sample``; no walk.
    """

    what = "checkpoints"

    def __init__(self, run: RunFolder, *, psi: float = 1.0, classes: str | None = None) -> None:
        self.name, self.found, self.seeds = run.name, 0, ()
        self.nothing = (f"run {run.name} has no generator yet", f"see how far it is: artgan show {run.name}")
        self.fields: dict[str, Any] = {"psi": exact(psi), "class": classes}
        self._run, self._psi, self._classes = run, psi, classes
        self._paths: dict[int, Path] = {}
        self._count: int | None = None

    seeds: Sequence[int]

    def choose(self, seeds: Sequence[int] | None, count: int | None) -> None:
        self.seeds, self._count = seeds or (), count

    def find(self) -> tuple[list[int], list[Skipped]]:
        damaged = []
        for checkpoint in self._run.generators():
            try:
                _look(checkpoint.path)
            except ArtganError as error:
                reason = f"damaged: {error.message}"
                damaged.append(Skipped(source=checkpoint.path.name, status="damaged", reason=reason))
            else:
                self._paths[checkpoint.epoch] = checkpoint.path
        self.found = len(self._paths) + len(damaged)
        return sorted(self._paths), damaged

    def paint(self, epoch: int) -> np.ndarray:
        try:
            source = samples.open_source(self._run, epoch=epoch)
        except (NotFoundError, UsageError) as error:  # gone since, or no generator
            raise DamagedError(error.message, error.hint) from error
        self.fields["engine"] = source.painter.name
        if not self.seeds:
            columns, rows = default_grid(source.painter.size)
            self.seeds = range(self._count or columns * rows)
        painted = samples.sample(source, self.seeds, psi=self._psi, classes=self._classes)
        return np.stack([picture.image for picture in painted])


class KeraganSamples:
    """A folder of ``img_<i>_<epoch>_<confidence>.png``: i is the number of the picture, the same noise each time.

    Args:
        folder: where they lie.
    """

    what = "epochs"

    def __init__(self, folder: Path) -> None:
        self.name, self.found, self.seeds = folder.resolve().name, 0, ()
        self.nothing = (f"{folder} holds no img_<i>_<epoch>_<confidence>.png", "name the folder that does, or a run")
        self.fields: dict[str, Any] = {}
        self._folder = folder
        self._pictures: dict[int, dict[int, Path]] = {}
        self._count: int | None = None
        self._side = 0

    seeds: Sequence[int]

    @staticmethod
    def lie_in(folder: Path) -> bool:
        """Say whether there are samples of keragan in a folder."""
        return folder.is_dir() and any(_KERAGAN.fullmatch(path.name) for path in folder.iterdir())

    def choose(self, seeds: Sequence[int] | None, count: int | None) -> None:
        self.seeds, self._count = seeds or (), count

    def find(self) -> tuple[list[int], list[Skipped]]:
        damaged, epochs = [], set()
        for path in sorted(self._folder.iterdir()):
            match = _KERAGAN.fullmatch(path.name)
            if not match:
                continue
            epochs.add(int(match[2]))
            try:
                with Image.open(path) as image:
                    image.verify()
            except Exception as error:  # Pillow raises nearly anything of a broken file
                reason = f"damaged: {error or type(error).__name__}"
                damaged.append(Skipped(source=path.name, status="damaged", reason=reason))
            else:
                self._pictures.setdefault(int(match[2]), {})[int(match[1])] = path
        self.found = len(epochs)
        there = sorted({index for pictures in self._pictures.values() for index in pictures})
        missing = [seed for seed in self.seeds if seed not in there]
        if there and missing:
            raise UsageError(
                f"{self._folder} has no picture number {missing[0]}", f"there are {there[0]} to {there[-1]}: --seeds"
            )
        self.seeds = self.seeds or there[: self._count]
        return sorted(self._pictures), damaged

    def paint(self, epoch: int) -> np.ndarray:
        pictures = [self._picture(index, epoch) for index in self.seeds]
        self._side = self._side or max(picture.width for picture in pictures if picture)
        blank = Image.new("RGB", (self._side, self._side))
        sized = [(picture or blank).resize((self._side, self._side), Image.Resampling.LANCZOS) for picture in pictures]
        return np.stack([np.asarray(picture) for picture in sized])

    def _picture(self, index: int, epoch: int) -> Image.Image | None:
        """Read a picture; where an epoch has none of this number, the newest one before it."""
        there = [number for number, pictures in self._pictures.items() if number <= epoch and index in pictures]
        if not there:
            return None
        path = self._pictures[max(there)][index]
        try:
            with Image.open(path) as image:
                return image.convert("RGB")
        except Exception as error:  # Pillow raises nearly anything of a broken file
            raise DamagedError(f"{path} cannot be read as a picture: {error}") from error


def _look(path: Path) -> None:
    """Look whether a generator's file is whole, without making a network of it.

    Raises:
        ArtganError: it is not.
    """
    if inspect_model_file(path).kind == "keras":
        try:
            with zipfile.ZipFile(path) as archive:
                torn = archive.testzip()
        except (OSError, zipfile.BadZipFile) as error:
            raise DamagedError(f"{path} cannot be read: {error}") from error
        if torn:
            raise DamagedError(f"{path} is not whole: {torn} in it is not what was written")
