"""Flowers of the demo's painter: every kind is a recipe of rings of strokes, seen in its own light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from artgan.datasets.painter.brush import Easel, Tip
from artgan.datasets.painter.pigments import Mood

Floats = NDArray[np.floating]


class Ring(NamedTuple):
    """One ring of strokes of a flower; lengths in units of the flower's radius."""

    tip: Tip
    many: int
    reach: float  # distance of the strokes' centres from the flower's centre
    length: float
    width: float
    tone: float  # lighter (> 0) or darker (< 0) than the flower as a whole
    across: bool = False  # strokes run around the centre instead of away from it
    bend: int = 0
    heart: bool = False  # painted in the colour of the heart instead of the petals
    loose: float = 0.08  # scatter of the reach
    arc: float = 2 * math.pi  # part of the circle that is painted, centred on the light


RECIPES: dict[str, tuple[Ring, ...]] = {
    "rose": (
        Ring(Tip.DAB, 6, 0.45, 1.1, 1.0, -0.45),
        Ring(Tip.PETAL, 7, 0.66, 0.95, 0.62, -0.05, across=True, bend=1),
        Ring(Tip.BRISTLE, 5, 0.56, 0.6, 0.12, -0.6, across=True, bend=1),
        Ring(Tip.PETAL, 5, 0.42, 0.85, 0.46, 0.1, across=True, bend=1),
        Ring(Tip.DAB, 1, 0.0, 0.7, 0.6, -0.5, loose=0.03),
        Ring(Tip.BRISTLE, 4, 0.26, 0.55, 0.2, 0.15, across=True, bend=2),
        Ring(Tip.BRISTLE, 2, 0.1, 0.3, 0.16, -0.2, across=True, bend=2),
        Ring(Tip.BRISTLE, 3, 0.62, 0.6, 0.2, 0.6, across=True, bend=1, arc=2.2),
        Ring(Tip.BRISTLE, 2, 0.34, 0.45, 0.14, 0.7, across=True, bend=1, arc=1.6),
    ),
    "peony": (
        Ring(Tip.DAB, 7, 0.5, 1.1, 1.0, -0.35),
        Ring(Tip.PETAL, 9, 0.72, 0.6, 0.5, 0.0, loose=0.12),
        Ring(Tip.PETAL, 8, 0.5, 0.6, 0.4, -0.3, across=True, bend=1, loose=0.12),
        Ring(Tip.PETAL, 9, 0.42, 0.5, 0.36, 0.2, loose=0.14),
        Ring(Tip.PETAL, 6, 0.2, 0.45, 0.3, -0.1, across=True, bend=1, loose=0.12),
        Ring(Tip.BRISTLE, 5, 0.2, 0.35, 0.14, 0.35, across=True, bend=2, loose=0.1),
        Ring(Tip.BRISTLE, 6, 0.6, 0.45, 0.2, 0.65, bend=1, loose=0.16, arc=2.6),
    ),
    "daisy": (
        Ring(Tip.DAB, 3, 0.25, 1.2, 1.1, -0.6),
        Ring(Tip.PETAL, 13, 0.6, 0.78, 0.3, -0.12),
        Ring(Tip.PETAL, 9, 0.58, 0.72, 0.24, 0.25),
        Ring(Tip.DAB, 1, 0.04, 0.66, 0.6, -0.45, heart=True, loose=0.02),
        Ring(Tip.DAB, 4, 0.1, 0.36, 0.3, 0.15, heart=True),
        Ring(Tip.DAB, 2, 0.14, 0.2, 0.16, 0.6, heart=True, arc=1.2),
    ),
    "sunflower": (
        Ring(Tip.LEAF, 14, 0.72, 0.75, 0.34, -0.35),
        Ring(Tip.LEAF, 13, 0.66, 0.72, 0.32, 0.0),
        Ring(Tip.LEAF, 9, 0.6, 0.6, 0.24, 0.35, arc=4.4),
        Ring(Tip.DAB, 3, 0.1, 0.85, 0.8, -0.5, heart=True),
        Ring(Tip.DAB, 9, 0.3, 0.2, 0.16, 0.0, heart=True, loose=0.06),
        Ring(Tip.DAB, 4, 0.24, 0.2, 0.14, 0.3, heart=True, arc=2.4),
    ),
    "anemone": (
        Ring(Tip.DAB, 4, 0.4, 1.1, 1.0, -0.4),
        Ring(Tip.PETAL, 6, 0.55, 0.95, 0.8, -0.1),
        Ring(Tip.PETAL, 4, 0.55, 0.75, 0.5, 0.2, arc=3.6),
        Ring(Tip.BRISTLE, 7, 0.62, 0.5, 0.12, 0.4, loose=0.12, arc=4.0),
        Ring(Tip.BRISTLE, 6, 0.34, 0.3, 0.14, 0.75),
        Ring(Tip.DAB, 2, 0.06, 0.46, 0.42, -0.5, heart=True),
        Ring(Tip.DAB, 6, 0.3, 0.1, 0.1, -0.5, heart=True),
        Ring(Tip.DAB, 1, 0.08, 0.14, 0.12, 0.5, heart=True, arc=0.6),
    ),
    "dahlia": (
        Ring(Tip.PETAL, 15, 0.74, 0.6, 0.34, -0.35),
        Ring(Tip.PETAL, 13, 0.58, 0.55, 0.3, -0.08),
        Ring(Tip.PETAL, 11, 0.4, 0.46, 0.26, 0.12),
        Ring(Tip.PETAL, 8, 0.24, 0.36, 0.22, -0.1),
        Ring(Tip.DAB, 1, 0.02, 0.4, 0.36, -0.55, loose=0.02),
        Ring(Tip.BRISTLE, 7, 0.62, 0.34, 0.14, 0.65, loose=0.12, arc=2.8),
        Ring(Tip.BRISTLE, 3, 0.22, 0.24, 0.1, 0.5, arc=2.0),
    ),
    "hydrangea": (
        Ring(Tip.DAB, 8, 0.55, 0.9, 0.85, -0.5),
        Ring(Tip.DAB, 16, 0.76, 0.34, 0.26, -0.1, loose=0.14),
        Ring(Tip.DAB, 14, 0.5, 0.34, 0.26, 0.1, loose=0.16),
        Ring(Tip.DAB, 8, 0.22, 0.32, 0.24, 0.15, loose=0.14),
        Ring(Tip.DAB, 10, 0.5, 0.22, 0.18, 0.6, loose=0.22, arc=3.0),
        Ring(Tip.DAB, 6, 0.5, 0.14, 0.12, -0.7, loose=0.25),
    ),
}
"""Rings of strokes, painted in order: dark under-paint first, lights last."""

HEARTS = {"daisy": (232, 176, 40), "sunflower": (92, 52, 28), "anemone": (44, 32, 52)}
"""Colours of the hearts of the flowers that show one."""


@dataclass(frozen=True)
class Blossom:
    """One flower head in its place."""

    kind: str
    x: float
    y: float
    radius: float
    colour: Floats
    light: float  # -1..1, how much light reaches this place of the bouquet
    face: float  # direction in which the head is tilted, radians
    squash: float  # 1: seen from the front; smaller: turned aside


def paint_blossom(easel: Easel, rng: np.random.Generator, mood: Mood, blossom: Blossom) -> None:
    """Paint one flower head, whatever its kind."""
    if blossom.kind == "tulip":
        _paint_tulip(easel, rng, mood, blossom)
    elif blossom.kind == "spike":
        _paint_spike(easel, rng, mood, blossom)
    else:
        _paint_rings(easel, rng, mood, blossom)


@cache
def _recipe(kind: str) -> tuple[Floats, Floats]:
    """Strokes of a kind: their rings as rows (n, 11), in `Ring`'s order, and places 0..1 in them (n,)."""
    rings = RECIPES[kind]
    rows = np.array([ring for ring in rings for _ in range(ring.many)], float)
    place = np.concatenate([np.arange(ring.many) / ring.many for ring in rings])
    return rows, place


def _paint_rings(easel: Easel, rng: np.random.Generator, mood: Mood, head: Blossom) -> None:
    rows, place = _recipe(head.kind)
    tip, number, reach, length, width, tone, across, bend, heart, loose, arc = rows.T
    count = len(rows)
    sun = mood.sun
    start = math.atan2(sun[1], sun[0]) - arc / 2
    around = start + (place + rng.uniform(0.0, 0.7, count) / number) * arc
    # Turned aside, the disc of the flower becomes an ellipse, short in the direction of the tilt.
    away = np.cos(around - head.face) * head.squash
    over = np.sin(around - head.face)
    ahead, aside = math.cos(head.face), math.sin(head.face)
    dx, dy = away * ahead - over * aside, away * aside + over * ahead
    scatter = rng.normal(0.0, 1.0, (6, count))
    angle = np.arctan2(dy, dx) + across * (math.pi / 2) + 0.12 * scatter[0]
    # The side of the head that looks to the light is lighter: more than a tone from edge to edge.
    facing = (dx * sun[0] + dy * sun[1]) * np.minimum(1.0, reach + 0.2)
    light = head.light + tone + 0.62 * facing + 0.1 * scatter[1]
    base = np.where(heart[:, None] > 0, HEARTS.get(head.kind, (120, 90, 40)), head.colour)
    colour = mood.tone(base + 6.0 * scatter[2:5].T + 7.0 * scatter[5][:, None], light)
    out = (reach + loose * rng.normal(0.0, 1.0, count)) * head.radius
    stretch = rng.uniform(0.85, 1.15, count) * head.radius
    easel.lay(
        tip.astype(int),
        head.x + dx * out,
        head.y + dy * out,
        length * stretch,
        width * stretch,
        angle,
        colour,
        bend=bend.astype(int),
        body=150 + 60 * light + rng.uniform(-30, 30, count),
    )


def _paint_tulip(easel: Easel, rng: np.random.Generator, mood: Mood, head: Blossom) -> None:
    """A cup of a few long petals that points away from the bouquet's middle."""
    radius, up = head.radius, head.face
    # Offsets to the side, petals from the back to the front; the lit side is decided by the light.
    offset = np.array([-0.42, 0.42, -0.5, 0.5, -0.16, 0.18, 0.0]) + rng.normal(0.0, 0.05, 7)
    lean = offset * 0.5
    sideways = np.array([-math.sin(up), math.cos(up)])
    lit = offset * float(sideways @ mood.sun[:2])
    tone = np.array([-0.5, -0.5, -0.1, -0.1, 0.05, 0.1, 0.35])
    light = head.light + tone + 1.1 * lit + rng.normal(0.0, 0.06, 7)
    colour = mood.tone(head.colour + rng.normal(0.0, 8.0, (7, 1)), light)
    length = radius * np.array([1.5, 1.5, 1.7, 1.7, 1.6, 1.6, 1.1])
    width = radius * np.array([0.7, 0.7, 0.62, 0.62, 0.7, 0.66, 0.2])
    x = head.x + sideways[0] * offset * radius
    y = head.y + sideways[1] * offset * radius
    easel.lay(Tip.LEAF, x, y, length, width, up + lean, colour, body=160 + 60 * light)


def _paint_spike(easel: Easel, rng: np.random.Generator, mood: Mood, head: Blossom) -> None:
    """A spire of small florets (lilac, larkspur): wide at its foot, light at its tip."""
    count = 34
    along = rng.uniform(-1.0, 1.0, count)
    order = np.argsort(along)
    along = along[order]
    wide = 0.62 * (1.0 - 0.72 * (along + 1.0) / 2.0)
    over = rng.uniform(-1.0, 1.0, count) * wide
    ahead, aside = math.cos(head.face), math.sin(head.face)
    x = head.x + head.radius * (1.5 * along * ahead - over * aside)
    y = head.y + head.radius * (1.5 * along * aside + over * ahead)
    lit = -over * aside * mood.sun[0] + over * ahead * mood.sun[1]
    light = head.light - 0.2 + 0.9 * lit + rng.normal(0.0, 0.3, count)
    colour = mood.tone(head.colour + rng.normal(0.0, 8.0, (count, 3)), light)
    stroke = head.radius * rng.uniform(0.26, 0.46, count)
    angle = head.face + rng.normal(0.0, 0.9, count)
    easel.lay(Tip.DAB, x, y, stroke, stroke * 0.8, angle, colour, body=150 + 60 * light)


def paint_leaves(
    easel: Easel,
    rng: np.random.Generator,
    mood: Mood,
    x: Floats,
    y: Floats,
    angle: Floats,
    length: Floats,
    light: Floats,
) -> None:
    """Paint leaves: a dark blade, its lit half, and for some a light edge.

    Args:
        easel: the canvas.
        rng: source of the variation.
        mood: colours and light.
        x: centres, (n,), canvas pixels.
        y: centres, (n,), canvas pixels.
        angle: directions, (n,), radians.
        length: (n,), canvas pixels.
        light: (n,), -1..1.
    """
    count = x.size
    greens = np.array(mood.leaves)[rng.integers(0, len(mood.leaves), count)]
    greens = greens + rng.normal(0.0, 9.0, (count, 3))
    width = length * rng.uniform(0.34, 0.5, count)
    easel.lay(Tip.LEAF, x, y, length, width, angle, mood.tone(greens, light - 0.45), body=140)
    # The half of the blade that is turned to the light.
    turn = np.sign(np.cos(angle) * mood.sun[1] - np.sin(angle) * mood.sun[0])
    shift = width * 0.2 * turn
    px, py = x - np.sin(angle) * shift, y + np.cos(angle) * shift
    easel.lay(Tip.LEAF, px, py, length * 0.85, width * 0.5, angle, mood.tone(greens, light + 0.1), body=165)
    glint = rng.random(count) < 0.35
    easel.lay(
        Tip.BRISTLE,
        px[glint],
        py[glint],
        length[glint] * 0.5,
        width[glint] * 0.2,
        angle[glint],
        mood.tone(greens[glint], light[glint] + 0.5),
        body=190,
    )


def paint_sprays(easel: Easel, rng: np.random.Generator, mood: Mood, tips: Floats, colour: Floats) -> None:
    """Paint sprays of tiny florets (baby's breath, wax flower).

    Args:
        easel: the canvas.
        rng: source of the variation.
        mood: colours and light.
        tips: (n, 3) centre x, centre y in canvas pixels and light -1..1 of each spray.
        colour: (3,) colour of the florets.
    """
    count = 9
    for x, y, light in tips.tolist():
        dots = rng.normal(0.0, 6.5, (count, 2))
        tone = mood.tone(colour, light + 0.15 + rng.normal(0.0, 0.25, count))
        size = rng.uniform(2.6, 5.0, count)
        angle = rng.uniform(0.0, math.pi, count)
        easel.lay(Tip.DAB, x + dots[:, 0], y + dots[:, 1], size, size * 0.8, angle, tone, body=190)


def paint_petals(easel: Easel, rng: np.random.Generator, mood: Mood, spots: Floats, colours: Floats) -> None:
    """Paint petals that fell on the table, each with its shadow.

    Args:
        easel: the canvas.
        rng: source of the variation.
        mood: colours and light.
        spots: (n, 2) centres in canvas pixels.
        colours: (n, 3), values 0..255.
    """
    count = len(spots)
    angle = rng.normal(0.0, 0.4, count)
    length = rng.uniform(9.0, 14.0, count)
    x, y = spots[:, 0], spots[:, 1]
    dark = mood.tone(mood.table[0], -0.5)
    easel.lay(Tip.DAB, x - 2.0 * mood.side, y + 2.0, length * 1.1, length * 0.45, 0.0, dark)
    easel.lay(Tip.DAB, x, y, length, length * 0.5, angle, mood.tone(colours, -0.4), body=150)
    easel.lay(
        Tip.DAB,
        x + mood.side,
        y - 1.0,
        length * 0.66,
        length * 0.36,
        angle,
        mood.tone(colours, -0.06),
        body=190,
    )
