"""The painting that lies next to a picture: whoever shows pictures must know when the network has memorised."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np

from artgan.evaluation.beside import Beside, hold_beside
from artgan.events import Event
from artgan.runs.folder import RunFolder


def nearest(run: RunFolder, pictures: np.ndarray, datasets_dir: Path) -> Generator[Event, None, Beside | str]:
    """Compare pictures ``(n, size, size, 3)`` uint8, as the generator paints them, with what a run learned.

    Returns:
        What was found; or, where nothing could be compared, why not, in a sentence.
    """
    beside = yield from hold_beside(run, pictures, datasets_dir=datasets_dir)
    if beside.reason:
        return f"Not compared with what it learned from: {beside.reason}."
    if not beside.own:
        return f"Not compared with what it learned from: the pictures of {beside.dataset} have changed since."
    return beside


def told(beside: Beside) -> str:
    """Say what was found, as a page says it."""
    count, total = beside.copied, len(beside.neighbours)
    against = f"the {beside.paintings:,} paintings of {beside.dataset}"
    if not count:
        return f"Compared with {against}: none lies closer to one of them than these lie to each other."
    which = "One lies" if count == 1 else f"{count} of {total} lie"
    sentence = f"{which} closer to one of {against} than 99 in 100 of these lie to each other"
    if beside.many:
        return f"{sentence}: more than chance explains, so the network has begun to repeat them."
    return f"{sentence}; about {max(1, round(0.02 * total))} would by chance."
