"""Brush and canvas of the demo's painter: oriented strokes of thick paint, laid one over the other.

Everything in the demo's pictures is a stroke: a small grey stamp (bristles, ragged ends, a bend) through
which one colour is pressed on the canvas. The fourth channel of the canvas is the paint's thickness; at the
end light rakes over it, which is what makes the strokes visible as paint rather than as flat shapes.
"""

from __future__ import annotations

import math
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw

Floats = NDArray[np.floating]

CANVAS = 256
"""Side of the working canvas in pixels; pictures are painted at this size and reduced afterwards."""

_TURNS = 36  # brush directions per full circle: 10 degrees apart, below what the eye tells in a stroke
_FLAT = 128  # thickness of the bare ground, the middle of a byte
# Lengths and widths in pixels that a stamp may have. Few of them, so that the stamps are soon all cached.
_LADDER = np.array([2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 31, 39])
_RUNGS = np.abs(np.arange(64)[:, None] - _LADDER[None, :]).argmin(axis=1)
_SNAP = _LADDER[_RUNGS]


class Tip(IntEnum):
    """The brushes: what the footprint of one stroke looks like."""

    BRISTLE = 0  # long flat stroke, streaked, with ragged ends
    PETAL = 1  # drop: narrow where the stroke starts, full and round where it ends
    DAB = 2  # soft oval touch
    LEAF = 3  # pointed at both ends


_STREAK = (0.62, 0.4, 0.3, 0.24)  # how much thinner the thinnest bristle paints, by tip


def _outline(tip: Tip, along: Floats, across: Floats) -> Floats:
    """Distance-like field of a footprint: below 1 inside, above 1 outside; both axes run -1..1 inside."""
    if tip is Tip.PETAL:
        # Widest at two thirds of the way: petals are held at the narrow end.
        width = 0.42 + 0.58 * np.sin(np.clip((along + 1.15) * 1.12, 0.0, math.pi))
        return np.maximum(np.abs(along) ** 3, (across / np.maximum(width, 0.1)) ** 2)
    if tip is Tip.LEAF:
        width = np.maximum(1.0 - np.abs(along) ** 1.7, 0.06)
        return np.maximum(np.abs(along), np.abs(across) / width)
    if tip is Tip.DAB:
        return np.sqrt(along**2 + across**2)
    return np.maximum(np.abs(along) ** 2, np.abs(across) ** 2)


@cache
def _stamp(tip: int, length: int, width: int, turn: int, bend: int) -> tuple[Image.Image, int]:
    """Footprint of one stroke as a mask, and its half side. Depends on nothing but its arguments."""
    rng = np.random.default_rng([tip, length, width, turn, bend + 8])
    arch = 0.16 * bend * length  # how far the ends of a bent stroke are pulled aside, in pixels
    half = math.ceil(math.hypot(length, width) / 2 + abs(arch)) + 1
    right = np.arange(-half, half + 1, dtype=np.float32)[None, :]
    down = right.T
    angle = turn * 2 * math.pi / _TURNS
    along = (right * math.cos(angle) + down * math.sin(angle)) / (length / 2)
    side = down * math.cos(angle) - right * math.sin(angle)
    side -= arch * (np.minimum(along**2, 1.5) - 0.33)  # 0.33: the bent stroke stays centred
    across = side / (width / 2)

    # Each bristle carries its own amount of paint and stops at its own place.
    bristles = np.linspace(-1.2, 1.2, max(3, width))
    load = np.interp(across, bristles, rng.uniform(0.0, 1.0, bristles.size))
    reach = np.interp(across, bristles, rng.uniform(0.85, 1.15, bristles.size))
    field = _outline(Tip(tip), along * reach, across)
    pixel = 2.0 / min(length, width)  # one pixel, in the units of the field: the edge is that soft
    cover = np.clip((1.0 - field) / (1.6 * pixel) + 0.5, 0.0, 1.0)
    cover *= 0.97 - _STREAK[tip] * load
    if tip == Tip.BRISTLE:
        cover *= 1.0 - 0.25 * np.clip(along, -1.0, 1.0)  # the brush runs dry towards the end
    mask = np.clip(cover * 255.0, 0.0, 255.0).astype(np.uint8)
    return Image.fromarray(mask), half


class Easel:
    """A canvas being painted: RGB plus the thickness of the paint."""

    def __init__(self, ground: Floats) -> None:
        """Start on a coloured ground.

        Args:
            ground: float array (CANVAS, CANVAS, 3), values 0..255.
        """
        layer = np.full((CANVAS, CANVAS, 4), _FLAT, np.uint8)
        layer[..., :3] = np.clip(ground, 0, 255)
        self._picture = Image.fromarray(layer, "RGBA")
        self._draw = ImageDraw.Draw(self._picture)

    def lay(
        self,
        tip: ArrayLike,
        x: ArrayLike,
        y: ArrayLike,
        length: ArrayLike,
        width: ArrayLike,
        angle: ArrayLike,
        colour: ArrayLike,
        *,
        bend: ArrayLike = 0,
        body: ArrayLike = _FLAT,
    ) -> None:
        """Lay strokes in the given order; every argument but ``x`` may be one value for all of them.

        Args:
            tip: the brushes, (n,).
            x: centres in canvas pixels, (n,) or one; sets the number of strokes.
            y: centres in canvas pixels, downwards, (n,).
            length: stroke lengths in pixels, up to 39, (n,).
            width: stroke widths in pixels, up to 39, (n,).
            angle: directions in radians, clockwise from the right, (n,).
            colour: (n, 3) or (3,), values 0..255; values outside are clipped.
            bend: -2..2, how far the ends are pulled to the stroke's right-hand side, (n,).
            body: thickness of the paint, 0..255; 128 is the bare ground, (n,).
        """
        columns = np.rint(np.atleast_1d(x)).astype(int).tolist()
        count = len(columns)
        ink = np.empty((count, 4))
        ink[:, :3] = colour
        ink[:, 3] = body
        turns = np.rint(np.asarray(angle) * (_TURNS / (2 * math.pi))).astype(int) % _TURNS
        strokes = zip(
            columns,
            _listed(np.rint(np.asarray(y)).astype(int), count),
            _listed(np.asarray(tip), count),
            _listed(_snapped(length), count),
            _listed(_snapped(width), count),
            _listed(turns, count),
            _listed(np.asarray(bend), count),
            map(tuple, np.clip(ink, 0, 255).astype(np.uint8).tolist()),
            strict=True,
        )
        press = self._draw.bitmap
        for column, row, brush, long, wide, turn, bow, paint in strokes:
            stamp, half = _stamp(brush, long, wide, turn, bow)
            press((column - half, row - half), stamp, paint)

    def rub(self, colour: Floats, cover: Floats, left: int, top: int) -> None:
        """Rub a soft patch of paint in, without strokes.

        Args:
            colour: float array (h, w, 3), values 0..255.
            cover: float array (h, w), opacity 0..1.
            left: canvas column of the patch's first column.
            top: canvas row of the patch's first row.
        """
        patch = np.full((*cover.shape, 4), _FLAT, np.uint8)
        patch[..., :3] = np.clip(colour, 0, 255)
        mask = Image.fromarray((np.clip(cover, 0, 1) * 255).astype(np.uint8))
        self._picture.paste(Image.fromarray(patch, "RGBA"), (left, top), mask)

    def finish(self, size: int, side: int, glaze: Floats) -> Image.Image:
        """Let light rake over the paint and the weave, glaze the whole, and reduce it to its final size.

        Args:
            size: side of the finished picture in pixels.
            side: -1 when the light comes from the left, 1 from the right.
            glaze: (3,) colour 0..255 of the thin last coat that pulls the picture together.

        Returns:
            An RGB picture (size, size).
        """
        layer = np.asarray(self._picture, np.float32)
        height = layer[..., 3] + _weave()
        slope = np.zeros_like(height)
        slope[:, 1:] += side * (height[:, :-1] - height[:, 1:])
        slope[1:] += height[1:] - height[:-1]
        # 0.2: a ridge of fresh paint (a step of about 60) lifts a tone by about 12 of 255.
        relief = np.clip(slope * 0.2, -22, 22)[..., None]
        coat = 0.93 * layer[..., :3] + 0.07 * np.asarray(glaze, np.float32) + relief
        picture = Image.fromarray(np.clip(coat, 0, 255).astype(np.uint8), "RGB")
        return picture.resize((size, size), Image.Resampling.LANCZOS)


def _snapped(length: ArrayLike) -> NDArray[np.integer]:
    """Lengths moved to the nearest rung of the ladder."""
    return _SNAP[np.clip(np.rint(length), 0, _SNAP.size - 1).astype(int)]


def _listed(values: NDArray[np.integer], count: int) -> list[int]:
    """Values as plain ints, a single one repeated."""
    return values.tolist() if values.ndim else [int(values)] * count


@cache
def _weave() -> Floats:
    """Height of the canvas cloth, (CANVAS, CANVAS): warp and weft, every thread of its own thickness."""
    rng = np.random.default_rng(_TURNS)
    run = np.arange(CANVAS) * (2 * math.pi / 4.6)  # 4.6 px: still seen after halving the picture
    warp, weft = np.sin(run)[None, :], np.sin(run)[:, None]
    slub = rng.uniform(0.3, 1.0, (2, CANVAS))
    return (5.0 * (warp * slub[0][:, None] + weft * slub[1][None, :])).astype(np.float32)
