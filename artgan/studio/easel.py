"""Opened generators, and pictures by recipe. Everything here runs in the worker's thread."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from artgan import files, images
from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.runs.folder import RunFolder
from artgan.runs.store import STARTER, find_run, list_runs
from artgan.studio.recipes import Point, Recipe, resolve

_OPENED = 4
"""Generators that stay open: a slider of checkpoints passes many."""
_REMEMBERED = 2000
"""Of which it is remembered where they lie: to look through 500 checkpoints takes longer than to paint a picture."""


class Easel:
    """Opens what recipes name, and paints it.

    Args:
        runs_dir: the folder of runs.
        also: runs that lie elsewhere, by name.
    """

    def __init__(self, runs_dir: Path, also: Mapping[str, RunFolder] | None = None) -> None:
        self.runs_dir = runs_dir
        self._also = dict(also or {})
        self._opened: OrderedDict[tuple[Path, int], Any] = OrderedDict()
        self._found: dict[tuple[Path, int | str | None], tuple[int, Path]] = {}

    def names(self) -> list[str]:
        """Return the names of all runs, the newest first, those that lie elsewhere before, the starter last."""
        here = [folder.name for folder in reversed(list_runs(self.runs_dir))]
        return [*(name for name in self._also if name not in here), *here, STARTER]

    def folder(self, name: str) -> RunFolder:
        """Return a run by its whole name; nothing that a page sends leads out of the folder of runs.

        Raises:
            NotFoundError: there is no such run, or no longer.
        """
        if name == STARTER:
            return find_run(self.runs_dir, STARTER)
        found = self._also.get(name) or RunFolder(self.runs_dir / files.safe_name(name))
        if found.name != name or not found.record_path.is_file():
            raise NotFoundError(f"run {name[:100]} is not there any more", "choose another run")
        return found

    def notes(self, name: str) -> Path:
        """Return where a run's own things of the studio lie; the starter's lie beside the runs, as it is shared."""
        folder = self.folder(name)
        return self.runs_dir / ".studio" / "starter" if name == STARTER else folder.path / "studio"

    def source(self, recipe: Recipe) -> Any:
        """Return the opened generator of a recipe."""
        from artgan.sampling.samples import open_source

        folder = self.folder(recipe.run)
        path = self._generator(folder, recipe.epoch)
        key = (path, path.stat().st_mtime_ns)
        if key not in self._opened:
            self._opened[key] = open_source(folder, epoch=recipe.epoch)
            while len(self._opened) > _OPENED:
                self._opened.popitem(last=False)
        self._opened.move_to_end(key)
        return self._opened[key]

    def _generator(self, folder: RunFolder, epoch: int | str | None) -> Path:
        """Return the file of a generator; it is looked for anew only when something came into its folder, or went."""
        key = (folder.path, epoch)
        try:
            changed = folder.models.stat().st_mtime_ns
        except OSError:
            return folder.generator(epoch).path  # which says what is missing
        if key not in self._found or self._found[key][0] != changed:
            if len(self._found) > _REMEMBERED:
                self._found.clear()
            self._found[key] = (changed, folder.generator(epoch).path)
        return self._found[key][1]

    def directions(self, name: str) -> dict[str, np.ndarray]:
        """Return the directions that were found in a run: ``(latent_dim,)`` float32 each, by id."""
        path = self.notes(name) / "directions.npz"
        if not path.is_file():
            return {}
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
                vectors = np.asarray(stored["vectors"], np.float32)
        except (OSError, ValueError, KeyError) as error:
            raise DamagedError(f"{path} cannot be read", "find the directions anew") from error
        return {f"d{number}": vector for number, vector in enumerate(vectors)}

    def point(self, recipe: Recipe) -> Point:
        """Return the latent and the classes of a recipe."""
        source = self.source(recipe)
        found = self.directions(recipe.run) if recipe.moves else {}
        return resolve(recipe, length_of(source), source.classes, found)

    def paint(self, recipes: Sequence[Recipe]) -> list[np.ndarray]:
        """Paint pictures, ``(size, size, 3)`` uint8 each, in the order of the recipes."""
        painted: list[np.ndarray | None] = [None] * len(recipes)
        groups: dict[tuple[Any, ...], list[int]] = {}
        for index, recipe in enumerate(recipes):
            groups.setdefault((recipe.run, recipe.epoch, recipe.psi), []).append(index)
        for indices in groups.values():
            first = recipes[indices[0]]
            points = [self.point(recipes[index]) for index in indices]
            for index, picture in zip(indices, self.paint_points(first, points), strict=True):
                painted[index] = picture
        return [picture for picture in painted if picture is not None]

    def paint_points(self, recipe: Recipe, points: Sequence[Point]) -> list[np.ndarray]:
        """Paint points with the generator and the psi of a recipe."""
        from artgan.sampling.samples import sample

        latents = np.stack([point.latent for point in points])
        shares = [point.shares for point in points]
        classes = np.stack([one for one in shares if one is not None]) if shares[0] is not None else None
        source = self.source(recipe)
        return [one.image for one in sample(source, latents, psi=recipe.psi, classes=classes)]


def length_of(source: Any) -> int:
    """Return how many numbers a latent of an opened generator has."""
    return int(source.painter.latent_dim)


def packed(pictures: Sequence[np.ndarray]) -> bytes:
    """Return pictures of one size as bytes: count, height, width as little-endian uint32, then the pixels."""
    if len({picture.shape for picture in pictures}) > 1:
        raise UsageError("these pictures are not of one size", "ask for one run and one epoch at a time")
    stack = np.stack(pictures)
    return np.asarray(stack.shape[:3], "<u4").tobytes() + stack.tobytes()


def enlarged(pictures: Sequence[np.ndarray], scale: int) -> list[np.ndarray]:
    """Enlarge pictures so many times."""
    if scale == 1:
        return list(pictures)
    height, width = pictures[0].shape[:2]
    return list(images.enlarge(np.stack(pictures), (width * scale, height * scale)))
