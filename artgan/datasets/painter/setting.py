"""The setting of the demo's still lifes: where things stand, the wall, the table and the shadows on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artgan.datasets.painter.brush import CANVAS, Easel, Tip
from artgan.datasets.painter.pigments import Mood
from artgan.datasets.painter.vessels import Vase, choose_vase

Floats = NDArray[np.floating]

_SKETCH = CANVAS // 2  # the underpainting holds only soft tones: half the resolution is enough


@dataclass(frozen=True)
class Layout:
    """Where things stand, in canvas pixels."""

    edge: float  # row of the table's far edge
    tilt: float  # its slope
    x: float  # centre of the bouquet
    y: float
    wide: float  # half axes of the bouquet
    tall: float
    vase: Vase
    fruit: tuple[tuple[float, float, float], ...]  # x, y, radius
    bow: float  # how far a round table's edge falls off towards the sides; 0 for a straight one

    def far_edge(self, x: Floats) -> Floats:
        """Row of the table's far edge at columns x."""
        right = (x - CANVAS / 2) / (CANVAS / 2)
        return self.edge + self.tilt * (CANVAS / 2) * right + self.bow * right**2


def compose(rng: np.random.Generator, mood: Mood) -> Layout:
    """Decide the places: a stable composition with small shifts, which is what a small GAN can learn."""
    centre = CANVAS / 2 + float(np.clip(rng.normal(0.0, 6.0), -12.0, 12.0))
    edge = rng.uniform(172.0, 190.0)
    foot = edge + rng.uniform(32.0, 44.0)
    mouth = foot - rng.uniform(70.0, 84.0)
    wide, tall = rng.uniform(70.0, 90.0), rng.uniform(56.0, 68.0)
    # 1.68 half axes reach from the mouth to the bouquet's top: leave room there for the heads that stick out.
    tall = min(tall, (mouth - 36.0) / 1.68)
    bow = rng.uniform(8.0, 18.0) if rng.random() < 0.25 else 0.0
    vase = choose_vase(rng, mood, centre, mouth, foot)
    fruit = []
    if rng.random() < 0.3:
        # On the lit side, where the cast shadow does not swallow it.
        place = centre + mood.side * (vase.girth + rng.uniform(24.0, 34.0))
        for _ in range(int(rng.integers(1, 4))):
            if not 14.0 < place < CANVAS - 14.0:
                break  # it would be cut by the frame
            fruit.append((place, foot + rng.uniform(-5.0, 6.0), rng.uniform(12.0, 16.0)))
            place += mood.side * rng.uniform(17.0, 24.0)
    return Layout(
        edge,
        rng.normal(0.0, 0.012),
        centre + rng.normal(0.0, 4.0),
        mouth - 0.68 * tall,
        wide,
        tall,
        vase,
        tuple(fruit),
        bow,
    )


def _clouds(rng: np.random.Generator, cells: int) -> Floats:
    """Soft random tones, (_SKETCH, _SKETCH), about -1..1."""
    coarse = Image.fromarray(rng.uniform(-1.0, 1.0, (cells, cells)).astype(np.float32))
    return np.asarray(coarse.resize((_SKETCH, _SKETCH), Image.Resampling.BICUBIC))


def _blot(x: Floats, y: Floats, cx: float, cy: float, rx: float, ry: float) -> Floats:
    """Soft oval spot: 1 in the middle, 0 far outside."""
    return 1.0 / (1.0 + (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2) ** 2)


def underpaint(rng: np.random.Generator, mood: Mood, layout: Layout) -> Floats:
    """Wall, table and cast shadows as soft tones, (_SKETCH, _SKETCH, 3)."""
    y, x = np.mgrid[0:_SKETCH, 0:_SKETCH].astype(np.float32) * 2.0
    right = (x - CANVAS / 2) / (CANVAS / 2)
    clouds = _clouds(rng, 5)
    wall = _wall_tones(rng, mood, layout, x, y, clouds)
    far = layout.far_edge(x)
    near = np.clip((y - far) / (CANVAS - far), 0.0, 1.0)
    shine = 0.5 + 0.3 * near + 0.4 * mood.side * right + 0.2 * clouds - 0.3 * near**3
    shine = np.clip(shine, -0.2, 1.1)[..., None]
    table = mood.table[0] + shine * (mood.table[1] - mood.table[0])
    vase = layout.vase
    # A polished table gives a third of the vase back, close under it.
    mirror = 0.34 * _blot(x, y, vase.x, vase.foot + 13, 0.62 * vase.girth, 13.0)[..., None]
    table += mirror * (mood.tone(vase.colour, -0.2) - table)
    # The vase's long shadow, away from the light; the contact under its foot; the bouquet's pale one.
    cast = _blot(x, y, vase.x - mood.side * 1.3 * vase.girth, vase.foot + 2, 1.8 * vase.girth, 9.5)
    cast = np.maximum(cast, _blot(x, y, vase.x, vase.foot + 3, 0.95 * vase.girth, 6.5))
    cast = np.maximum(cast, 0.75 * _blot(x, y, vase.x - mood.side * 48, vase.foot, layout.wide, 15.0))
    for fx, fy, radius in layout.fruit:
        cast = np.maximum(cast, _blot(x, y, fx - mood.side * radius, fy + radius, 1.6 * radius, 5.0))
    table = mood.tone(table.reshape(-1, 3), -0.95 * cast.reshape(-1)).reshape(table.shape)
    return np.where((y > far)[..., None], table, wall)


def _wall_tones(rng: np.random.Generator, mood: Mood, layout: Layout, x: Floats, y: Floats, clouds: Floats) -> Floats:
    """Background (_SKETCH, _SKETCH, 3): dark where the light comes from, light behind the dark side.

    Each side of the bouquet so stands against its contrary, the oldest trick of still-life painting.
    """
    right = (x - CANVAS / 2) / (CANVAS / 2)
    down = y / CANVAS
    glow = 0.5 - 0.36 * mood.side * right + 0.4 * (down - 0.35) + 0.24 * clouds
    glow -= 0.26 * (right**2 + (2 * down - 1) ** 2)  # the corners fall back
    spot = _blot(x, y, layout.x - 22 * mood.side, layout.y + 12, 1.1 * layout.wide, 1.15 * layout.tall)
    glow = np.clip(glow - 0.3 * spot, -0.25, 1.05)[..., None]
    wall = mood.wall[0] + glow * (mood.wall[1] - mood.wall[0])
    # A breath of the flowers' and the table's colours in the wall ties the picture together.
    echo = 0.16 * np.clip(_clouds(rng, 7), 0.0, 1.0)[..., None]
    wall += echo * (mood.blossoms[int(rng.integers(len(mood.blossoms)))] * 0.5 + mood.wall[0] * 0.5 - wall)
    echo = 0.22 * np.clip(_clouds(rng, 6), 0.0, 1.0)[..., None]
    return wall + echo * (mood.table[1] - wall)


def stroke_ink(rng: np.random.Generator, sketch: Floats, x: Floats, y: Floats, spread: float) -> Floats:
    """Colours for strokes at x, y: those of the underpainting, each mixed a little differently."""
    row = np.clip(y / 2, 0, _SKETCH - 1).astype(int)
    column = np.clip(x / 2, 0, _SKETCH - 1).astype(int)
    tone = rng.normal(0.0, spread, (x.size, 1))
    return sketch[row, column] + tone + rng.normal(0.0, 0.7 * spread, (x.size, 3))


def _scatter(rng: np.random.Generator, top: float, bottom: float, step: float) -> tuple[Floats, Floats]:
    """Points in random order, about ``step`` apart, over the full width between two rows."""
    y, x = np.meshgrid(np.arange(top, bottom, step), np.arange(-2, CANVAS + 4, step), indexing="ij")
    points = np.stack([x.ravel(), y.ravel()]) + rng.uniform(-0.6, 0.6, (2, x.size)) * step
    points = points[:, rng.permutation(x.size)]
    return points[0], points[1]


def cover_wall(easel: Easel, rng: np.random.Generator, mood: Mood, layout: Layout, sketch: Floats) -> None:
    """Brush the background: broad strokes, then smaller ones, in this picture's own handwriting."""
    hand = rng.choice(["slant", "halo", "upright", "woven"])
    base = rng.uniform(0.6, 1.1) * mood.side
    swirl = _clouds(rng, 4)
    for step, length, width, spread in ((13.0, 30.0, 11.0, 6.0), (12.0, 18.0, 6.5, 9.0)):
        x, y = _scatter(rng, 0.0, layout.edge + layout.bow, step)
        wave = swirl[np.clip(y / 2, 0, 127).astype(int), np.clip(x / 2, 0, 127).astype(int)]
        if hand == "halo":
            angle = np.arctan2(y - layout.y, x - layout.x) + math.pi / 2 + 0.4 * wave
        elif hand == "upright":
            angle = math.pi / 2 + 0.45 * wave
        elif hand == "woven":
            angle = np.where(rng.random(x.size) < 0.5, base, base + math.pi / 2) + 0.3 * wave
        else:
            angle = base + 0.8 * wave
        ink = stroke_ink(rng, sketch, x, y, spread)
        angle = angle + rng.normal(0.0, 0.15, x.size)
        long = length * rng.uniform(0.8, 1.2, x.size)
        # Strokes that would cross the table's edge stop above it.
        keep = y + 0.5 * long * np.abs(np.sin(angle)) < layout.far_edge(x) + 4
        easel.lay(
            Tip.BRISTLE,
            x[keep],
            y[keep],
            long[keep],
            width,
            angle[keep],
            ink[keep],
            body=rng.uniform(90, 165, int(keep.sum())),
        )


def cover_table(easel: Easel, rng: np.random.Generator, mood: Mood, layout: Layout, sketch: Floats) -> None:
    """Brush the table: level strokes, then its far edge."""
    x, y = _scatter(rng, layout.edge + 4.0, CANVAS + 6.0, 8.0)
    keep = y > layout.far_edge(x) + 3.0
    x, y = x[keep], y[keep]
    angle = layout.tilt + rng.normal(0.0, 0.12, x.size)
    ink = stroke_ink(rng, sketch, x, y, 7.0)
    easel.lay(Tip.BRISTLE, x, y, rng.uniform(14, 28, x.size), 6, angle, ink, body=rng.uniform(90, 165, x.size))
    x = np.arange(-4.0, CANVAS + 8.0, 9.0)
    far = layout.far_edge(x)
    angle = np.arctan(np.gradient(far, x))
    light = 0.3 * mood.side * (x - CANVAS / 2) / CANVAS + rng.normal(0.0, 0.08, x.size)
    easel.lay(Tip.BRISTLE, x, far - 2, 24, 4, angle, mood.tone(mood.wall[0], -0.2), body=120)
    easel.lay(Tip.BRISTLE, x, far + 2, 29, 4, angle, mood.tone(mood.table[1], light - 0.05), body=140)
