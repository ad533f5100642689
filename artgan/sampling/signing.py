"""Signing pictures: where, how large, how much awry and in which ink, the same for the same seed, any day."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from artgan.errors import UsageError
from artgan.sampling.signatures import Signature

POSITIONS = ("LR", "LL", "UR", "UL")
"""Lower or upper, right or left: keragan's words."""
INKS = ("auto", "own", "dark", "light")
CHOICES = ("seed", "contrast")
# Keeps these draws apart from the latents of the same seed: "SIGN" in ASCII.
_STREAM = 0x5349474E
_MOST_DEGREES = 6.0
_MOST_RESIZING = 0.2
# No signature is taller than this share of the picture, however it is shaped.
_TALLEST = 0.3
# WCAG 2.2 asks for a contrast of 4.5 to 1 of what shall be read.
_READ = 4.5
# A difference in CIE L*a*b* (1976) at which black on brown reads as well, and red on the same brown is plain to see.
_APART = 40.0


@dataclass(frozen=True)
class Placing:
    """How pictures are signed.

    Attributes:
        position: one of ``POSITIONS``.
        size: width of the signature as a share of the picture's, 0.02 to 1.
        margin: between signature and edge, as a share of the picture's shorter side, 0 to 0.4.
        jitter: 0 to 1, how much by chance: at 1 it is moved by up to the margin, turned by up to 6 degrees, and up to a
            fifth larger or smaller.
        ink: "auto" keeps the signature's own colours where they can be seen well, and takes the picture's darkest or
            lightest paint elsewhere; "own", "dark" and "light" always do that.
        choose: of several signatures the one that the "seed" draws, or whose own colours "contrast" best.
    """

    position: str = "LR"
    size: float = 0.18
    margin: float = 0.04
    jitter: float = 0.0
    ink: str = "auto"
    choose: str = "seed"

    def __post_init__(self) -> None:
        """Refuse what is none of this.

        Raises:
            UsageError: a word that is not known, or a number out of bounds.
        """
        for flag, word, known in (
            ("--position", self.position, POSITIONS),
            ("--ink", self.ink, INKS),
            ("--choose", self.choose, CHOICES),
        ):
            if word not in known:
                raise UsageError(f"{flag} {word!r} is not one of {', '.join(known)}", f"{flag} {known[0]}")
        for flag, value, low, high in (
            ("--sign-size", self.size, 0.02, 1.0),
            ("--sign-margin", self.margin, 0.0, 0.4),
            ("--jitter", self.jitter, 0.0, 1.0),
        ):
            if not low <= value <= high:
                raise UsageError(f"{flag} {value:g} is not between {low:g} and {high:g}", f"{flag} {_USUAL[flag]}")

    def told(self) -> dict[str, Any]:
        """Return what a picture tells of it, named as the command line does: the position, and what is not usual."""
        usual = Placing()
        given = {"sign_size": self.size, "sign_margin": self.margin, "jitter": self.jitter, "ink": self.ink}
        plain = {"sign_size": usual.size, "sign_margin": usual.margin, "jitter": usual.jitter, "ink": usual.ink}
        return {"position": self.position, **{name: value for name, value in given.items() if value != plain[name]}}


_USUAL = {"--sign-size": 0.18, "--sign-margin": 0.04, "--jitter": 0.5}

# From linear sRGB to CIE XYZ (IEC 61966-2-1).
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

Signer = Callable[[np.ndarray, int | None], tuple[np.ndarray, dict[str, Any]]]
"""From ``(height, width, 3)`` uint8 and its seed to the same signed, and what to tell of the signature."""


def signer(signatures: Sequence[Signature], placing: Placing) -> Signer:
    """Return what signs pictures with one of these signatures."""
    return lambda picture, seed: sign(picture, signatures, placing, seed)


def sign(
    picture: np.ndarray, signatures: Sequence[Signature], placing: Placing, seed: int | None = None
) -> tuple[np.ndarray, dict[str, Any]]:
    """Sign a picture.

    Args:
        picture: ``(height, width, 3)`` uint8.
        signatures: one or more.
        placing: where and how.
        seed: of the picture, 0 to 4294967295; None takes a number that its pixels give.

    Returns:
        The picture signed, same shape, and what to tell of it: the name and digest of the signature, and the placing.
    """
    draws = _draws(_seed_of(picture) if seed is None else seed)
    chosen = signatures[int(draws[0] * len(signatures))]
    if placing.choose == "contrast" and len(signatures) > 1:
        chosen = max(signatures, key=lambda signature: _stands_out(picture, signature, placing, draws))
    ink, (top, left) = _placed(picture.shape, chosen, placing, draws)
    height, width = ink.shape[:2]
    ground = picture[top : top + height, left : left + width]
    colours = _inked(picture, ground, ink, placing.ink)
    share = ink[..., 3:].astype(np.float32) / 255
    signed = picture.copy()
    signed[top : top + height, left : left + width] = np.rint(ground * (1 - share) + colours * share)
    return signed, {"sign": chosen.name, "sign_sha256": chosen.digest, **placing.told()}


def _draws(seed: int) -> np.ndarray:
    """Draw five numbers from 0 to 1, without 1: which one, right, down, how much turned, how much larger."""
    words = np.random.Philox(key=[seed, _STREAM]).random_raw(5)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _seed_of(picture: np.ndarray) -> int:
    return int.from_bytes(hashlib.sha256(np.ascontiguousarray(picture).tobytes()).digest()[:4], "little")


def _placed(
    shape: tuple[int, ...], signature: Signature, placing: Placing, draws: np.ndarray
) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the signature as large and as much turned as it comes onto the picture, and its (top, left) there."""
    height, width = shape[:2]
    right, down, turn, larger = (2 * draws[1:] - 1) * placing.jitter
    image = Image.fromarray(signature.ink)
    share = placing.size * (1 + _MOST_RESIZING * larger)
    scale = min(share * width / image.width, _TALLEST * height / image.height)
    if turn:
        image = image.rotate(_MOST_DEGREES * turn, Image.Resampling.BICUBIC, expand=True)
    size = [max(1, min(side, round(length * scale))) for side, length in ((width, image.width), (height, image.height))]
    image = image.resize((size[0], size[1]), Image.Resampling.LANCZOS)
    ink = np.array(image)
    # What gets small gets faint, which a pen does not: its darkest strokes stay as dark as they were drawn.
    strongest = np.percentile(ink[..., 3], 98)
    drawn = np.percentile(signature.ink[..., 3], 98)
    if 0 < strongest < drawn:
        ink[..., 3] = np.minimum(ink[..., 3] * min(2.5, drawn / strongest), 255)
    margin = placing.margin * min(width, height)
    left = width - size[0] - margin if placing.position[1] == "R" else margin
    top = height - size[1] - margin if placing.position[0] == "L" else margin
    left, top = left + right * margin, top + down * margin
    return ink, (_within(top, height - size[1]), _within(left, width - size[0]))


def _within(value: float, highest: int) -> int:
    return max(0, min(highest, round(value)))


def _inked(picture: np.ndarray, ground: np.ndarray, ink: np.ndarray, how: str) -> np.ndarray:
    """Return the colours of the signature: ``(height, width, 3)``, or ``(3,)`` for one ink."""
    own = ink[..., :3].astype(np.float32)
    if how == "own" or (how == "auto" and _apart(own, ground, ink[..., 3]) >= _APART):
        return own
    ends = ("dark", "light") if how == "auto" else (how,)
    paints = [_paint(picture, ground, ink[..., 3], end) for end in ends]
    return max(paints, key=lambda paint: _contrast(paint, ground, ink[..., 3]))


def _paint(picture: np.ndarray, ground: np.ndarray, alpha: np.ndarray, end: str) -> np.ndarray:
    """Mix an ink of the picture's own darkest or lightest paint, no nearer to black or white than reading takes."""
    pixels = picture.reshape(-1, 3)
    light = _luminance(pixels)
    few = light <= np.percentile(light, 2) if end == "dark" else light >= np.percentile(light, 98)
    paint, pure = pixels[few].mean(axis=0), np.full(3, 0.0 if end == "dark" else 255.0)
    for part in (0.0, 0.25, 0.5, 0.75):
        mixed = paint + part * (pure - paint)
        if _contrast(mixed, ground, alpha) >= _READ:
            return mixed
    return pure


def _stands_out(picture: np.ndarray, signature: Signature, placing: Placing, draws: np.ndarray) -> float:
    ink, (top, left) = _placed(picture.shape, signature, placing, draws)
    ground = picture[top : top + ink.shape[0], left : left + ink.shape[1]]
    return _apart(ink[..., :3].astype(np.float32), ground, ink[..., 3])


def _apart(colours: np.ndarray, ground: np.ndarray, alpha: np.ndarray) -> float:
    """Return the difference in colour (CIE L*a*b*, 1976) that all but a quarter of the strokes have to the ground.

    The hue of a seal is seen, that of a thin line hardly: it counts by how much of the place is covered.
    """
    strokes = _strokes(alpha)
    # Handwriting covers a tenth of its place, a seal more than half.
    hue = float(np.clip((strokes.mean() - 0.2) / 0.3, 0, 1))
    difference = (_lab(colours[strokes]) - _lab(ground[strokes])) * np.array([1.0, hue, hue])
    return float(np.percentile(np.sqrt((difference**2).sum(axis=-1)), 25))


def _contrast(paint: np.ndarray, ground: np.ndarray, alpha: np.ndarray) -> float:
    """Return the contrast (WCAG 2.2: 1 to 21) that all but a quarter of the strokes have to the ground."""
    above, below = _luminance(paint), _luminance(ground[_strokes(alpha)])
    high, low = np.maximum(above, below), np.minimum(above, below)
    return float(np.percentile((high + 0.05) / (low + 0.05), 25))


def _strokes(alpha: np.ndarray) -> np.ndarray:
    return alpha >= max(1, int(alpha.max()) // 2)


def _linear(colours: np.ndarray) -> np.ndarray:
    values = np.asarray(colours, np.float64) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _luminance(colours: np.ndarray) -> np.ndarray:
    """Return the relative luminance, 0 to 1, of sRGB colours ``(..., 3)``."""
    return _linear(colours) @ _XYZ[1]


def _lab(colours: np.ndarray) -> np.ndarray:
    """Return sRGB colours ``(..., 3)`` as L*, a*, b* (CIE 15, white D65)."""
    xyz = _linear(colours) @ _XYZ.T / _XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
