"""Who lies next to whom: does a network copy what it learned from, and does it repeat itself?

Features are ``(n, d)``, one row a picture; all is computed in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from artgan.metrics.distances import squared_distances
from artgan.metrics.estimates import Estimate, jackknife_error, share

# Nearer than all but one in a hundred of the paintings are.
_QUANTILE = 0.01
_MANY = 0.05
"""Of pictures that were painted independently, about one in a hundred by either look is expected."""
_LAYOUT = 8


class Looks(NamedTuple):
    """What is compared of pictures.

    Attributes:
        features: ``(n, d)``.
        layout: ``(n, 8, 8, 3)``, which colours lie where; ``layout`` makes it.
    """

    features: np.ndarray
    layout: np.ndarray


def layout(pictures: np.ndarray) -> np.ndarray:
    """Return the mean colour of each of 8 x 8 parts.

    Args:
        pictures: ``(n, size, size, 3)`` uint8, size a multiple of 8.

    Returns:
        ``(n, 8, 8, 3)`` float32, 0 to 255.
    """
    n, size = pictures.shape[:2]
    return pictures.reshape(n, _LAYOUT, size // _LAYOUT, _LAYOUT, size // _LAYOUT, 3).mean(
        axis=(2, 4), dtype=np.float32
    )


@dataclass(frozen=True)
class Copies:
    """How near samples lie to the pictures that were learned.

    Attributes:
        nearest: ``(m,)`` int, row of the nearest training picture of each sample.
        found: ``(m,)`` bool, whether it is a copy of that.
        closeness: ``(m,)`` float64, by which copies can be sorted, the closest being lowest.
        share: of samples that are copies; about 0.02 for pictures that were painted independently.
        many: whether more samples are copies, by either look, than chance explains; few reference pictures say little
            of what is usual, and then more may be chance.
        median_ratio: median distance of the samples' features to the nearest training picture, over that of the
            reference pictures; 1 for new paintings.
    """

    nearest: np.ndarray
    found: np.ndarray
    closeness: np.ndarray
    share: Estimate
    many: bool
    median_ratio: float


def copies(trained: Looks, samples: Looks, held_out: Looks | None = None) -> Copies:
    """Compare how near samples come to training pictures with how near real pictures come to them.

    Two looks are taken, and either is enough. By features, a copy is nearer to a training picture than all but 1 % of
    the reference pictures. But a network repeats a painting with speckle or blur, which moves its features far away; so
    by layout, where neither matters, a copy is so much nearer to one training picture, or its mirror image, than to any
    other as one reference picture in 100 would be. (Nearness alone would not do: a blur is near to everything.)

    Args:
        trained: the n pictures that were learned, n at least 3.
        samples: the m samples.
        held_out: real pictures that were not learned; without them the training pictures themselves are the reference,
            each left out in turn (Meehan, Chaudhuri and Dasgupta 2020 use held-out ones likewise).
    """
    x, y = np.asarray(trained.features, np.float64), np.asarray(samples.features, np.float64)
    seen, apart = _two_nearest(y, x)
    reference = _two_nearest(x, x, apart_from_itself=1) if held_out is None else _two_nearest(held_out.features, x)
    usual = reference[1][:, 0]

    places = _rows(trained.layout)
    both = np.concatenate([places, _rows(trained.layout[:, :, ::-1])])
    laid, beside = _two_nearest(_rows(samples.layout), both)
    if held_out is None:
        ratios = _ratio(_two_nearest(places, both, apart_from_itself=2)[1])
        independent = len(ratios) / 2  # two neighbours are often each other's nearest, and then tell the same
    else:
        ratios = _ratio(_two_nearest(_rows(held_out.layout), both)[1])
        independent = float(len(ratios))

    # Not "nearer than", for where the reference itself holds pictures twice.
    by_features = apart[:, 0] <= np.quantile(usual, _QUANTILE)
    threshold, by_chance = _unusual(ratios, independent)
    by_layout = _ratio(beside) <= threshold
    median = float(np.median(usual))
    return Copies(
        nearest=np.where(by_layout, laid % len(x), seen),
        found=by_features | by_layout,
        closeness=np.where(by_layout, _ratio(beside), apart[:, 0] / median if median else 1.0),
        share=share(by_features | by_layout),
        many=_above(by_features, _chance(independent)) or _above(by_layout, by_chance),
        median_ratio=float(np.median(apart[:, 0])) / median if median else 1.0,
    )


def _above(found: np.ndarray, chance: float) -> bool:
    part = share(found)
    return bool(part.value - part.error > max(_MANY, chance))


def _chance(count: float) -> float:
    """Return how many samples may come below the nearest hundredth of so many values, with 999 in 1,000 certainty.

    The share of new values below the k-th lowest of n reference values follows Beta(k, n - k + 1), of mean k / n; this
    is close to its 99.9 % point, from k = 1 (6.9 / n) on.
    """
    k = max(1.0, _QUANTILE * count)
    return (k + 3.1 * k**0.5 + 3) / count


def _unusual(ratios: np.ndarray, independent: float) -> tuple[float, float]:
    """Return the ratio of distances that one new picture in 100 comes below, and what share may do so by chance.

    Of points in d dimensions, however dense, the distances to the nearest two have a ratio below t with probability
    t^d (Facco, d'Errico, Rodriguez and Laio 2017, "TwoNN"). So all pictures tell of the nearest hundredth, where their
    own nearest hundredth would be of few pictures, or of none. Its logarithm is exponential with rate d, which the
    pictures tell by maximum likelihood; the tenth that are nearest are known to be so alone, since pictures that are
    there twice, or are copies themselves, would say little else. By chance d is as low as the 0.1 % point of a Gamma
    distribution (after Wilson and Hilferty 1931).

    Args:
        ratios: ``(n,)`` of reference pictures.
        independent: how many of them tell something of their own.
    """
    apart = np.sort(-np.log(np.maximum(ratios, 1e-9)))
    kept = len(apart) - len(apart) // 10
    dimensions = kept / max(1e-9, apart[:kept].sum() + (len(apart) - kept) * apart[kept - 1])
    threshold = min(float(np.quantile(ratios, _QUANTILE)), _QUANTILE ** (1 / dimensions))
    k = independent * kept / len(apart)
    lowest = max(0.0, 1 - 1 / (9 * k) - 3.1 / (3 * k**0.5)) ** 3
    return threshold, threshold ** (lowest * dimensions)


def _rows(layouts: np.ndarray) -> np.ndarray:
    return layouts.reshape(len(layouts), -1).astype(np.float64)


def _ratio(apart: np.ndarray) -> np.ndarray:
    return apart[:, 0] / np.maximum(apart[:, 1], 1e-9)


def _two_nearest(
    points: np.ndarray, others: np.ndarray, *, apart_from_itself: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the row of the nearest of ``others`` for each point, and the distances ``(n, 2)`` of the nearest two.

    With ``apart_from_itself`` the points stand so many times, one after the other, among the others, and do not count.
    """
    rows, distances = [], []
    for block, apart in squared_distances(np.asarray(points, np.float64), others):
        own = np.arange(block.start, block.stop)
        for time in range(apart_from_itself):
            apart[own - block.start, own + time * len(points)] = np.inf
        rows.append(apart.argmin(axis=1))
        distances.append(np.sqrt(np.partition(apart, 1, axis=1)[:, :2]))
    return np.concatenate(rows), np.concatenate(distances)


@dataclass(frozen=True)
class Diversity:
    """How different samples are from each other.

    Attributes:
        spread: mean distance between two samples over that between two real pictures; 1 is as various as the reals.
        repeated: share of samples whose nearest other sample is nearer than all but 1 % of the reals are to theirs,
            at equal counts; about 0.01 when nothing is repeated.
    """

    spread: Estimate
    repeated: Estimate


def diversity(reals: np.ndarray, samples: np.ndarray) -> Diversity:
    """Compare how samples differ among themselves with how the reals do; of the larger set the first so many count."""
    count = min(len(reals), len(samples))
    x, y = np.asarray(reals[:count], np.float64), np.asarray(samples[:count], np.float64)
    threshold = np.quantile(_two_nearest(x, x, apart_from_itself=1)[1][:, 0], _QUANTILE)
    real, painted = _mean_distance(x), _mean_distance(y)
    ratio = painted.value / real.value if real.value else 1.0
    error = np.hypot(painted.error, ratio * real.error) / real.value if real.value else 0.0
    nearest = _two_nearest(y, y, apart_from_itself=1)[1][:, 0]
    return Diversity(Estimate(ratio, float(error)), share(nearest < threshold))


def _mean_distance(points: np.ndarray) -> Estimate:
    """Return the mean distance between two different rows, with its error by leaving out one row at a time."""
    n = len(points)
    sums = np.empty(n)
    for rows, apart in squared_distances(points, points):
        # Rounding leaves a point a little way from itself.
        apart[np.arange(len(apart)), np.arange(rows.start, rows.stop)] = 0.0
        sums[rows] = np.sqrt(apart).sum(axis=1)
    total = sums.sum()
    without = (total - 2 * sums) / ((n - 1) * (n - 2))
    return Estimate(float(total / (n * (n - 1))), jackknife_error(without))
