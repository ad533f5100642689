"""What one picture of a film is made of: cells on a dark ground, and a line of words below."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from artgan import images
from artgan.sampling.film_writers import Shape

_GROUND, _WORDS = 18, 222
# Width of a cell over the gap beside it, and of the film over the height of the line of words.
_CELL_TO_GAP, _WIDTH_TO_LINE = 32, 26
_SHEET_WIDTH, _MOST_COLUMNS = 1024, 4
_LEAST_LINE, _FONT_SHARE, _LEAST_FONT = 20, 0.62, 8


@dataclass(frozen=True)
class Sheet:
    """Cells of one size in rows.

    Attributes:
        columns: cells in a row.
        rows: of cells.
        side: of a cell, in pixels, before it is enlarged.
        scale: how many times cells are enlarged, with Lanczos windows as everywhere.
        words: whether there is a line of words below.
    """

    columns: int
    rows: int
    side: int
    scale: int = 1
    words: bool = False

    @property
    def shape(self) -> Shape:
        """What the film's pictures measure; at scale 1 what they measure before they are enlarged."""
        width = self.columns * (self.side * self.scale + self._gap) + self._gap
        height = self.rows * (self.side * self.scale + self._gap) + self._gap
        return Shape(width, height + (_line(width) if self.words else 0))

    @property
    def _gap(self) -> int:
        alone = self.columns * self.rows == 1
        return 0 if alone else max(1, self.side // _CELL_TO_GAP) * self.scale

    def lay(self, pictures: np.ndarray) -> np.ndarray:
        """Enlarge ``(n, height, width, 3)`` uint8, and lay them out; cells that have no picture stay dark.

        Returns:
            ``(height, width, 3)`` uint8, without the line of words.
        """
        side = self.side * self.scale
        cells = np.full((self.columns * self.rows, side, side, 3), _GROUND, np.uint8)
        cells[: len(pictures)] = images.enlarge(pictures, (side, side))
        return images.grid(cells, self.columns, gap=self._gap, background=_GROUND)

    def with_words(self, sheet: np.ndarray, left: str, right: str = "") -> np.ndarray:
        """Put the line of words below a sheet that was laid; ``right`` is left out where there is no room for both."""
        return np.concatenate([sheet, _strip(sheet.shape[1], left, right)]) if self.words else sheet


def near_square(count: int) -> tuple[int, int]:
    """Return columns and rows for so many cells: no taller than wide."""
    columns = max(1, math.ceil(math.sqrt(count)))
    return columns, math.ceil(count / columns)


def default_grid(side: int, count: int | None = None) -> tuple[int, int]:
    """Return columns and rows for pictures of a side: twelve small ones, fewer large ones, one of 1,024 px.

    Args:
        side: in pixels.
        count: how many there are, where there are fewer or more.
    """
    columns = min(max(1, _SHEET_WIDTH // side), _MOST_COLUMNS)
    grid = columns, max(1, columns * 3 // 4)
    return grid if count in {None, grid[0] * grid[1]} else near_square(count or 1)


def _line(width: int) -> int:
    return max(_LEAST_LINE, 2 * round(width / _WIDTH_TO_LINE / 2))


@functools.lru_cache(maxsize=8)
def _strip(width: int, left: str, right: str) -> np.ndarray:
    """Draw the line of words, ``(height, width, 3)`` uint8; as large as the width allows."""
    height = _line(width)
    image = Image.new("L", (width, height), _GROUND)
    draw, size, margin = ImageDraw.Draw(image), round(height * _FONT_SHARE), max(2, height // 4)
    while size > _LEAST_FONT and draw.textlength(left, _font(size)) > width - 2 * margin:
        size -= 1
    draw.text((margin, height / 2), left, fill=_WORDS, font=_font(size), anchor="lm")
    if right and draw.textlength(left + right, _font(size)) < width - 4 * margin:
        draw.text((width - margin, height / 2), right, fill=_WORDS // 2, font=_font(size), anchor="rm")
    return np.repeat(np.asarray(image)[:, :, None], 3, axis=2)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    # Pillow's own letters: the same on every machine.
    return ImageFont.load_default(size)
