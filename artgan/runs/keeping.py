"""Which generators stay when there are too many: spread evenly in log time, because learning slows down."""

from __future__ import annotations

import math
from collections.abc import Collection


def surplus(epochs: Collection[int], keep: int) -> list[int]:
    """Choose the generators to delete.

    The first and the newest always stay. One by one, the epoch goes whose neighbours are nearest to each other on a
    logarithmic scale, so what stays is spread evenly in log time whenever it was saved.

    Args:
        epochs: the epochs that have a generator; distinct, 0 or more.
        keep: how many shall stay, at least 2.

    Returns:
        The epochs to delete, empty when there are no more than ``keep``.
    """
    kept = sorted(epochs)
    gone: list[int] = []
    while len(kept) > max(keep, 2):
        logs = [math.log(epoch + 1) for epoch in kept]
        index = min(range(1, len(kept) - 1), key=lambda i: logs[i + 1] - logs[i - 1])
        gone.append(kept.pop(index))
    return gone
