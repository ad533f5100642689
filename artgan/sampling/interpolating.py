"""A film of a walk through what a network knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from artgan import seeds
from artgan.errors import UsageError
from artgan.events import Event, Note
from artgan.files import sha256_file
from artgan.provenance import exact
from artgan.sampling.classes import is_walk, shares_of
from artgan.sampling.film_sheets import Sheet
from artgan.sampling.films import Film, FilmSaved, film_metadata, write_film
from artgan.sampling.samples import Source
from artgan.sampling.walks import Walk
from artgan.seeds import in_turn

# Pictures painted at a time: few, so that the film grows at once and evenly; in whole batches of the painter.
_PIECE, _PIECE_BYTES, _BATCH = 32, 8 * 2**20, 8


class Interpolated(FilmSaved):
    """The film of a walk."""

    key_frames: list[int]
    """On which frame each key picture stands; on a loop the first stands on the last frame too."""


@dataclass(frozen=True)
class Wanted:
    """Where a walk leads and what it looks like.

    Attributes:
        chosen: seeds of the key pictures, or their latents ``(n, latent_dim)``.
        path: as for ``Walk``.
        loop: come back to the first.
        frames: of the film.
        grid: columns and rows: so many walks side by side. The second walks through the seeds that follow those of the
            first (4, 18, 43 after 3, 17, 42), and so on; given latents are shared out, the first cell's first.
        psi: every latent is multiplied by it.
        classes: a name or a mixture for the whole film, or "landscape..still-life" from its beginning to its end, on
            a loop there and back. Default: each key picture has its seed's class, with mixtures in between.
        scale: how many times it is enlarged; default: to a size to look at.
        metadata: whether the film says where it comes from.
        file: where the given latents lie, for the film to tell where they are too many to lie in it.
    """

    chosen: Sequence[int] | np.ndarray
    path: str = "slerp"
    loop: bool = False
    frames: int = 240
    grid: tuple[int, int] = (1, 1)
    psi: float = 1.0
    classes: str | None = None
    scale: int | None = None
    metadata: bool = True
    file: Path | None = None


def interpolate(source: Source, film: Film, wanted: Wanted) -> Iterator[Event]:
    """Film a walk. The same generator and the same wishes give the same frames.

    Yields:
        Note, Progress, and Interpolated at the end.

    Raises:
        UsageError: seeds or latents that make no walk, no such class, or a film that cannot be written so.
        ArtganError: as for ``write_film``.
    """
    film.check()
    if not 0 <= wanted.psi <= 10:
        raise UsageError(f"psi {wanted.psi:g} is not between 0 and 10", "1 paints as it was trained, 0.7 plays safe")
    walks, classes = walks_of(source, wanted)
    side = source.painter.size
    scale = film.scale(Sheet(*wanted.grid, side).shape, side, wanted.frames, wanted.scale)
    sheet = Sheet(*wanted.grid, side, scale)
    if len(walks) > 1 and not isinstance(wanted.chosen, np.ndarray):
        yield Note(text=f"{len(walks)} walks: each goes by the seeds that follow those of the one before, by one")
    fields = _metadata(source, film, wanted, scale) if wanted.metadata else {}
    for event in write_film(film, _pictures(source, walks, classes, wanted, sheet), wanted.frames, fields):
        if isinstance(event, FilmSaved):
            event = Interpolated(**event.model_dump(), key_frames=walks[0].key_frames)
        yield event


def walks_of(source: Source, wanted: Wanted) -> tuple[list[Walk], list[np.ndarray]]:
    """Return the walk of each cell, and the shares of classes of each frame, ``(frames, classes)``.

    Raises:
        UsageError: see ``interpolate``.
    """
    cells, length = wanted.grid[0] * wanted.grid[1], source.painter.latent_dim
    walks, shares = [], []
    for cell, (numbers, keys) in enumerate(_keys(wanted.chosen, cells, length)):
        walk = Walk(keys * np.float32(wanted.psi), wanted.frames, wanted.path, wanted.loop, int(numbers[0]))
        walks.append(walk)
        shares.append(_shares(source, wanted, walk, numbers) if source.classes or wanted.classes else np.empty(0))
        assert cell < cells
    return walks, shares


def _keys(chosen: Sequence[int] | np.ndarray, cells: int, length: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield for each cell the numbers of its key pictures, and their latents."""
    if not isinstance(chosen, np.ndarray):
        for cell in range(cells):
            numbers = (np.asarray(chosen, np.int64) + cell) % 2**32
            yield numbers, seeds.latents(numbers.tolist(), length)
        return
    if chosen.ndim != 2 or chosen.shape[1] != length:
        raise UsageError(f"latents of shape {chosen.shape} do not fit: (n, {length}) is wanted")
    if len(chosen) % cells:
        raise UsageError(f"{len(chosen)} latents cannot be shared out to {cells} walks", "choose another --grid")
    for numbers in np.split(np.arange(len(chosen)), cells):
        yield numbers, np.asarray(chosen[numbers], np.float32)


def _shares(source: Source, wanted: Wanted, walk: Walk, numbers: np.ndarray) -> np.ndarray:
    names = source.classes
    if wanted.classes is None:
        return walk.shares(in_turn(numbers, len(names)))
    if not is_walk(wanted.classes, names):
        return shares_of(wanted.classes, names, wanted.frames, source.run or source.path.name)
    ends = shares_of(wanted.classes, names, 2, source.run or source.path.name)
    done = np.linspace(0, 1, wanted.frames)
    if walk.closed:  # there and back, slowly at both ends; both ways alike to the last bit
        done = (1 - np.cos(2 * np.pi * np.minimum(done, done[::-1]))) / 2
    return ((1 - done[:, None]) * ends[0] + done[:, None] * ends[1]).astype(np.float32)


def _pictures(
    source: Source, walks: list[Walk], classes: list[np.ndarray], wanted: Wanted, sheet: Sheet
) -> Iterator[np.ndarray]:
    cells = len(walks)
    at_once = min(_PIECE, max(_BATCH, _PIECE_BYTES // (sheet.side * sheet.side * 3) // _BATCH * _BATCH))
    piece = max(1, at_once // cells)
    for first in range(0, wanted.frames, piece):
        stop = min(first + piece, wanted.frames)
        latents = np.stack([walk.latents(first, stop) for walk in walks], axis=1)
        shares = np.stack([share[first:stop] for share in classes], axis=1) if source.classes else None
        painted = source.painter.paint(
            latents.reshape(-1, latents.shape[-1]),
            None if shares is None else shares.reshape(-1, shares.shape[-1]),
        )
        for pictures in painted.reshape(-1, cells, *painted.shape[1:]):
            yield sheet.lay(pictures)


def _metadata(source: Source, film: Film, wanted: Wanted, scale: int) -> dict[str, str]:
    name, given = source.run or source.path.name, isinstance(wanted.chosen, np.ndarray)
    columns, rows = wanted.grid
    file = wanted.file if given else None
    return film_metadata(
        "interpolate",
        title=f"A walk through what {name} knows",
        run=name,
        film=film,
        epochs=[] if source.epoch is None else [source.epoch],
        seeds=None if given else [int(seed) for seed in wanted.chosen],
        latents=wanted.chosen if isinstance(wanted.chosen, np.ndarray) else None,
        latents_sha256=file and sha256_file(file)[:12],
        path=wanted.path,
        loop="yes" if wanted.loop else None,
        frames=wanted.frames,
        grid=f"{columns}x{rows}",
        scale=scale,
        psi=exact(wanted.psi),
        engine=source.painter.name,
        generator=source.digest[:12] or None,
        **{"class": wanted.classes, "latents_file": file},
    )
