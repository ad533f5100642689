"""The layouts that artgan knows, and the choice among them."""

from __future__ import annotations

from artgan.datasets.layouts.arrays import Array
from artgan.datasets.layouts.entry import Layout
from artgan.datasets.layouts.folders import Flat, Genres, Nested
from artgan.datasets.layouts.own import Own
from artgan.datasets.layouts.refined import Refined
from artgan.datasets.layouts.scraped import Scraped
from artgan.datasets.layouts.sources import Source
from artgan.errors import UsageError

LAYOUTS: tuple[Layout, ...] = (
    Array(
        "keragan", "keragan's .npy cache: floats in [-1, 1], channels blue, green, red", blue_first=True, guessed=True
    ),
    Array("npy-rgb", "a .npy of pictures whose channels are red, green, blue", blue_first=False, guessed=False),
    Own(),
    Refined(),
    Scraped(),
    Genres(),
    Flat(),
    Nested(),
)
"""From the most particular to the one that takes any folder: the first that recognises a source reads it."""


def choose_layout(source: Source, name: str = "auto") -> Layout:
    """Return the layout of a name, or the first that recognises the source.

    Raises:
        UsageError: no layout has that name, it cannot read this kind of source, or the source is empty.
    """
    names = ", ".join(layout.name for layout in LAYOUTS)
    wanted = [layout for layout in LAYOUTS if name in ("auto", layout.name)]
    if not wanted:
        raise UsageError(f"no layout is named {name!r}", f"choose one of: auto, {names}")
    if source.kind != "array" and not source.files:
        raise UsageError(f"{source.path} holds no files", "give a folder of pictures, a zip or a .npy file")
    if name == "auto":
        return next(layout for layout in wanted if layout.recognise(source))
    layout = wanted[0]
    if isinstance(layout, Array) != (source.kind == "array") or (
        isinstance(layout, Own) and not layout.recognise(source)
    ):
        raise UsageError(f"{source.path} cannot be read as layout {name!r}: {layout.about}", "leave out --layout")
    return layout
