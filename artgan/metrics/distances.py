"""How far two sets of pictures are apart, by their features: KID, FID, precision and recall.

Features are ``(n, d)``, one row a picture; ``reals`` and ``fakes`` may differ in number. All is computed in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from artgan.metrics.estimates import Estimate, error_by_groups, jackknife_error, share

# Rows that are compared with all others at a time, so that memory does not grow with the square of their number.
_BLOCK = 1024


class KID:
    """The kernel inception distance to one set of reals, whose own part is computed once.

    The unbiased estimate of the squared maximum mean discrepancy (Binkowski et al., "Demystifying MMD GANs", 2018, eq.
    4; Gretton et al. 2012, eq. 3) with the kernel (a.b / d + 1)^3, over all pictures instead of the paper's subsets.
    Equal sets give 0 on average, whatever their number, so it may be slightly negative.

    Args:
        reals: ``(n, d)``, n at least 3.
    """

    def __init__(self, reals: np.ndarray) -> None:
        self._reals = np.asarray(reals, np.float64)
        self._within = _sums_within(self._reals)

    def __call__(self, fakes: np.ndarray) -> Estimate:
        """Estimate the distance.

        Args:
            fakes: ``(m, d)``, m at least 3.

        Returns:
            The estimate, and its standard error by leaving out one picture at a time (the jackknife of a two-sample
            U-statistic, Arvesen 1969).
        """
        y = np.asarray(fakes, np.float64)
        n, m = len(self._reals), len(y)
        rows_x, rows_y = self._within, _sums_within(y)
        across_x, across_y = _sums(self._reals, y)
        xx, yy, xy = rows_x.sum(), rows_y.sum(), across_x.sum()
        mean_x, mean_y = xx / (n * (n - 1)), yy / (m * (m - 1))
        without_x = (xx - 2 * rows_x) / ((n - 1) * (n - 2)) + mean_y - 2 * (xy - across_x) / ((n - 1) * m)
        without_y = mean_x + (yy - 2 * rows_y) / ((m - 1) * (m - 2)) - 2 * (xy - across_y) / (n * (m - 1))
        error = np.hypot(jackknife_error(without_x), jackknife_error(without_y))
        return Estimate(float(mean_x + mean_y - 2 * xy / (n * m)), float(error))


def kid(reals: np.ndarray, fakes: np.ndarray) -> Estimate:
    """Return the kernel inception distance between two sets; see ``KID``."""
    return KID(reals)(fakes)


def _sums(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum the kernel over all pairs: for each row of ``a``, and for each of ``b``."""
    rows, columns = np.empty(len(a)), np.zeros(len(b))
    for first in range(0, len(a), _BLOCK):
        values = _kernel(a[first : first + _BLOCK] @ b.T, a.shape[1])
        rows[first : first + _BLOCK] = values.sum(axis=1)
        columns += values.sum(axis=0)
    return rows, columns


def _sums_within(a: np.ndarray) -> np.ndarray:
    """Sum the kernel of each row with all others but itself."""
    return _sums(a, a)[0] - _kernel((a * a).sum(axis=1), a.shape[1])


def _kernel(products: np.ndarray, dimension: int) -> np.ndarray:
    base = products / dimension + 1.0
    return base * base * base  # much quicker than a power


def fid(reals: np.ndarray, fakes: np.ndarray, groups: int = 8) -> Estimate:
    """Return the Frechet inception distance (Heusel et al. 2017, eq. 6).

    |mu_x - mu_y|^2 + tr(C_x + C_y - 2 (C_x C_y)^(1/2)). With centred features C = R^T R, and the trace of the root is
    the sum of the singular values of R_x R_y^T. It is biased upward, the more the fewer pictures there are: compare
    only numbers of equal counts.

    Args:
        reals: ``(n, d)``, n at least 2.
        fakes: ``(m, d)``, m at least 4.
        groups: of fakes, each left out once to find the error; 0 for none, which is so many times as quick.

    Returns:
        The distance; its error is that of the fakes alone, by leaving out one group at a time.
    """
    x, y = np.asarray(reals, np.float64), np.asarray(fakes, np.float64)
    mean, root = x.mean(axis=0), _root(x)
    trace = float((root * root).sum())

    def distance(rows: np.ndarray) -> float:
        shift, other = mean - y[rows].mean(axis=0), _root(y[rows])
        return float(shift @ shift + trace + (other * other).sum() - 2 * _overlap(root, other))

    return Estimate(distance(np.arange(len(y))), error_by_groups(distance, len(y), groups))


def _root(points: np.ndarray) -> np.ndarray:
    """Return R with R^T R = the covariance, of as few rows as that takes."""
    centred = (points - points.mean(axis=0)) / np.sqrt(len(points) - 1)
    return np.asarray(np.linalg.qr(centred, mode="r")) if len(centred) > centred.shape[1] else centred


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Return the sum of the singular values of a b^T."""
    product = a @ b.T if len(a) <= len(b) else b @ a.T
    squares = np.linalg.eigvalsh(product @ product.T)
    return float(np.sqrt(np.clip(squares, 0.0, None)).sum())


class PrecisionRecall(NamedTuple):
    """Shares, 0 to 1."""

    precision: Estimate
    recall: Estimate


def precision_recall(reals: np.ndarray, fakes: np.ndarray, k: int = 3) -> PrecisionRecall:
    """Return the improved precision and recall (Kynkaanniemi et al. 2019, eq. 1 and 2).

    Around each picture lies a ball that reaches to its k-th nearest neighbour in its own set. Precision is the share of
    fakes in any ball of a real, recall that of reals in any ball of a fake. Both depend on the counts, which shall be
    equal: of the larger set the first so many are taken. Pictures held out of the very same set reach about 0.7.
    """
    count = min(len(reals), len(fakes))
    x, y = np.asarray(reals[:count], np.float64), np.asarray(fakes[:count], np.float64)
    radii_x, radii_y = _radii(x, k), _radii(y, k)
    inside, covered = np.zeros(count, bool), np.zeros(count, bool)
    for rows, apart in squared_distances(x, y):
        inside |= (apart <= radii_x[rows, None]).any(axis=0)
        covered[rows] = (apart <= radii_y).any(axis=1)
    return PrecisionRecall(share(inside), share(covered))


def _radii(points: np.ndarray, k: int) -> np.ndarray:
    k = min(k, len(points) - 1)  # the nearest of all is the point itself
    return np.concatenate([np.partition(apart, k, axis=1)[:, k] for _, apart in squared_distances(points, points)])


def squared_distances(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Compare all rows of ``a`` with all of ``b``, some at a time.

    Yields:
        Which rows of ``a``, and their squared Euclidean distances ``(rows, len(b))``, never negative.
    """
    lengths = (b * b).sum(axis=1)
    for first in range(0, len(a), _BLOCK):
        rows = slice(first, min(first + _BLOCK, len(a)))
        found = (a[rows] * a[rows]).sum(axis=1)[:, None] + lengths - 2.0 * (a[rows] @ b.T)
        yield rows, np.maximum(found, 0.0, out=found)
