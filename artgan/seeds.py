"""A seed names a picture: the same number gives the same latent vector, bit for bit, in any batch, anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from artgan.errors import UsageError

# Keeps artgan's latents apart from other users of the same small seeds: "ART" in ASCII.
_LATENT_STREAM = 0x415254
VARIATIONS = 0x564152
"""The stream of the noise that varies a latent ("VAR"): another than that of latents, so that no seed is varied towards
itself."""
_MOST_SEEDS = 1_000_000
_HIGHEST_SEED = 2**32 - 1


def parse_seeds(text: str) -> list[int]:
    """Read seeds written as ``"0-9,42"``.

    Args:
        text: numbers and closed ranges, separated by commas; blanks are ignored. 0 to 4294967295.

    Returns:
        The seeds in the order written, duplicates kept.

    Raises:
        UsageError: something else was written, a range runs backwards, or there are more than a million.
    """
    seeds: list[int] = []
    for piece in text.replace(" ", "").split(","):
        match = re.fullmatch(r"(\d{1,10})(?:-(\d{1,10}))?", piece, flags=re.ASCII)
        if not match:
            raise UsageError(f"seeds {text!r} are not numbers and ranges", "write them as 0-9,42")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise UsageError(f"the range {piece!r} in seeds {text!r} runs backwards", f"write {last}-{first}")
        if last > _HIGHEST_SEED:
            raise UsageError(f"seed {last} is above {_HIGHEST_SEED}", "choose a smaller number")
        if len(seeds) + last - first + 1 > _MOST_SEEDS:
            raise UsageError(f"seeds {text!r} name more than {_MOST_SEEDS} pictures", "ask for fewer at a time")
        seeds.extend(range(first, last + 1))
    return seeds


def seeds_text(seeds: Sequence[int]) -> str:
    """Write seeds as ``parse_seeds`` reads them, as short as it goes: ``"0-9,42"``, in their order."""
    pieces: list[list[int]] = []
    for seed in seeds:
        if pieces and seed == pieces[-1][-1] + 1:
            pieces[-1] = [pieces[-1][0], seed]
        else:
            pieces.append([seed])
    return ",".join("-".join(map(str, piece)) for piece in pieces)


def latents(seeds: Sequence[int], latent_dim: int, *, stream: int = _LATENT_STREAM) -> np.ndarray:
    """Draw the latent vector of each seed.

    Args:
        seeds: 0 to 4294967295 each.
        latent_dim: length of one vector.
        stream: other numbers for the same seeds; each stream is independent of the others.

    Returns:
        ``(len(seeds), latent_dim)`` float32, standard normal. Row ``i`` depends on ``seeds[i]`` alone.
    """
    rows = np.empty((len(seeds), latent_dim), np.float32)
    for row, seed in zip(rows, seeds, strict=True):
        # PCG64 and the ziggurat of Generator.normal are stable by NumPy's stream policy only per version;
        # Philox with an explicit Box-Muller keeps the promise "anywhere, any NumPy".
        row[:] = _normal(seed, latent_dim, stream)
    return rows


def in_turn(numbers: Sequence[int] | np.ndarray, count: int) -> np.ndarray:
    """Give each number the class that it is modulo their count: 0, 1, 2 ... show all in turn.

    Returns:
        ``(n, count)`` float32, one-hot.
    """
    return np.eye(count, dtype=np.float32)[np.asarray(numbers, np.int64) % count]


def _normal(seed: int, count: int, stream: int) -> np.ndarray:
    """Standard normal numbers from raw Philox words by the Box-Muller transform (Box and Muller, 1958)."""
    half = (count + 1) // 2
    words = np.random.Philox(key=[seed, stream]).random_raw(2 * half)
    # 53 high bits give a double in (0, 1]: never 0, whose logarithm is not finite.
    uniform = ((words >> np.uint64(11)).astype(np.float64) + 1.0) * 2.0**-53
    radius = np.sqrt(-2.0 * np.log(uniform[:half]))
    angle = 2.0 * np.pi * uniform[half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count].astype(np.float32)
