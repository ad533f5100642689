"""What a person calls a class, or a mixture of classes, and the shares that a generator is told."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np

from artgan import files
from artgan.errors import UsageError

WALK = ".."
"""What stands between the two ends of a walk."""
_LONGEST = 60
_ONE = 1e-6


def shares_of(asked: str | np.ndarray, names: Sequence[str], count: int, source: str) -> np.ndarray:
    """Return the shares of each class in so many pictures.

    Args:
        asked: a name, a mixture "still-life:0.5,landscape:0.5", whose shares come to sum to one, a walk from one of
            these to another, "landscape..still-life", or shares ``(count, classes)`` or ``(classes,)``, which are
            taken as they are.
        names: of the classes.
        count: of the pictures.
        source: what paints them, for the message.

    Returns:
        ``(count, classes)`` float32.

    Raises:
        UsageError: there are no classes, not that one, or the shares are no shares.
    """
    if not names:
        raise UsageError(
            f"{source} was not trained with classes", "leave --class out, or train with: artgan train --condition genre"
        )
    if isinstance(asked, str):
        ends = [_parsed(end, names) for end in (asked.split(WALK) if is_walk(asked, names) else [asked])]
        rows = np.linspace(ends[0], ends[-1], count, dtype=np.float32) if len(ends) > 1 else ends[0]
    else:
        rows = np.asarray(asked, np.float32)
    if rows.shape not in {(len(names),), (count, len(names))} or not np.isfinite(rows).all():
        raise UsageError(f"classes of shape {rows.shape} do not fit: finite numbers ({count}, {len(names)}) are wanted")
    return np.broadcast_to(rows, (count, len(names)))


def is_walk(asked: str | None, names: Sequence[str]) -> bool:
    """Say whether what was asked for leads from one class to another."""
    return asked is not None and asked.count(WALK) == 1 and _number(asked, names) is None


def told(shares: np.ndarray, names: Sequence[str]) -> str:
    """Return what a picture shows: "still-life", or "still-life:0.5,landscape:0.5"."""
    there = [number for number, share in enumerate(shares) if share]
    if len(there) == 1 and shares[there[0]] == 1:
        return names[there[0]]
    return ",".join(f"{names[number]}:{shares[number]:.4g}" for number in there)


def written(shares: np.ndarray, names: Sequence[str]) -> str:
    """Return what a picture shows to the last bit: ``shares_of`` makes these very shares of it."""
    text = told(shares, names)
    if np.array_equal(_parsed(text, names), shares):
        return text
    return ",".join(f"{name}:{share!s}" for name, share in zip(names, shares.astype(np.float32), strict=True) if share)


def file_text(text: str) -> str:
    """Return what ``told`` told as a part of a file's name, another one for other classes."""
    name = files.safe_name(text, longest=_LONGEST)
    whole = text.isascii() and len(text) <= _LONGEST
    return name if whole else f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def _parsed(text: str, names: Sequence[str]) -> np.ndarray:
    shares = np.zeros(len(names), np.float32)
    whole = _number(text, names)  # first, as an artist's name may have a comma in it
    if whole is not None:
        shares[whole] = 1
        return shares
    for piece in _pieces(text, names):
        name, share = piece.rsplit(":", 1) if ":" in piece else (piece, "1")
        number = _number(name, names)
        if number is None:
            raise UsageError(f"there is no class {name.strip()!r}", f"there are: {', '.join(names)}")
        shares[number] += _share(share, piece)
    if not shares.sum() > 0:
        raise UsageError(f"the mixture {text!r} has nothing in it", f"for example: {names[0]}:0.5,{names[-1]}:0.5")
    # Shares of a step of a walk come to one but for the last bit, which shall stay as it is.
    return shares if abs(shares.sum() - 1) < _ONE else shares / shares.sum()


def _pieces(text: str, names: Sequence[str]) -> list[str]:
    """Split a mixture at its commas, but not at one within a class's name, such as an artist's."""
    pieces: list[str] = []
    rest = text.split(",")
    while rest:
        for end in range(1, len(rest) + 1):
            piece = ",".join(rest[:end])
            if _number(piece.rsplit(":", 1)[0], names) is not None:
                break
        else:
            piece, end = rest[0], 1  # which is then refused, by its name
        pieces.append(piece)
        rest = rest[end:]
    return pieces


def _number(name: str, names: Sequence[str]) -> int | None:
    """Return which class is meant; capitals and blanks around it do not matter, unless they tell two apart."""
    if name in names:
        return list(names).index(name)
    alike = [number for number, other in enumerate(names) if other.casefold() == name.strip().casefold()]
    return alike[0] if alike else None


def _share(text: str, piece: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share < math.inf:
        raise UsageError(f"{text!r} in {piece!r} is no share", "write a number, for example 0.5")
    return share
