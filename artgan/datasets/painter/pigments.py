"""Colours of the demo's painter: palettes that hang together, and how a colour turns in light and shade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Palette:
    """What lies on the painter's palette for one picture; colours as "rrggbb"."""

    wall: tuple[str, str]  # deepest and lightest tone of the background
    table: tuple[str, str]
    shadow: str  # what shadows lean to: never plain black
    light: str  # what lights lean to
    leaves: tuple[str, ...]
    blossoms: tuple[str, ...]
    vases: tuple[str, ...]


PALETTES: dict[str, Palette] = {
    "dutch": Palette(
        ("1a1411", "54402c"),
        ("2e1d13", "74502f"),
        "120d10",
        "fff0cf",
        ("3f4d26", "66702f", "55604a"),
        ("f3e4cb", "dd5a3c", "eba88a", "c6262b", "f0bf48"),
        ("3a4a58", "7a4a2a", "596048", "b9ac94"),
    ),
    "renoir": Palette(
        ("8d5324", "d9a055"),
        ("84481f", "cf9350"),
        "43201a",
        "fff0c8",
        ("4c5a2a", "6f7434", "37482f"),
        ("e2492b", "f4c79a", "fbe6c4", "c42430", "f0785a"),
        ("55683f", "3d4a44", "8a4a2c", "4a5a78"),
    ),
    "morning": Palette(
        ("a79e9c", "ebe1d0"),
        ("a38f78", "dccab0"),
        "5b5268",
        "fffaf0",
        ("5d7a4a", "7f9558", "47634a"),
        ("ee8fa2", "d94f6f", "fbe3df", "b8304e", "f2a98a"),
        ("5f80ad", "c4d0d4", "8f9a6a", "b86a4a"),
    ),
    "blue": Palette(
        ("46607e", "93aac0"),
        ("54607a", "a3abb8"),
        "1f2846",
        "fff6e6",
        ("3f5f50", "5f7f60", "4c6a78"),
        ("f8f4ee", "f3dfe6", "6b62b8", "f2d877", "e58aa6"),
        ("e0e4e6", "2f4474", "c9a66a", "a3b8c0"),
    ),
    "golden": Palette(
        ("9c7634", "e6cb80"),
        ("8a5426", "c98f48"),
        "4a2c1c",
        "fff6cc",
        ("51662c", "6f7f34", "3f5636"),
        ("e8790f", "c2401f", "fff3d0", "f3a712", "8f2f2a"),
        ("4f7286", "5f7a48", "8c4a26", "e0d6bc"),
    ),
    "plum": Palette(
        ("33213a", "7e5468"),
        ("5a2a24", "a25c40"),
        "1c1026",
        "ffeede",
        ("44603c", "66804a", "385046"),
        ("f7e8de", "e03350", "f494a0", "ee7440", "f6c8b0"),
        ("6f7d4c", "a9b4bc", "3a3f66", "b87a4c"),
    ),
    "sage": Palette(
        ("55654f", "a3b092"),
        ("6f6348", "b9a980"),
        "26302c",
        "fff8e4",
        ("3c5a34", "5e7a40", "2f4a3c"),
        ("f9f1e6", "ee9caa", "d63f58", "f6c9a4", "fbe08e"),
        ("8aa0b4", "e6e2d4", "7c4a38", "40566c"),
    ),
    "lilac": Palette(
        ("6f6a94", "bdb4d0"),
        ("7a5a6c", "c4a098"),
        "372a58",
        "fffaea",
        ("4a7050", "6f9060", "3f5f66"),
        ("f07a34", "f9c246", "fdf4ea", "d43a62", "f4a27e"),
        ("4a62a8", "e4e0ea", "7c9a8c", "a05a4a"),
    ),
    "manet": Palette(
        ("24272a", "62625c"),
        ("8d887e", "dcd6c8"),
        "14161c",
        "fffaf0",
        ("3d5a38", "62784a", "304a40"),
        ("fbf7ef", "f3c2ca", "e2849a", "dfe3c0", "bf2f40"),
        ("9fb0b0", "384a66", "8a6a4a", "c8ccc4"),
    ),
    "south": Palette(
        ("3a7480", "92bcae"),
        ("b87c34", "e6bf6a"),
        "1f3a54",
        "fff8d8",
        ("2f6040", "55803c", "3a6a5a"),
        ("f6b31a", "ee8114", "fff4dc", "d63a2a", "f9d860"),
        ("f0e8d0", "c26a34", "2f5a8a", "d8a83c"),
    ),
    "rosewood": Palette(
        ("66302a", "b06a50"),
        ("4c241c", "96583a"),
        "2a1018",
        "ffeed6",
        ("465a34", "6a7a48", "344838"),
        ("fbf0e2", "f7cdb8", "f0a08c", "f3d07a", "fae3d4"),
        ("d8d4c8", "4a5e70", "6a7a50", "2f2a34"),
    ),
    "dusk": Palette(
        ("343c50", "7a7c8c"),
        ("4a3c40", "90786a"),
        "141828",
        "ffeeda",
        ("41584a", "64785a", "345058"),
        ("f4dcc8", "ee8a6a", "f6b8b0", "f8cf78", "d84a58"),
        ("8890a8", "b0704a", "d0c8bc", "4a6a66"),
    ),
}


def pigment(code: str) -> Floats:
    """Colour "rrggbb" as a float array (3,), values 0..255."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], float)


@dataclass(frozen=True)
class Mood:
    """The palette of one picture with its own slight shift, and the side the light comes from."""

    wall: tuple[Floats, Floats]
    table: tuple[Floats, Floats]
    shadow: Floats
    light: Floats
    leaves: list[Floats]
    blossoms: list[Floats]
    vases: list[Floats]
    side: int  # -1: light from the left, 1: from the right

    @property
    def sun(self) -> Floats:
        """Unit vector (3,) to the light: right, down, towards the viewer."""
        return np.array([0.66 * self.side, -0.55, 0.51])

    def tone(self, colour: ArrayLike, light: ArrayLike) -> Floats:
        """A colour as it looks in more or less light.

        Shadows keep a share of the colour and lean to the palette's shadow hue, lights lean to the light's
        hue: mixing, not darkening, is what keeps shadows from looking like holes.

        Args:
            colour: (3,) or (n, 3), values 0..255.
            light: scalar or (n,); -1 is deep shadow, 0 the colour itself, 1 full light; clipped to that.

        Returns:
            Float array (3,) or (n, 3).
        """
        colour = np.asarray(colour, float)
        amount = np.clip(np.asarray(light, float), -1.0, 1.0)[..., None]
        shade = 0.36 * colour + 0.44 * self.shadow
        bright = colour + 0.72 * (self.light - colour)
        return colour + np.maximum(amount, 0) * (bright - colour) + np.maximum(-amount, 0) * (shade - colour)


def choose_mood(rng: np.random.Generator) -> Mood:
    """Pick a palette and a light for one picture, each colour shifted a little."""
    palette = PALETTES[str(rng.choice(list(PALETTES)))]
    drift = rng.normal(0.0, 5.0, 3)  # the whole picture drifts together, so that it stays in harmony

    def mix(codes: tuple[str, ...], spread: float) -> list[Floats]:
        return [pigment(code) + drift + rng.normal(0.0, spread, 3) for code in codes]

    exposure = rng.normal(0.0, 6.0)
    wall = [tone + exposure for tone in mix(palette.wall, 4.0)]
    table = mix(palette.table, 4.0)
    return Mood(
        wall=(wall[0], wall[1]),
        table=(table[0], table[1]),
        shadow=pigment(palette.shadow),
        light=pigment(palette.light),
        leaves=mix(palette.leaves, 5.0),
        blossoms=mix(palette.blossoms, 5.0),
        vases=mix(palette.vases, 6.0),
        side=-1 if rng.random() < 0.5 else 1,
    )
