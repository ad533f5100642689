"""A number and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A number and its standard error."""

    value: float
    error: float


def share(flags: np.ndarray) -> Estimate:
    """Return the share of a sample that has a property.

    Args:
        flags: ``(n,)`` bool, n at least 1.

    Returns:
        The share; its error is half of Wilson's interval of one standard error (1927), which is not 0 at 0 and 1.
    """
    n, p = len(flags), float(flags.mean())
    return Estimate(p, math.sqrt(p * (1 - p) / n + 1 / (4 * n * n)) / (1 + 1 / n))


def jackknife_error(without: np.ndarray) -> float:
    """Return the standard error of an estimate from its values with one part of the sample left out each time.

    Args:
        without: ``(k,)``, one value for each part that was left out (Quenouille 1956, Tukey 1958).
    """
    return math.sqrt((len(without) - 1) * float(np.var(without)))


def error_by_groups(measure: Callable[[np.ndarray], float], count: int, groups: int) -> float:
    """Return the standard error of a measure by leaving out a group of pictures at a time.

    Args:
        measure: of the rows given, ``(m,)`` int.
        count: rows that there are.
        groups: parts that they are cut into; fewer where there are fewer than two rows in each. 0: not asked for.

    Returns:
        The error; not a number where it was not asked for.
    """
    if not groups:
        return math.nan
    parts = np.array_split(np.arange(count), max(2, min(groups, count // 2)))
    return jackknife_error(np.array([measure(np.delete(np.arange(count), part)) for part in parts]))
