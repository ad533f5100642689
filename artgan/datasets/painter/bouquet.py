"""The painter behind ``artgan demo``: still lifes of flowers, painted stroke by stroke from a seed.

The demo needs a training set that exists on every machine, offline. These pictures are made for it: close
enough to each other to be learned in minutes (a bouquet above, a vase below, the table's edge in the lower
third), different enough in palette, light, flowers and vase to be worth learning.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artgan.datasets.painter.blossoms import Blossom, paint_blossom, paint_leaves, paint_petals, paint_sprays
from artgan.datasets.painter.brush import CANVAS, Easel, Tip
from artgan.datasets.painter.pigments import Mood, choose_mood
from artgan.datasets.painter.setting import Layout, compose, cover_table, cover_wall, stroke_ink, underpaint
from artgan.datasets.painter.vessels import paint_fruit, paint_vase

Floats = NDArray[np.floating]

SMALLEST = 16
"""Smallest picture side; below it nothing of a bouquet is left."""

_STREAM = 0x50A1  # keeps the painter's random numbers apart from those of other users of the same seed
# Kinds and the radius of a head in canvas pixels: large ones carry the picture at 64 px.
_LEADS = {
    "rose": 21.0,
    "peony": 25.0,
    "sunflower": 25.0,
    "anemone": 21.0,
    "dahlia": 22.0,
    "daisy": 19.0,
    "tulip": 17.0,
}
_SECONDS = {
    "daisy": 13.0,
    "rose": 15.0,
    "tulip": 13.0,
    "spike": 14.0,
    "anemone": 15.0,
    "dahlia": 15.0,
    "hydrangea": 18.0,
}
_GOLD = np.array([246.0, 176.0, 34.0])  # sunflowers are of that colour on every palette
_FRUIT = ((222, 120, 40), (226, 186, 62), (176, 48, 40), (206, 92, 44), (164, 166, 66))


def paint_bouquet(seed: int, *, size: int = 160) -> Image.Image:
    """Paint one still life: a bouquet in a vase on a table, lit from one side.

    The picture is a pure function of its arguments: the same seed gives the same bytes in any process. It is
    painted at a fixed size and then reduced, so a seed shows the same picture at every size.

    Args:
        seed: which picture; 0 or more.
        size: side of the picture in pixels, 16..256.

    Returns:
        An RGB picture (size, size).

    Raises:
        ValueError: if the seed is negative or the size is out of range.
    """
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")
    if not SMALLEST <= size <= CANVAS:
        raise ValueError(f"size must be {SMALLEST}..{CANVAS} pixels, got {size}")
    rng = np.random.default_rng([_STREAM, seed])
    mood = choose_mood(rng)
    layout = compose(rng, mood)
    sketch = underpaint(rng, mood, layout)
    easel = Easel(sketch.repeat(2, axis=0).repeat(2, axis=1))
    cover_wall(easel, rng, mood, layout, sketch)
    cover_table(easel, rng, mood, layout, sketch)
    paint_vase(easel, rng, mood, layout.vase)
    heads = _arrange(rng, mood, layout)
    _paint_foliage(easel, rng, mood, layout, heads)
    _cut_in(easel, rng, layout, sketch)
    _paint_heads(easel, rng, mood, layout, heads)
    _paint_table_things(easel, rng, mood, layout, heads)
    return easel.finish(size, mood.side, 0.6 * mood.wall[1] + 0.4 * mood.light)


def _light_at(mood: Mood, u: Floats, v: Floats) -> Floats:
    """Light on the round body of the bouquet, at positions -1..1 right and down; about -1..0.6."""
    depth = np.sqrt(np.clip(1.0 - 0.75 * (u**2 + v**2), 0.0, 1.0))
    return 1.15 * (0.9 * u * mood.sun[0] + 0.85 * v * mood.sun[1] + depth * mood.sun[2]) - 0.52


def _arrange(rng: np.random.Generator, mood: Mood, layout: Layout) -> list[Blossom]:
    """Choose the flowers and their places: large heads first, each as far from the others as it can be."""
    lead = str(rng.choice(list(_LEADS)))
    others = [kind for kind in _SECONDS if kind != lead]
    second = str(rng.choice(others))
    third = str(rng.choice([kind for kind in others if kind != second]))
    scale = rng.uniform(0.9, 1.12)
    plan = [(lead, _LEADS[lead])] * int(rng.integers(7, 10))
    plan += [(second, _SECONDS[second])] * int(rng.integers(4, 7))
    plan += [(third, _SECONDS[third] * 0.85)] * int(rng.integers(2, 5))
    inks = [mood.blossoms[i] for i in rng.permutation(len(mood.blossoms))]
    # The lead shows two neighbouring colours, each other kind one: a bouquet, not a box of paints.
    dress = {lead: (inks[0], inks[1]), second: (inks[2], inks[2]), third: (inks[3], inks[3])}
    placed: list[tuple[float, float, float]] = []
    heads = []
    for kind, radius in plan:
        radius = radius * scale * rng.uniform(0.85, 1.12)
        u, v = _free_place(rng, layout, placed, radius)
        if v < 0.2 and math.hypot(u, v) > 0.8 and rng.random() < 0.35:
            u, v = 1.16 * u, 1.16 * v  # a few stems reach out of the oval, or the bouquet is a ball
        placed.append((u * layout.wide, v * layout.tall, radius))
        colour = dress[kind][int(rng.random() < 0.35)] + rng.normal(0.0, 6.0, 3)
        if kind == "sunflower":
            colour = 0.25 * colour + 0.75 * _GOLD
        out = min(1.0, math.hypot(u, v))
        # Heads look away from the point where their stems meet, in the vase's mouth.
        face = math.atan2(v * layout.tall - 0.75 * layout.tall, u * layout.wide) + rng.normal(0.0, 0.2)
        light = float(_light_at(mood, np.array(u), np.array(v)))
        x, y = layout.x + u * layout.wide, layout.y + v * layout.tall
        squash = 1.0 - 0.38 * out * rng.uniform(0.5, 1.1)
        heads.append(Blossom(kind, x, y, radius, colour, light, face, squash))

    def nearness(head: Blossom) -> float:
        # The rim of the bouquet lies behind, its middle and lower front come last.
        return 0.9 * (head.y - layout.y) / layout.tall - abs(head.x - layout.x) / layout.wide

    return sorted(heads, key=nearness)


def _free_place(
    rng: np.random.Generator, layout: Layout, placed: list[tuple[float, float, float]], radius: float
) -> tuple[float, float]:
    """Place in the bouquet's oval (-1..1 right and down) that is freest among a dozen tries."""
    around, out = rng.uniform(0.0, 2 * math.pi, 12), np.sqrt(rng.uniform(0.0, 1.0, 12))
    u, v = out * np.cos(around), out * np.sin(around) * 0.95
    if not placed:
        return float(u[0]) * 0.3, float(v[0]) * 0.3
    taken = np.array(placed)
    gap = np.hypot(u[:, None] * layout.wide - taken[:, 0], v[:, None] * layout.tall - taken[:, 1])
    best = int((gap / (taken[:, 2] + radius)).min(axis=1).argmax())
    return float(u[best]), float(v[best])


def _paint_foliage(easel: Easel, rng: np.random.Generator, mood: Mood, layout: Layout, heads: list[Blossom]) -> None:
    """Paint what the blossoms stand against: stems, a dark mass of green, leaves that break the outline."""
    mouth = layout.vase.mouth + 3.0
    way = np.linspace(0.0, 1.0, 8)
    for head in heads:
        x = layout.vase.x + (head.x - layout.vase.x) * way**1.3
        y = mouth + (head.y - mouth) * way
        angle = np.arctan2(np.gradient(y), np.gradient(x))
        green = mood.leaves[int(rng.integers(len(mood.leaves)))]
        easel.lay(Tip.BRISTLE, x, y, 15, 4, angle, mood.tone(green, head.light - 0.3), body=135)
    count = 80
    around, out = rng.uniform(0, 2 * math.pi, count), np.sqrt(rng.uniform(0, 1, count)) * 0.86
    u, v = out * np.cos(around), out * np.sin(around)
    x, y = layout.x + u * layout.wide, layout.y + v * layout.tall
    angle = np.arctan2(y - mouth - 6, x - layout.vase.x) + rng.normal(0.0, 0.5, count)
    greens = np.array(mood.leaves)[rng.integers(0, len(mood.leaves), count)]
    tone = mood.tone(greens, _light_at(mood, u, v) - 0.55 + rng.normal(0, 0.12, count))
    easel.lay(Tip.LEAF, x, y, rng.uniform(18, 30, count), rng.uniform(9, 13, count), angle, tone, body=125)
    count = int(rng.integers(26, 40))
    around = rng.uniform(-math.pi * 1.12, math.pi * 0.12, count)
    out = rng.uniform(0.75, 1.08, count)
    u, v = out * np.cos(around), out * np.sin(around)
    x, y = layout.x + u * layout.wide, layout.y + v * layout.tall
    angle = np.arctan2(y - mouth, x - layout.vase.x) + rng.normal(0.0, 0.45, count)
    light = _light_at(mood, u, v) + rng.normal(-0.05, 0.2, count)
    paint_leaves(easel, rng, mood, x, y, angle, rng.uniform(15, 27, count), light)


def _cut_in(easel: Easel, rng: np.random.Generator, layout: Layout, sketch: Floats) -> None:
    """Bring strokes of the wall into the foliage's outline: its edge is lost in places, and air gets in."""
    count = 30
    around, out = rng.uniform(-math.pi * 1.15, math.pi * 0.15, count), rng.uniform(0.9, 1.15, count)
    x, y = layout.x + out * layout.wide * np.cos(around), layout.y + out * layout.tall * np.sin(around)
    ink = stroke_ink(rng, sketch, x, y, 6.0)
    angle = around + rng.normal(0.0, 0.7, count)
    easel.lay(Tip.BRISTLE, x, y, rng.uniform(10, 18, count), 5, angle, ink, body=140)


def _paint_heads(easel: Easel, rng: np.random.Generator, mood: Mood, layout: Layout, heads: list[Blossom]) -> None:
    """Paint the blossoms from back to front, sprays and leaves between them, leaves over the vase's lip."""
    filler = mood.blossoms[int(rng.integers(len(mood.blossoms)))]
    airy = rng.random() < 0.6

    def sprays(count: int, low: float, high: float) -> None:
        around, out = rng.uniform(-math.pi, 0.1, count), rng.uniform(low, high, count)
        u, v = out * np.cos(around), out * np.sin(around)
        x, y = layout.x + u * layout.wide, layout.y + v * layout.tall
        paint_sprays(easel, rng, mood, np.stack([x, y, _light_at(mood, u, v)], axis=1), filler)

    if airy:
        sprays(9, 0.8, 1.12)
    half = len(heads) // 2
    for index, head in enumerate(heads):
        if index == half:
            _paint_leaves_between(easel, rng, mood, layout)
            if airy:
                sprays(4, 0.3, 0.9)
        paint_blossom(easel, rng, mood, head)
    count = 5
    side = rng.uniform(-1.0, 1.0, count)
    x = layout.vase.x + side * 0.9 * layout.vase.girth
    y = layout.vase.mouth + rng.uniform(-2.0, 8.0, count)
    angle = np.arctan2(rng.uniform(0.3, 1.2, count), side * 2.0)
    paint_leaves(easel, rng, mood, x, y, angle, rng.uniform(14, 22, count), 0.25 * side * mood.side - 0.1)


def _paint_leaves_between(easel: Easel, rng: np.random.Generator, mood: Mood, layout: Layout) -> None:
    count = 12
    around, out = rng.uniform(0, 2 * math.pi, count), np.sqrt(rng.uniform(0.1, 0.9, count))
    u, v = out * np.cos(around), out * np.sin(around)
    x, y = layout.x + u * layout.wide, layout.y + v * layout.tall
    paint_leaves(
        easel,
        rng,
        mood,
        x,
        y,
        rng.uniform(0, 2 * math.pi, count),
        rng.uniform(12, 19, count),
        _light_at(mood, u, v) - 0.1,
    )


def _paint_table_things(
    easel: Easel, rng: np.random.Generator, mood: Mood, layout: Layout, heads: list[Blossom]
) -> None:
    """Paint what lies beside the vase: fruit, fallen petals."""
    for x, y, radius in sorted(layout.fruit, key=lambda place: place[1]):
        paint_fruit(easel, rng, mood, x, y, radius, np.array(_FRUIT[int(rng.integers(len(_FRUIT)))], float))
    count = int(rng.integers(0, 6))
    if count:
        away = rng.choice([-1.0, 1.0], count) * rng.uniform(0.9, 2.6, count) * layout.vase.girth
        spots = np.stack([layout.vase.x + away, layout.vase.foot + rng.uniform(0.0, 18.0, count)], axis=1)
        colours = np.array([heads[int(i)].colour for i in rng.integers(0, len(heads), count)])
        paint_petals(easel, rng, mood, spots, colours)
