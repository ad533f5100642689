"""The best of a pool of pictures, each held beside the painting that it is nearest to."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from artgan.errors import UsageError
from artgan.evaluation.beside import Beside, hold_beside, seen_paintings
from artgan.events import Event
from artgan.runs.folder import RunFolder
from artgan.sampling import picking, samples
from artgan.sampling.latents import Latent, shares_of_all
from artgan.sampling.samples import Source

_AT_A_TIME = 64


@dataclass(frozen=True)
class Picks:
    """What was kept of a pool.

    Attributes:
        latents: the best first; ``samples.sample`` paints them, as large as they are wanted.
        scores: of each, falling.
        judge: what judged, in words.
        pool: how many pictures there were.
        beside: the painting nearest to each; says why where that was not looked for.
    """

    latents: list[Latent]
    scores: list[float]
    judge: str
    pool: int
    beside: Beside


def choose(
    source: Source,
    chosen: Sequence[int] | Sequence[Latent] | np.ndarray,
    keep: int | None = None,
    by: str = picking.VARIETY,
    *,
    run: RunFolder | None = None,
    datasets_dir: str | Path = "datasets",
    psi: float = 1.0,
    classes: str | np.ndarray | None = None,
) -> Generator[Event, None, Picks]:
    """Paint a pool, look at it, and keep the best.

    Args:
        source: what paints.
        chosen: the pool, as for ``samples.sample``.
        keep: how many; default all, in order.
        by: one of ``picking.SORTS``.
        run: whose critic and whose paintings judge; without it ``critic`` is refused.
        datasets_dir: where its paintings lie; where they are not, pictures are held against each other.
        psi: as for ``samples.sample``.
        classes: as for ``samples.sample``.

    Yields:
        Progress.

    Raises:
        NotFoundError: the run has no critic here.
        UsageError: as for ``samples.sample`` and ``picking.pick``.
    """
    size, critic, paintings = source.painter.size, None, None
    pool = [latent for piece in samples.plan(source, chosen, classes) for latent in piece]
    keep = min(keep or len(pool), len(pool))
    picking.check(by, len(pool), keep)
    if by == picking.CRITIC:
        if run is None:
            raise UsageError(f"{source.path} comes without a critic", f"--sort {picking.TYPICAL}, or name a --run")
        critic = picking.open_critic(run)
    elif run is not None:
        paintings = yield from seen_paintings(run, size, datasets_dir=datasets_dir)
    # As the network paints them, neither enlarged nor stretched, and forgotten when they were seen.
    picked = yield from picking.pick(
        _painted(source, pool, psi), len(pool), keep, by,
        critic=critic, shares=shares_of_all(pool), paintings=paintings,
    )  # fmt: skip
    latents = [pool[row] for row in picked.rows]
    beside = Beside([], "a file does not say what it learned")
    if run is not None:
        pictures = np.concatenate(list(_painted(source, latents, psi)))
        # The critic needs no paintings; to look at thousands of them for the first time takes a minute or two.
        quickly = by == picking.CRITIC
        beside = yield from hold_beside(run, pictures, datasets_dir=datasets_dir, only_if_known=quickly)
    return Picks(latents, [float(score) for score in picked.scores], picked.judge, len(pool), beside)


def _painted(source: Source, latents: Sequence[Latent], psi: float) -> Iterator[np.ndarray]:
    painted = samples.sample(source, latents, psi=psi)
    while piece := [picture.image for picture in islice(painted, _AT_A_TIME)]:
        yield np.stack(piece)
