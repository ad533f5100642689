"""Pictures that look alike: a 64-bit difference hash of each, compared all with all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

NEAR = 4
"""Two pictures whose hashes differ in at most so many of 64 bits are near-duplicates. Measured on 3,399 Impressionist
landscapes: all 12 pairs up to 4 are of one painter, nearly all of them one painting photographed twice; from 5 on, pale
pictures of different painters begin to meet."""

# Cells of the comparison table held at a time; 8 MB of hashes, about what a processor's cache holds.
_CELLS = 2**20


def dhash(picture: Image.Image) -> str:
    """Return the difference hash of a picture (Neal Krawetz, "Kind of Like That", 2013) as 16 hexadecimal digits.

    Each bit says whether brightness grows from one of 9 x 8 cells to its right-hand neighbour, so that scale,
    compression, and changes of brightness or contrast leave it as it is.
    """
    cells = np.asarray(picture.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes().hex()


def near_pairs(hashes: Sequence[str], near: int = NEAR) -> Iterator[tuple[int, int, int]]:
    """Yield the pairs that look alike, ordered by their second picture.

    A hash with hardly any rising or any falling step says nothing (a plain surface, an even gradient): it has no pairs.

    Args:
        hashes: of ``dhash``.
        near: most bits that may differ, 0 to 64.

    Yields:
        (first, second, bits that differ), first < second.
    """
    values = np.array([int(text, 16) for text in hashes], np.uint64)
    rising = np.bitwise_count(values)
    # Fewer steps than may differ: two such pictures would be "near" whatever they show.
    telling = np.flatnonzero((rising > near) & (rising < 64 - near))
    values = values[telling]
    block = max(1, _CELLS // max(1, len(values)))
    for start in range(0, len(values), block):
        rows = values[start : start + block]
        bits = np.bitwise_count(rows[:, None] ^ values[None, : start + len(rows)])
        seconds, firsts = np.nonzero(bits <= near)
        for second, first in zip(seconds.tolist(), firsts.tolist(), strict=True):
            if first < start + second:
                yield int(telling[first]), int(telling[start + second]), int(bits[second, first])
