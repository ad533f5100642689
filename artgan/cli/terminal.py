"""What the terminal can do: colour, width, and whether a person sits at it."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TextIO

WIDEST = 100
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def is_person(stream: TextIO | None = None) -> bool:
    """Whether the stream (stderr by default) is a terminal that can redraw its lines."""
    stream = sys.stderr if stream is None else stream
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def colours(stream: TextIO) -> bool:
    """Whether to colour what is written to the stream; ``NO_COLOR`` set to anything says no."""
    return is_person(stream) and not os.environ.get("NO_COLOR")


def style(text: str, *styles: str, stream: TextIO | None = None) -> str:
    """Return the text in the given styles where the stream (stdout by default) shows them."""
    if not text or not colours(sys.stdout if stream is None else stream):
        return text
    return "".join(f"\033[{_CODES[name]}m" for name in styles) + text + "\033[0m"


def full_width() -> int:
    """Return the columns of the terminal."""
    return max(20, shutil.get_terminal_size().columns)


def height() -> int:
    """Return the lines of the terminal."""
    return shutil.get_terminal_size().lines


def width(stream: TextIO | None = None) -> int:
    """Return the columns to fill: the terminal's, at most ``WIDEST``; ``WIDEST`` where there is no terminal."""
    stream = sys.stdout if stream is None else stream
    if not stream.isatty() and not os.environ.get("COLUMNS"):
        return WIDEST
    return min(WIDEST, full_width())
