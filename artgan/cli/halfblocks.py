"""A picture in the terminal: each character is two pixels, one above the other."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

_UPPER_HALF = "▀"
# Below this many columns a picture on a sheet is a smudge.
_NARROWEST_PICTURE = 22
_GAP = 2


def part_of_sheet(path: Path, size: int, columns: int, lines: int) -> Image.Image:
    """Return as many of a sheet's pictures, from its upper left corner, as can be told apart in a terminal.

    Args:
        path: a sheet of square pictures laid out by ``images.grid``.
        size: side of the pictures in pixels.
        columns: of the terminal.
        lines: of the terminal, two pixels high each.
    """
    with Image.open(path) as opened:
        sheet = opened.convert("RGB")
    step = size + _GAP
    if (sheet.width - _GAP) % step or (sheet.height - _GAP) % step:
        return sheet
    cell = min(size, _NARROWEST_PICTURE) * step / size
    across, down = max(1, int(columns / cell)), max(1, int(2 * lines / cell))
    return sheet.crop((0, 0, min(sheet.width, across * step + _GAP), min(sheet.height, down * step + _GAP)))


class HalfBlocks:
    """A picture that fits the given columns and lines; Rich turns its colours into what the terminal has."""

    def __init__(self, picture: Image.Image, columns: int, lines: int) -> None:
        scale = min(columns / picture.width, 2 * lines / picture.height, 1.0)
        size = max(1, round(picture.width * scale)), max(2, round(picture.height * scale / 2) * 2)
        self._picture = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        self._segments = self._draw()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._segments

    def _draw(self) -> list[Segment]:
        pixels = self._picture.tobytes()
        width, height = self._picture.size

        def colour(x: int, y: int) -> Color:
            place = 3 * (y * width + x)
            return Color.from_rgb(*pixels[place : place + 3])

        segments = []
        for y in range(0, height, 2):
            for x in range(width):
                segments.append(Segment(_UPPER_HALF, Style(color=colour(x, y), bgcolor=colour(x, y + 1))))
            segments.append(Segment.line())
        return segments
