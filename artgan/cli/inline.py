"""Pictures in the terminal, by what it says of itself in the environment: nothing is asked of it, nothing waits for it.

The protocols are those of kitty, of iTerm2, and sixel; elsewhere a character is two pixels. The one library that
knows several, textual-image, is LGPL, wants Python 3.12, asks the terminal on import, and does not know iTerm2's.
"""

from __future__ import annotations

import base64
import io
import math
import os
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from artgan.cli import terminal
from artgan.cli.console import Console
from artgan.errors import UsageError

KITTY, ITERM, SIXEL, BLOCKS = "kitty", "iterm", "sixel", "blocks"
_NEVER, _BY_ITSELF = {"off", "false", "no", "0"}, {"auto", "on", "true", "yes", "1"}
# What a terminal calls itself in TERM_PROGRAM, or at the beginning of TERM.
_PROGRAMS = {
    "kitty": KITTY, "ghostty": KITTY, "iterm.app": ITERM, "wezterm": ITERM, "mintty": ITERM, "rio": ITERM,
    "warpterminal": KITTY,
}  # fmt: skip
_TERMS = {"xterm-kitty": KITTY, "xterm-ghostty": KITTY, "foot": SIXEL, "mlterm": SIXEL, "yaft": SIXEL, "contour": SIXEL}
# Columns that a picture takes: as a smudge of half blocks is none, and a real one can be small.
_COLUMNS = {BLOCKS: 24}
_FINE_COLUMNS = 16
_MOST_SHOWN = 10
_MOST_LINES = 24
# Pixels of a character where the terminal does not say: those of the VT340, which sixel began with.
_CELL = (10, 20)
_KITTY_PIECE = 4096
# A picture of 64 pixels is not to fill the screen.
_MOST_ENLARGED = 4.0
_GAP = 2


def protocol(environ: Mapping[str, str]) -> str:
    """Return how the terminal that a program runs in shows pictures; ``BLOCKS`` where it does not say."""
    term = environ.get("TERM", "").lower()
    # tmux and screen hand on the words of the terminal around them, but not its pictures.
    if environ.get("TMUX") or environ.get("STY") or term.startswith(("screen", "tmux")):
        return BLOCKS
    for name, known in _TERMS.items():
        if term.startswith(name):
            return known
    for variable in ("TERM_PROGRAM", "LC_TERMINAL"):
        name = environ.get(variable, "").lower()
        if name in _PROGRAMS or name == "iterm2":
            return _PROGRAMS.get(name, ITERM)
    if environ.get("KITTY_WINDOW_ID"):
        return KITTY
    return SIXEL if "sixel" in term else BLOCKS


def show(console: Console, paths: list[Path], wanted: bool | None = None, setting: Any = None) -> None:
    """Show some pictures, small, on stderr.

    Args:
        console: of the command; silent ones (-q, --json) show nothing.
        paths: the files, the most telling first.
        wanted: whether that was asked for or forbidden. Not said: where a person sits at both ends, and in colour.
        setting: the value of the setting ``show``: off, auto, or the name of a protocol that this terminal has.

    Raises:
        UsageError: the setting is none of these.
    """
    how = str(setting if setting is not None else "auto").lower()
    if how not in _NEVER | _BY_ITSELF | {KITTY, ITERM, SIXEL, BLOCKS}:
        raise UsageError(f"show {setting!r} is not one of auto, off, kitty, iterm, sixel, blocks", 'show = "auto"')
    silent = console.as_json or console.verbosity < 0 or not terminal.colours(sys.stderr)
    if silent or not paths or wanted is False:
        return
    if wanted is None and (how in _NEVER or not sys.stdout.isatty()):
        return
    how = protocol(os.environ) if how in _NEVER | _BY_ITSELF else how
    columns, lines = terminal.full_width() - 1, max(6, min(_MOST_LINES, terminal.height() - 6))
    try:
        sheet = _sheet(paths, how, columns, lines)
    except OSError:  # somebody has moved them: nothing that a command shall fail for
        return
    text = draw(sheet, how, columns, lines)
    if text:
        sys.stderr.write(text)
        sys.stderr.flush()


def _sheet(paths: list[Path], how: str, columns: int, lines: int) -> Image.Image:
    """Lay out as many pictures as can be told apart in so many columns and lines."""
    from artgan import images

    cell = _COLUMNS.get(how, _FINE_COLUMNS)
    across = max(1, columns // cell)
    count = min(len(paths), _MOST_SHOWN, across * max(1, 2 * lines // cell))
    with Image.open(paths[0]) as first:
        pictures = [first.convert("RGB")]
    for path in paths[1:count]:
        with Image.open(path) as opened:
            if opened.size == pictures[0].size:
                pictures.append(opened.convert("RGB"))
    if len(pictures) == 1:
        return pictures[0]
    rows = math.ceil(len(pictures) / across)
    stack = np.stack([np.asarray(picture) for picture in pictures])
    gap = max(_GAP, pictures[0].width // 32)
    return Image.fromarray(images.grid(stack, math.ceil(len(pictures) / rows), gap=gap))


def draw(picture: Image.Image, how: str, columns: int, lines: int) -> str:
    """Return what shows a picture in a terminal, at most so many columns and lines large, and ends the line.

    Args:
        picture: RGB.
        how: the protocol.
        columns: of characters.
        lines: of characters.
    """
    if how == BLOCKS:
        return _blocks(picture, columns, lines)
    cell = _cell()
    scale = min(columns * cell[0] / picture.width, lines * cell[1] / picture.height)
    scale = min(scale, _MOST_ENLARGED)
    size = max(1, int(picture.width * scale)), max(1, int(picture.height * scale))
    wide = max(1, math.floor(size[0] / cell[0]))
    if how == SIXEL or scale < 1:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    if how == SIXEL:
        return sixel(picture) + "\n"
    # By its width alone: the terminal keeps the shape, and enlarges what was sent small.
    data = io.BytesIO()
    picture.save(data, "PNG")
    text = base64.b64encode(data.getvalue()).decode()
    if how == KITTY:
        return _kitty(text, wide) + "\n"
    return f"\033]1337;File=inline=1;size={len(data.getvalue())};width={wide}:{text}\a\n"


def _kitty(text: str, wide: int) -> str:
    """Send a PNG in pieces; ``q=2``: the terminal shall not answer, since the answer would stand at the next prompt."""
    pieces = [text[first : first + _KITTY_PIECE] for first in range(0, len(text), _KITTY_PIECE)]
    sent = []
    for number, piece in enumerate(pieces):
        head = f"a=T,f=100,q=2,c={wide}," if number == 0 else ""
        sent.append(f"\033_G{head}m={int(number < len(pieces) - 1)};{piece}\033\\")
    return "".join(sent)


def sixel(picture: Image.Image) -> str:
    """Encode a picture as sixels (DEC STD 070): 255 colours, bands of six rows, runs of what repeats."""
    quantised = picture.convert("RGB").quantize(255, dither=Image.Dither.FLOYDSTEINBERG)
    pixels = np.asarray(quantised)
    height, width = pixels.shape
    palette = np.array(quantised.getpalette()).reshape(-1, 3) * 100 // 255
    parts = [f'\033P0;1q"1;1;{width};{height}']
    parts += [f"#{number};2;{r};{g};{b}" for number, (r, g, b) in enumerate(palette.tolist())]
    for top in range(0, height, 6):
        band = pixels[top : top + 6]
        bits = (1 << np.arange(len(band), dtype=np.uint8))[:, None]
        rows = [f"#{colour}" + _runs(((band == colour) * bits).sum(axis=0)) for colour in np.unique(band).tolist()]
        parts.append("$".join(rows) + "-")
    return "".join(parts) + "\033\\"


def _runs(row: np.ndarray) -> str:
    ends = np.append(np.flatnonzero(np.diff(row)) + 1, len(row))
    text, start = [], 0
    for end in ends.tolist():
        character, count = chr(63 + int(row[start])), end - start
        text.append(f"!{count}{character}" if count > 3 else character * count)
        start = end
    return "".join(text)


def _blocks(picture: Image.Image, columns: int, lines: int) -> str:
    from rich.console import Console as RichConsole

    from artgan.cli.halfblocks import HalfBlocks

    screen = RichConsole(file=sys.stderr, highlight=False)
    if screen.color_system not in {"truecolor", "256"}:
        return ""
    with screen.capture() as captured:
        screen.print(HalfBlocks(picture, columns, lines), end="")
    return captured.get()


def _cell() -> tuple[float, float]:
    """Return the width and height of a character in pixels, as the kernel knows them from the terminal."""
    try:
        import fcntl
        import termios

        answer = fcntl.ioctl(sys.stderr.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
        rows, columns, width, height = struct.unpack("HHHH", answer)
    except (ImportError, OSError, ValueError):
        return _CELL
    return (width / columns, height / rows) if rows and columns and width and height else _CELL
