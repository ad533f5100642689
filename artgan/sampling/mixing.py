"""New latents from old ones: variations around one, and mixtures of two.

The presets have no mapping network, so the latent itself is varied and mixed, along the sphere on which latents lie: a
plain average would be too short, and its picture flat and grey.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from artgan import files, provenance, seeds
from artgan.errors import UsageError
from artgan.sampling.latents import TEXT, Latent, read_latents
from artgan.sampling.walks import slerp
from artgan.seeds import in_turn

_LONGEST = 40


@dataclass(frozen=True)
class Point:
    """A latent to begin from.

    Attributes:
        written: what a person writes for it: "42", or "latent.npy".
        name: as a part of a file's name: "seed000042", or "latent".
        values: ``(latent_dim,)`` float32.
        number: whose class it has, where the generator knows classes: the seed, or the row of the file.
        seed: that gives it; None for one of a file.
    """

    written: str
    name: str
    values: np.ndarray
    number: int
    seed: int | None = None


def read_points(text: str, latent_dim: int) -> list[Point]:
    """Read latents that a person wrote: seeds, and files of latents, each of which stands for all its rows.

    Args:
        text: "42", "3,17", "0-9", "latent.npy", "latent.npy,17".
        latent_dim: of the generator.

    Raises:
        UsageError: it is none of these, or the latents of a file have another length.
        NotFoundError: no such file.
        DamagedError: it does not hold latents.
    """
    found: list[Point] = []
    for piece in [text] if Path(text).is_file() else text.split(","):
        if not piece.strip().endswith(".npy"):
            numbers = seeds.parse_seeds(piece)
            rows = seeds.latents(numbers, latent_dim)
            found += [Point(str(n), f"seed{n:06d}", z, n, n) for n, z in zip(numbers, rows, strict=True)]
            continue
        path = Path(piece.strip())
        rows = read_latents(path)
        if rows.shape[1] != latent_dim:
            raise UsageError(f"latents of shape {rows.shape} in {path} do not fit: (n, {latent_dim}) is wanted")
        stem = files.safe_name(path.stem, longest=_LONGEST)
        names = [stem] if len(rows) == 1 else [f"{stem}-{row:06d}" for row in range(len(rows))]
        found += [Point(path.name, name, z, row) for row, (name, z) in enumerate(zip(names, rows, strict=True))]
    return found


def between(a: np.ndarray, b: np.ndarray, amount: float) -> np.ndarray:
    """Go from one latent to another along the sphere, the length changing evenly: ``walks.slerp``.

    Args:
        a: ``(latent_dim,)``.
        b: ``(latent_dim,)``.
        amount: 0 is ``a``, 1 is ``b``, bit for bit.

    Returns:
        ``(latent_dim,)`` float32, about as long as both are.
    """
    if amount in (0, 1):
        return np.asarray(b if amount else a, np.float32)
    return slerp(a, b, amount).astype(np.float32)


def vary(point: Point, numbers: Sequence[int], strength: float, classes: int = 0) -> list[Latent]:
    """Return variations of one latent: each goes from it so far towards noise of its own.

    Args:
        point: the latent.
        numbers: name the variations, as seeds do: the same number is the same variation, alone or among others.
        strength: 0 is the latent itself, 1 has nothing of it left; 0.3 keeps what it shows and changes how.
        classes: that the generator knows; all variations are of the class of the latent.

    Raises:
        UsageError: a strength that is not between 0 and 1.
    """
    if not 0 <= strength <= 1:
        raise UsageError(f"strength {strength:g} is not between 0 and 1", "0.1 hardly changes it, 0.3 clearly")
    shares = in_turn([point.number], classes)[0] if classes else None
    found = []
    # One at a time, so that a variation has the same noise for every length of the list.
    for number, noise in zip(numbers, seeds.latents(numbers, len(point.values), stream=seeds.VARIATIONS), strict=True):
        fields = {"vary": point.written, "strength": repr(float(strength)), "variation": str(number)}
        name = f"{point.name}-vary-{strength:g}-{number:06d}"
        found.append(_latent(name, between(point.values, noise, strength), fields, shares, point))
    return found


def mix(first: Point, second: Point, amounts: Sequence[float], classes: int = 0) -> Iterator[Latent]:
    """Mix two latents.

    Args:
        first: a latent.
        second: another.
        amounts: of the second in each mixture: 0 is the first, 1 the second, 0.5 half of each.
        classes: that the generator knows; they are mixed likewise.

    Raises:
        UsageError: an amount that is not between 0 and 1.
    """
    for amount in amounts:
        if not 0 <= amount <= 1:
            raise UsageError(f"amount {amount:g} is not between 0 and 1", "0.5 takes half of each")
        shares = None
        if classes:
            ends = in_turn([first.number, second.number], classes)
            shares = np.float32(1 - amount) * ends[0] + np.float32(amount) * ends[1]
        fields = {"mix": f"{first.written},{second.written}", "amount": repr(float(amount))}
        name = f"{first.name}-{second.name}-mix-{amount:g}"
        yield _latent(name, between(first.values, second.values, amount), fields, shares, first, second)


def _latent(
    name: str, values: np.ndarray, fields: dict[str, str], shares: np.ndarray | None, *origins: Point
) -> Latent:
    """Make a latent; it travels with its picture where seeds alone do not give it."""
    known = all(origin.seed is not None for origin in origins)
    return Latent(
        name, values, fields=fields if known else {**fields, TEXT: provenance.latent_text(values)}, shares=shares
    )
