"""Vases and fruit of the demo's painter: round bodies, modelled by light and painted along their form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artgan.datasets.painter.brush import Easel, Tip
from artgan.datasets.painter.pigments import Mood

Floats = NDArray[np.floating]

# Outlines from the mouth (0) to the foot (1): (height, radius as a share of the widest radius).
PROFILES: dict[str, tuple[tuple[float, float], ...]] = {
    "jar": (
        (0, 0.62),
        (0.06, 0.64),
        (0.16, 0.5),
        (0.34, 0.8),
        (0.56, 1),
        (0.8, 0.84),
        (0.95, 0.58),
        (1, 0.6),
    ),
    "tumbler": ((0, 1), (0.05, 0.97), (0.5, 0.88), (1, 0.76)),
    "jug": ((0, 0.74), (0.08, 0.7), (0.24, 0.6), (0.46, 0.88), (0.68, 1), (0.9, 0.8), (1, 0.7)),
    "urn": (
        (0, 0.95),
        (0.06, 0.95),
        (0.18, 0.76),
        (0.42, 1),
        (0.66, 0.78),
        (0.82, 0.36),
        (0.9, 0.4),
        (1, 0.7),
    ),
    "trumpet": ((0, 1), (0.08, 0.95), (0.3, 0.68), (0.58, 0.56), (0.8, 0.64), (0.94, 0.74), (1, 0.76)),
    "ginger": ((0, 0.6), (0.06, 0.64), (0.2, 0.88), (0.42, 1), (0.75, 0.88), (1, 0.6)),
}
# How wide a vase of each outline stands for its height, so that all look as if they held as much water.
_GIRTH = {"jar": 0.46, "tumbler": 0.36, "jug": 0.43, "urn": 0.45, "trumpet": 0.38, "ginger": 0.5}
_GLAZES = ("ceramic", "ceramic", "bluewhite", "copper", "glass", "slip")


@dataclass(frozen=True)
class Vase:
    """A vase in its place; lengths in canvas pixels."""

    outline: str
    glaze: str
    x: float
    mouth: float  # row of the mouth
    foot: float  # row on which it stands
    girth: float  # widest radius
    colour: Floats

    def radius(self, height: Floats) -> Floats:
        """Radius at heights 0 (mouth) .. 1 (foot), in pixels; the corners of the outline are rounded."""
        points = np.array(PROFILES[self.outline])
        fine = np.linspace(0.0, 1.0, 61)
        radii = np.interp(fine, points[:, 0], points[:, 1])
        radii = np.convolve(np.pad(radii, 3, mode="edge"), np.ones(7) / 7, mode="valid")
        return self.girth * np.interp(height, fine, radii)


def choose_vase(rng: np.random.Generator, mood: Mood, x: float, mouth: float, foot: float) -> Vase:
    """Pick a vase that fits between its mouth and its foot."""
    outline = str(rng.choice(list(PROFILES)))
    glaze = "glass" if outline == "tumbler" and rng.random() < 0.6 else str(rng.choice(_GLAZES))
    colour = mood.vases[int(rng.integers(len(mood.vases)))]
    if glaze == "bluewhite":
        colour = np.array([206.0, 212.0, 220.0])
    elif glaze == "copper":
        colour = np.array([176.0, 96.0, 48.0])
    girth = (foot - mouth) * _GIRTH[outline] * rng.uniform(0.95, 1.15)
    return Vase(outline, glaze, x, mouth, foot, girth, colour)


def paint_vase(easel: Easel, rng: np.random.Generator, mood: Mood, vase: Vase) -> None:
    """Paint the vase: modelled body, strokes along the form, decoration, handle, lights."""
    if vase.outline == "jug":
        _paint_handle(easel, rng, mood, vase)
    body, cover, left, top = _model(mood, vase)
    easel.rub(body, cover, left, top)
    _stroke_form(easel, rng, vase, body, cover, left, top)
    if vase.glaze == "glass":
        _paint_stems_in_water(easel, rng, mood, vase)
    elif vase.glaze == "bluewhite":
        _paint_decoration(easel, rng, mood, vase)
    _paint_lights(easel, rng, mood, vase)


def _model(mood: Mood, vase: Vase) -> tuple[Floats, Floats, int, int]:
    """Body of the vase in its light: colours (h, w, 3), cover (h, w), and the patch's left and top."""
    tall = vase.foot - vase.mouth
    foot_radius = float(vase.radius(np.array(1.0)))
    top, bottom = math.floor(vase.mouth), math.ceil(vase.foot + 0.2 * foot_radius) + 2
    left, right = math.floor(vase.x - vase.girth) - 2, math.ceil(vase.x + vase.girth) + 3
    row, column = np.mgrid[top:bottom, left:right].astype(float)
    dx = column - vase.x
    # Seen from slightly above, circles are flat ellipses: the foot's front edge lies lower in the middle.
    sag = 0.18 * np.sqrt(np.maximum(foot_radius**2 - dx**2, 0.0))
    height = (row - sag - vase.mouth) / tall
    inside = np.clip(height, 0.0, 1.0)
    radius = vase.radius(inside)
    nx = np.clip(dx / radius, -1.0, 1.0)
    slope = (vase.radius(inside + 0.03) - vase.radius(inside - 0.03)) / (0.06 * tall)
    nz = np.sqrt(1.0 - nx**2)
    norm = np.sqrt(1.0 + slope**2)
    facing = (nx * mood.sun[0] - slope * mood.sun[1] + nz * mood.sun[2]) / norm
    bounce = 0.5 * np.clip(-nx * mood.side, 0.0, 1.0) ** 6  # light thrown back by the wall and table
    canopy = 0.75 * np.exp(-np.maximum(row - vase.mouth, 0.0) / (0.16 * tall))  # shadow of the bouquet
    light = 1.25 * facing - 0.62 + bounce - canopy
    cover = np.clip((radius - np.abs(dx)) * 0.7 + 0.3, 0.0, 1.0)
    cover *= np.clip((1.0 - height) * tall + 0.5, 0.0, 1.0)
    return _glaze(mood, vase, inside, nx, light), cover, left, top


def _glaze(mood: Mood, vase: Vase, height: Floats, nx: Floats, light: Floats) -> Floats:
    """Colours of the body (h, w, 3), from the height 0..1, the position across -1..1 and the light."""
    base = np.broadcast_to(vase.colour, (*light.shape, 3))
    if vase.glaze == "glass":
        # One looks through it: wall and water instead of a body of its own, dark at the rims.
        through = 0.5 * (mood.wall[0] + mood.wall[1])
        water = 0.55 * through + 0.3 * mood.leaves[0] + 0.15 * mood.light
        base = np.where((height > 0.3)[..., None], water, 0.7 * through + 0.3 * mood.light)
        light = 0.4 * light - 0.5 * np.abs(nx) ** 5 + 0.12
    elif vase.glaze == "copper":
        # Metal mirrors the room: dark and light bands instead of an even turn into shadow.
        light = 1.1 * light + 0.35 * np.sin(nx * 6.0 * mood.side + 0.6)
    elif vase.glaze == "slip":
        drip = 0.46 + 0.05 * np.sin(nx * 5.0 + vase.x) + 0.04 * np.sin(nx * 11.0)
        clay = 0.5 * vase.colour + 0.5 * np.array([150.0, 92.0, 58.0])
        base = np.where((height > drip)[..., None], clay, 0.5 * vase.colour + 0.5 * mood.light * 0.9)
    return mood.tone(base, light)


def _stroke_form(
    easel: Easel, rng: np.random.Generator, vase: Vase, body: Floats, cover: Floats, left: int, top: int
) -> None:
    """Lay strokes of the body's own colours along its outline."""
    high, wide = cover.shape
    count = int(cover.sum() / 16)
    row = rng.integers(0, high, count * 2)
    column = rng.integers(0, wide, count * 2)
    deep = np.clip((top + row - vase.mouth) / (vase.foot - vase.mouth), 0.0, 1.0)
    radius = vase.radius(deep)
    nx = (left + column - vase.x) / radius
    keep = (np.abs(nx) < 0.86) & (deep < 0.97) & (cover[row, column] > 0.9)
    row, column, deep, nx, radius = row[keep], column[keep], deep[keep], nx[keep], radius[keep]
    lean = (vase.radius(deep + 0.04) - radius) / (0.04 * (vase.foot - vase.mouth)) * nx
    angle = np.arctan2(1.0, lean) + rng.normal(0.0, 0.1, nx.size)
    colour = body[row, column] + rng.normal(0.0, 6.0, (nx.size, 1)) + rng.normal(0.0, 3.0, (nx.size, 3))
    easel.lay(
        Tip.BRISTLE,
        left + column,
        top + row,
        rng.uniform(7, 13, nx.size),
        rng.uniform(3, 5.5, nx.size),
        angle,
        colour,
        body=rng.uniform(110, 175, nx.size),
    )


def _on_body(vase: Vase, height: Floats, across: Floats) -> tuple[Floats, Floats]:
    """Canvas position of points on the body: height 0..1, across -1..1 (the sine of the angle around it)."""
    radius = vase.radius(height)
    row = vase.mouth + height * (vase.foot - vase.mouth)
    return vase.x + across * radius, row + 0.16 * radius * np.sqrt(1.0 - across**2) * height


def _paint_decoration(easel: Easel, rng: np.random.Generator, mood: Mood, vase: Vase) -> None:
    """Cobalt brushwork: a band above the foot, sprigs around the belly."""
    cobalt = np.array([52.0, 78.0, 150.0])
    across = np.linspace(-0.88, 0.88, 13)
    for height in (0.2, 0.9):
        x, y = _on_body(vase, np.full(13, height), across)
        light = 0.5 * across * mood.side - 0.25
        easel.lay(Tip.BRISTLE, x, y, 6, 2.4, -across * 0.5, mood.tone(cobalt, light), body=140)
    centres = rng.uniform(-0.7, 0.7, 5)
    for centre, height in zip(centres, rng.uniform(0.4, 0.74, 5), strict=True):
        around = np.clip(centre + rng.normal(0.0, 0.14, 7), -0.85, 0.85)
        x, y = _on_body(vase, np.clip(height + rng.normal(0.0, 0.06, 7), 0.3, 0.85), around)
        tone = mood.tone(cobalt + rng.normal(0.0, 14.0, (7, 1)), 0.6 * around * mood.side - 0.1)
        easel.lay(Tip.DAB, x, y, rng.uniform(3, 7, 7), 3, rng.uniform(0, math.pi, 7), tone, body=140)


def _paint_stems_in_water(easel: Easel, rng: np.random.Generator, mood: Mood, vase: Vase) -> None:
    count = 9
    tops, feet = rng.uniform(-0.6, 0.6, count), rng.uniform(-0.7, 0.7, count)
    for start, end, green in zip(tops, feet, rng.integers(0, len(mood.leaves), count), strict=True):
        way = np.linspace(0.06, 0.86, 6)
        x, y = _on_body(vase, way, start + (end - start) * way)
        angle = math.atan2(y[-1] - y[0], x[-1] - x[0])
        colour = mood.tone(mood.leaves[int(green)], rng.normal(-0.2, 0.35))
        easel.lay(Tip.BRISTLE, x, y, 13, 3.2, angle, colour, body=130)
    across = np.linspace(-0.85, 0.85, 9)  # the water's surface
    x, y = _on_body(vase, np.full(9, 0.3), across)
    easel.lay(Tip.BRISTLE, x, y, 7, 2.2, -across * 0.4, mood.tone(vase.colour * 0.4 + 120, 0.4), body=150)
    across = np.linspace(-0.8, 0.8, 11)  # the thick bottom of the glass
    x, y = _on_body(vase, np.full(11, 0.96), across)
    tone = mood.tone(0.5 * (mood.wall[1] + mood.table[1]), rng.normal(0.1, 0.4, 11))
    easel.lay(Tip.BRISTLE, x, y, 7, 3.2, -across * 0.4, tone, body=150)


def _paint_handle(easel: Easel, rng: np.random.Generator, mood: Mood, vase: Vase) -> None:
    side = int(rng.choice([-1, 1]))
    around = np.linspace(-1.35, 1.45, 15)
    tall = vase.foot - vase.mouth
    x = vase.x + side * (0.72 * vase.girth + 0.5 * vase.girth * np.cos(around))
    y = vase.mouth + 0.36 * tall + 0.27 * tall * np.sin(around)
    angle = np.arctan2(0.27 * tall * np.cos(around), -side * 0.5 * vase.girth * np.sin(around))
    light = -0.35 + 0.4 * side * mood.side - 0.3 * np.sin(around)
    easel.lay(Tip.BRISTLE, x, y, 9, 7, angle, mood.tone(vase.colour, light - 0.3), body=120)
    easel.lay(Tip.BRISTLE, x + mood.side, y - 1, 8, 3, angle, mood.tone(vase.colour, light + 0.35), body=160)


def _paint_lights(easel: Easel, rng: np.random.Generator, mood: Mood, vase: Vase) -> None:
    """The window on the glaze, and a lit rim along the edge that faces the light."""
    sharp = {"ceramic": 0.8, "bluewhite": 0.8, "copper": 0.9, "glass": 0.95, "slip": 0.6}[vase.glaze]
    belly = np.linspace(0.0, 1.0, 21)[4:-3]
    widest = float(belly[vase.radius(belly).argmax()])
    height = np.array([widest - 0.1, widest - 0.03, widest + 0.05])
    across = np.full(3, 0.5 * mood.side) + rng.normal(0.0, 0.04, 3)
    x, y = _on_body(vase, height, across)
    light = mood.tone(vase.colour, sharp)
    easel.lay(Tip.DAB, x, y, [9, 11, 7], [5, 5.5, 4], math.pi / 2 - 0.25 * mood.side, light, body=210)
    if vase.glaze in ("glass", "copper", "ceramic"):
        x, y = _on_body(vase, np.linspace(widest - 0.2, widest + 0.2, 4), np.full(4, -0.8 * mood.side))
        easel.lay(Tip.BRISTLE, x, y, 8, 2.4, math.pi / 2, mood.tone(vase.colour, 0.35 * sharp), body=150)


def paint_fruit(
    easel: Easel, rng: np.random.Generator, mood: Mood, x: float, y: float, radius: float, colour: Floats
) -> None:
    """Paint one round fruit that lies on the table.

    Args:
        easel: the canvas.
        rng: source of the variation.
        mood: colours and light.
        x: centre, canvas pixels.
        y: centre, canvas pixels.
        radius: canvas pixels.
        colour: (3,), values 0..255.
    """
    sun, dark = mood.sun, mood.tone(mood.table[0], -0.75)
    easel.lay(Tip.DAB, x - 0.25 * radius * mood.side, y + 0.85 * radius, 2.2 * radius, 0.7 * radius, 0.0, dark)
    easel.lay(Tip.DAB, x, y, 2.1 * radius, 1.95 * radius, 0.0, mood.tone(colour, -0.35), body=140)
    count = 26
    around, out = rng.uniform(0, 2 * math.pi, count), np.sqrt(rng.uniform(0, 1, count)) * 0.74
    dx, dy = np.cos(around) * out, np.sin(around) * out
    light = 1.3 * (dx * sun[0] + dy * sun[1] + np.sqrt(1 - out**2) * sun[2]) - 0.75
    light += rng.normal(0.0, 0.07, count)
    tone = mood.tone(colour + rng.normal(0.0, 8.0, (count, 3)), light)
    dx, dy, angle = x + dx * radius, y + dy * radius, around + math.pi / 2
    easel.lay(Tip.BRISTLE, dx, dy, radius * 0.7, radius * 0.36, angle, tone, bend=1, body=150 + 40 * light)
    dx, dy = x + sun[0] * 0.55 * radius, y + sun[1] * 0.55 * radius
    easel.lay(Tip.DAB, dx, dy, radius * 0.42, radius * 0.3, 0.0, mood.tone(colour, 0.62), body=200)
