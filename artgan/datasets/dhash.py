"""Pictures that look alike: a 64-bit difference hash of each, and which of them are close."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from PIL import Image

NEAR = 4
"""Two pictures whose hashes differ in at most so many of 64 bits are near-duplicates. Measured on 3,399 Impressionist
landscapes: all 12 pairs up to 4 are of one painter, nearly all of them one painting photographed twice; from 5 on, pale
pictures of different painters begin to meet."""


def dhash(picture: Image.Image) -> str:
    """Return the difference hash of a picture (Neal Krawetz, "Kind of Like That", 2013) as 16 hexadecimal digits.

    Each bit says whether brightness grows from one of 9 x 8 cells to its right-hand neighbour, so that scale,
    compression, and changes of brightness or contrast leave it as it is.
    """
    cells = picture.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    value = 0
    for start in range(0, 72, 9):
        for left, right in pairwise(cells[start : start + 9]):
            value = 2 * value + (right > left)
    return f"{value:016x}"


def near_pairs(hashes: Sequence[str], near: int = NEAR) -> Iterator[tuple[int, int, int]]:
    """Yield the pairs that look alike, ordered by their second picture.

    A hash with hardly any rising or any falling step says nothing (a plain surface, an even gradient): it has no pairs.

    Args:
        hashes: of ``dhash``.
        near: most bits that may differ, 0 to 64.

    Yields:
        (first, second, bits that differ), first < second.
    """
    values = [int(text, 16) for text in hashes]
    # Cut into near + 1 pieces, two hashes that are near are the same in at least one: only such are compared.
    edges = [64 * number // (near + 1) for number in range(near + 2)]
    pieces = [(start, (1 << end - start) - 1) for start, end in pairwise(edges)]
    known: list[dict[int, list[int]]] = [{} for _ in pieces]
    for second, value in enumerate(values):
        # Fewer steps than may differ: two such pictures would be "near" whatever they show.
        if not near < value.bit_count() < 64 - near:
            continue
        candidates = set[int]()
        for (start, mask), places in zip(pieces, known, strict=True):
            same = places.setdefault(value >> start & mask, [])
            candidates.update(same)
            same.append(second)
        for first in sorted(candidates):
            bits = (values[first] ^ value).bit_count()
            if bits <= near:
                yield first, second, bits
