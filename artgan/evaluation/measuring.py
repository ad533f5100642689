"""Two sets of pictures become numbers, each with its error and its floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from artgan.evaluation.reals import Reals
from artgan.metrics.distances import fid, kid, precision_recall
from artgan.metrics.estimates import Estimate
from artgan.metrics.neighbours import Copies, Looks, copies, diversity
from artgan.metrics.pixels import sliced_wasserstein

_SWD_PICTURES, _SWD_PIXELS = 1000, 2**26
"""At most so many pictures, and so many pixels in all, are compared pixel by pixel: memory, and seconds."""

_GROUPS = 8
"""By which errors are found that have no formula; the floor does without."""

Numbers = dict[str, Estimate]


def swd_count(size: int) -> int:
    """Return how many pictures of a size are compared pixel by pixel."""
    return min(_SWD_PICTURES, _SWD_PIXELS // size**2)


@dataclass(frozen=True)
class Painted:
    """The samples of a generator.

    Attributes:
        looks: of all of them.
        pictures: the first of them, ``(k, size, size, 3)`` uint8, to be compared pixel by pixel.
    """

    looks: Looks
    pictures: np.ndarray


def measure(reals: Reals, painted: Painted, metrics: Sequence[str]) -> Numbers:
    """Measure the samples against the paintings; copies are another matter."""
    assert reals.known is not None
    pictures = reals.prepared.images[reals.rows[: len(painted.pictures)]] if "swd" in metrics else painted.pictures
    found = _numbers(
        reals.known[reals.rows], painted.looks.features, np.asarray(pictures), painted.pictures, metrics, _GROUPS
    )
    return _named(found, reals.network)


def floor(reals: Reals, metrics: Sequence[str]) -> dict[str, float]:
    """Measure half of the paintings against the other half: what a perfect generator would reach."""
    assert reals.known is not None
    half = len(reals.rows) // 2
    first, second = reals.rows[:half], reals.rows[half:]
    count = min(half, swd_count(reals.prepared.images.shape[1])) if "swd" in metrics else 0
    real, fake = (np.asarray(reals.prepared.images[rows[:count]]) for rows in (first, second))
    found = _numbers(reals.known[first], reals.known[second], real, fake, metrics, 0)
    return {name: number.value for name, number in _named(found, reals.network).items()}


def find_copies(reals: Reals, painted: Painted, *, held_out: bool) -> Copies:
    """Compare the samples with the paintings one by one."""
    return copies(reals.looks(reals.rows), painted.looks, reals.looks(reals.held_out) if held_out else None)


def _named(found: Numbers, network: str) -> Numbers:
    """Name the numbers by their network; the sliced Wasserstein distance needs none."""
    return {name if name.startswith("swd") else f"{name}_{network}": number for name, number in found.items()}


def _numbers(
    reals: np.ndarray, fakes: np.ndarray, real: np.ndarray, fake: np.ndarray, metrics: Sequence[str], groups: int
) -> Numbers:
    found: Numbers = {}
    if "kid" in metrics:
        found["kid"] = kid(reals, fakes)
    if "fid" in metrics:
        found["fid"] = fid(reals, fakes, groups)
    if "precision" in metrics or "recall" in metrics:
        both = precision_recall(reals, fakes)._asdict()
        found |= {name: number for name, number in both.items() if name in metrics}
    if "diversity" in metrics:
        diverse = diversity(reals, fakes)
        found |= {"spread": diverse.spread, "repeated": diverse.repeated}
    if "swd" in metrics:
        levels = sliced_wasserstein(real, fake, groups=groups)
        mean = np.mean([level.value for level in levels.values()])
        # The levels are seen in the same pictures, so their errors are taken to go together.
        found["swd"] = Estimate(float(mean), float(np.mean([level.error for level in levels.values()])))
        found |= {f"swd_{side}": level for side, level in levels.items()}
    return found
