"""Each number against its definition, written out or in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from artgan.metrics.distances import KID, fid, kid, precision_recall
from artgan.metrics.estimates import error_by_groups, share


def draw(seed: int, count: int, dimension: int = 1, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, dimension)) + shift


def kid_by_loops(x: np.ndarray, y: np.ndarray) -> float:
    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float((a @ b / len(a) + 1) ** 3)

    def within(points: np.ndarray) -> float:
        n = len(points)
        return sum(k(points[i], points[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))

    return within(x) + within(y) - 2 * sum(k(a, b) for a in x for b in y) / (len(x) * len(y))


def test_kid_is_its_definition():
    for dimension in (1, 3):
        x, y = draw(0, 17, dimension), draw(1, 12, dimension, 0.4)
        assert kid(x, y).value == pytest.approx(kid_by_loops(x, y), rel=1e-10)
        assert KID(x)(y) == kid(x, y)


def test_kid_is_unbiased():
    found = [kid(draw(2 * i, 20, 2), draw(2 * i + 1, 9, 2)).value for i in range(400)]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))
    assert min(found) < 0


def test_the_error_of_kid_is_its_spread_over_many_draws():
    found = [kid(draw(2 * i, 60, 2), draw(2 * i + 1, 40, 2, 0.5)) for i in range(300)]
    spread = np.std([estimate.value for estimate in found])
    assert np.sqrt(np.mean([estimate.error**2 for estimate in found])) == pytest.approx(spread, rel=0.2)


def test_kid_of_many_pictures_is_that_of_all_pairs():
    x, y = draw(0, 1100, 2), draw(1, 1030, 2, 0.1)
    kernel = [(a @ b.T / 2 + 1) ** 3 for a, b in ((x, x), (y, y), (x, y))]
    within = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in kernel[:2]]
    assert kid(x, y).value == pytest.approx(sum(within) - 2 * kernel[2].mean(), rel=1e-8)


def exactly(mean: np.ndarray, root: np.ndarray, seed: int) -> np.ndarray:
    """Draw points with exactly this mean, and exactly root root^T as their covariance."""
    points = draw(seed, 40, len(mean))
    points -= points.mean(axis=0)
    whitened = points @ np.linalg.inv(np.linalg.cholesky(np.cov(points, rowvar=False))).T
    return whitened @ root.T + mean


def test_fid_of_gaussians_in_closed_form():
    means = np.array([[1.0, -2.0], [0.5, 1.0]])
    roots = np.array([[[2.0, 0.0], [0.7, 1.0]], [[0.5, -0.3], [0.4, 1.5]]])
    a, b = (root @ root.T for root in roots)
    # The trace of the root of a 2x2 matrix M is sqrt(tr M + 2 sqrt(det M)).
    root = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))
    expected = ((means[0] - means[1]) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * root
    found = fid(*(exactly(mean, root, seed) for seed, (mean, root) in enumerate(zip(means, roots, strict=True))))
    assert found.value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("reals", "fakes"), [(12, 8), (8, 30), (40, 12), (40, 30)])
def test_fid_is_its_definition_also_with_fewer_pictures_than_features(reals, fakes):
    x, y = draw(0, reals, 20), draw(1, fakes, 20, 0.3)
    roots = np.sqrt(np.linalg.eigvals(np.cov(x, rowvar=False) @ np.cov(y, rowvar=False)).astype(complex)).real.sum()
    spread = x.var(axis=0, ddof=1).sum() + y.var(axis=0, ddof=1).sum()
    expected = ((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum() + spread - 2 * roots
    assert fid(x, y).value == pytest.approx(expected, rel=1e-5)
    assert fid(x, x).value == pytest.approx(0, abs=1e-5)


def test_precision_and_recall_of_two_clusters():
    clusters = np.concatenate([draw(0, 50, 2), draw(1, 50, 2, 100.0)])[np.random.default_rng(0).permutation(100)]
    first = clusters[clusters[:, 0] < 50]
    near = np.concatenate([first, first + 1e-6])
    one = precision_recall(clusters, near)
    assert one.precision.value == 1 and one.recall.value == 0.5
    assert precision_recall(near, clusters).precision.value == one.recall.value
    same = precision_recall(clusters, clusters)
    assert same.precision.value == same.recall.value == 1
    far = precision_recall(clusters, draw(3, 100, 2, -500.0))
    assert far.precision.value == far.recall.value == 0


def test_precision_counts_balls_of_the_third_neighbour():
    reals = np.array([[0.0], [1.0], [2.0], [3.0]])  # radii 3, 2, 2, 3
    fakes = np.array([[5.9], [6.1], [-2.9], [-3.1]])
    assert precision_recall(reals, fakes).precision.value == 0.5


def test_shares_are_never_certain():
    half = share(np.arange(100) < 50)
    assert half.value == 0.5 and half.error == pytest.approx(0.05, rel=0.02)
    none = share(np.zeros(100, bool))
    assert none.value == 0 and 0.004 < none.error < 0.006


def test_error_by_groups_is_that_of_a_mean():
    errors, means = [], []
    for seed in range(200):
        values = draw(seed, 64)[:, 0]
        errors.append(error_by_groups(lambda rows, values=values: float(values[rows].mean()), 64, 8))
        means.append(values.mean())
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(means), rel=0.15)
