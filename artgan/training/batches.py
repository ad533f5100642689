"""Which pictures a step sees: permutations drawn from (seed, pass), so that a place in the data is one number."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


class Batches:
    """Endless passes over a dataset, each in its own order; a step's batch depends on nothing but its number.

    A batch may begin in one pass and end in the next, so every pass shows every picture exactly once whatever the
    batch size. Measured against a shuffle buffer in the input pipeline this is several times faster and it resumes
    exactly.

    Classes take turns, picture by picture, each in passes of its own: however many paintings a class has, it is seen as
    often as the others, and no batch has two more of one than of another.

    Args:
        images: ``(n, size, size, 3)`` uint8, in memory or mapped from a file.
        labels: ``(n,)`` int32, or None.
        rows: which of them to show, ``(m,)`` int.
        batch_size: pictures in a step.
        seed: names the orders.
    """

    def __init__(
        self, images: np.ndarray, labels: np.ndarray | None, rows: np.ndarray, batch_size: int, seed: int
    ) -> None:
        self.images = images
        self.labels = labels
        self.rows = rows
        self.batch_size = batch_size
        known = np.zeros(len(rows), np.int32) if labels is None else labels[rows]
        self._groups = [rows[known == number] for number in np.unique(known)]
        self._order = lru_cache(maxsize=2 * len(self._groups))(
            lambda turn, group: np.random.default_rng([seed, turn, group]).permutation(self._groups[group])
        )

    def indices(self, step: int) -> np.ndarray:
        """Return the rows of ``images`` that step ``step`` (0 is the first) shows, ``(batch_size,)``."""
        return np.array([self._row(place) for place in range(step * self.batch_size, (step + 1) * self.batch_size)])

    def _row(self, place: int) -> int:
        place, group = divmod(place, len(self._groups))
        turn, place = divmod(place, len(self._groups[group]))
        return int(self._order(turn, group)[place])

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the pictures ``(batch_size, size, size, 3)`` uint8 and labels ``(batch_size,)`` of a step."""
        rows = self.indices(step)
        return self.images[rows], None if self.labels is None else self.labels[rows]


def epoch_of(images_seen: int, count: int) -> int:
    """Return how many passes over ``count`` pictures have begun after ``images_seen`` were shown."""
    return -(-images_seen // count)
