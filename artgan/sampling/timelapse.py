"""A film of a network learning: the same seeds through its checkpoints, or the samples that keragan left."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from artgan.errors import ArtganError, DamagedError, NotFoundError, UsageError
from artgan.events import Event, Note, Skipped
from artgan.provenance import exact
from artgan.runs.keeping import surplus
from artgan.sampling.film_sheets import Sheet, default_grid, near_square
from artgan.sampling.films import Film, FilmSaved, film_metadata, write_film
from artgan.sampling.stages import Stages

LONGEST_S = 20.0
"""How long a film is that nobody gave a length."""
_HIGHEST_S = 3600.0
# More than this are a flicker.
_STAGES_A_SECOND = 6
# How much longer the last one stays, and at most which share of the film that is.
_LAST_S, _LAST_SHARE = 2.0, 0.2
_FADE_S = 0.25


class Timelapse(FilmSaved):
    """The film of a network learning."""

    found: int
    damaged: int
    epochs: list[int]
    """Those in the film."""
    seeds: list[int]
    starts: list[int]
    """The frame from which each of the epochs is seen alone."""


@dataclass(frozen=True)
class Wanted:
    """What the film of a network learning looks like.

    Attributes:
        seeds: of its pictures; for samples of keragan their first numbers. Default: as many, from 0 on, as fill the
            grid; without a grid 12 of small pictures, and one of 1,024 px.
        grid: columns and rows.
        seconds: how long it is; default 20, or less where that is more than a second for each checkpoint.
        scale: how many times it is enlarged; default: to a size to look at.
        words: whether the epoch stands in the corner.
        metadata: whether the film says where it comes from.
    """

    seeds: Sequence[int] | None = None
    grid: tuple[int, int] | None = None
    seconds: float | None = None
    scale: int | None = None
    words: bool = True
    metadata: bool = True


def timelapse(stages: Stages, film: Film, wanted: Wanted) -> Iterator[Event]:
    """Film how a network learned.

    Each checkpoint is shown for the same time, the last one longer. As they are kept evenly in log time, so runs the
    film: what is learned quickly is not over in a moment. Where there are more than six a second, those are left out
    that are nearest to their neighbours in log time. From one to the next it fades, for a quarter of a second at most:
    all else is what the network painted.

    Args:
        stages: the checkpoints, or keragan's samples.
        film: where to.
        wanted: what it looks like.

    Yields:
        Note, Skipped for each damaged checkpoint, Progress, and Timelapse at the end.

    Raises:
        NotFoundError: there are no checkpoints.
        DamagedError: all of them are damaged.
        UsageError: a length out of bounds, more seeds than cells, or a film that cannot be written so.
        ArtganError: as for ``write_film``.
    """
    film.check()
    _check(wanted)
    stages.choose(wanted.seeds, wanted.grid[0] * wanted.grid[1] if wanted.grid else None)
    numbers, damaged = stages.find()
    yield from damaged
    newest = yield from _newest(stages, numbers, damaged)
    frames = round((wanted.seconds or min(LONGEST_S, len(numbers) + _LAST_S)) * film.fps)
    gone = set(surplus(numbers, min(round(frames / film.fps * _STAGES_A_SECOND), frames)))
    shown = [number for number in numbers if number not in gone][-frames:]
    sheet = _sheet(film, wanted, newest, frames)
    what = stages.what if stages.found > 1 else stages.what[:-1]
    worse = f", {len(damaged)} damaged" if damaged else ""
    yield Note(text=f"{stages.found} {what} found{worse}; {len(shown)} in the film")
    reel = _Reel(stages, sheet, shown, newest, frames, film.fps)
    fields = _metadata(stages, film, wanted, sheet, shown, frames) if wanted.metadata else {}
    told = 0
    for event in write_film(film, reel.pictures(), frames, fields):
        yield from reel.damaged[told:]
        told = len(reel.damaged)
        if isinstance(event, FilmSaved):
            event = Timelapse(
                **event.model_dump(), found=stages.found, damaged=len(damaged) + told,
                seeds=list(stages.seeds), epochs=list(reel.starts), starts=list(reel.starts.values()),
            )  # fmt: skip
        yield event


class _Reel:
    """The pictures of the film, one after the other; each checkpoint is opened once."""

    def __init__(
        self, stages: Stages, sheet: Sheet, shown: list[int], newest: np.ndarray, frames: int, fps: int
    ) -> None:
        self.damaged: list[Skipped] = []
        self.starts: dict[int, int] = {}
        """From which frame each epoch is seen alone; filled while the film goes on."""
        self._stages, self._sheet, self._shown, self._newest = stages, sheet, shown, newest
        self._ends = _ends(len(shown), frames, fps)
        shortest = min(end - start for start, end in itertools.pairwise([0, *self._ends]))
        self._fade = min(round(fps * _FADE_S), shortest // 2)

    def pictures(self) -> Iterator[np.ndarray]:
        """Yield the film: each checkpoint alone, then fading into the next."""
        first = self._next(0)
        assert first is not None, "the newest has been painted already"
        (number, picture), start = first, 0
        while True:
            # What could not be opened after all leaves its time to the one before.
            index = self._shown.index(number)
            self.starts[number] = start
            following = self._next(index + 1)
            after = self._shown.index(following[0]) if following else len(self._shown)
            end, fade = self._ends[after - 1], self._fade if following else 0
            for _ in range(end - fade - start):
                yield self._worded(picture, number)
            if not following:
                return
            for step in range(1, fade + 1):
                share = step / (fade + 1)
                yield self._worded(_blend(picture, following[1], share), number if share < 0.5 else following[0])
            number, picture = following
            start = end

    def _next(self, index: int) -> tuple[int, np.ndarray] | None:
        """Return the first checkpoint from ``index`` on that can be opened, and its sheet; None past the last."""
        for number in self._shown[index:]:
            try:
                painted = self._newest if number == self._shown[-1] else self._stages.paint(number)
            except ArtganError as error:
                self.damaged.append(_skipped(self._stages, number, error))
                continue
            return number, self._sheet.lay(painted)
        return None

    def _worded(self, picture: np.ndarray, number: int) -> np.ndarray:
        return self._sheet.with_words(picture, f"epoch {number:,}", self._stages.name)


def _check(wanted: Wanted) -> None:
    if wanted.seconds is not None and not 0.1 <= wanted.seconds <= _HIGHEST_S:
        raise UsageError(f"{wanted.seconds:g} seconds are not between 0.1 and {_HIGHEST_S:g}", "use --seconds 20")
    if wanted.grid and wanted.seeds is not None and len(wanted.seeds) > wanted.grid[0] * wanted.grid[1]:
        columns, rows = wanted.grid
        raise UsageError(
            f"{len(wanted.seeds)} seeds do not fit into a grid of {columns}x{rows}",
            "leave --grid out, or make it larger",
        )


def _newest(stages: Stages, numbers: list[int], damaged: list[Skipped]) -> Generator[Event, None, np.ndarray]:
    """Paint the newest that can be opened; what is newer and damaged moves from ``numbers`` to ``damaged``."""
    if not numbers and not damaged:
        raise NotFoundError(*stages.nothing)
    while numbers:
        try:
            return stages.paint(numbers[-1])
        except DamagedError as error:
            damaged.append(_skipped(stages, numbers.pop(), error))
            yield damaged[-1]
    raise DamagedError(f"all {len(damaged)} {stages.what} of {stages.name} are damaged", stages.nothing[1])


def _skipped(stages: Stages, number: int, error: ArtganError) -> Skipped:
    return Skipped(source=f"epoch {number} of {stages.name}", status="damaged", reason=f"damaged: {error.message}")


def _sheet(film: Film, wanted: Wanted, newest: np.ndarray, frames: int) -> Sheet:
    side = newest.shape[1]
    grid = wanted.grid or (near_square(len(newest)) if wanted.seeds is not None else default_grid(side, len(newest)))
    scale = film.scale(Sheet(*grid, side, words=wanted.words).shape, side, frames, wanted.scale)
    return Sheet(*grid, side, scale, wanted.words)


def _ends(count: int, frames: int, fps: int) -> list[int]:
    """Return the frame before which each of so many ends: the same time for all, and some more for the last."""
    extra = 0 if count == 1 else min(round(_LAST_S * fps), round(_LAST_SHARE * frames), frames - count)
    return [*(round((frames - extra) * (number + 1) / count) for number in range(count - 1)), frames]


def _blend(before: np.ndarray, after: np.ndarray, share: float) -> np.ndarray:
    mixed = before.astype(np.float32)
    mixed += np.float32(share) * (after.astype(np.float32) - mixed)
    return np.rint(mixed).astype(np.uint8)


def _metadata(
    stages: Stages, film: Film, wanted: Wanted, sheet: Sheet, shown: list[int], frames: int
) -> dict[str, str]:
    return film_metadata(
        "timelapse",
        title=f"{stages.name} learning to paint",
        run=stages.name,
        film=film,
        epochs=shown,
        seeds=stages.seeds,
        checkpoints=stages.found,
        seconds=exact(frames / film.fps),
        no_epoch=None if wanted.words else "yes",
        grid=f"{sheet.columns}x{sheet.rows}",
        scale=sheet.scale,
        **stages.fields,
    )
