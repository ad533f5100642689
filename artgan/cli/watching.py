"""A picture of something that changes, drawn again and again on the terminal's other screen."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from artgan.cli import terminal


def watch(frames: Iterable[list[str]], end: str = "Ctrl-C ends the watch") -> bool:
    """Draw each frame over the one before it, until there are no more, or Ctrl-C.

    Args:
        frames: lines of text; what does not fit is left out. Whoever makes them waits between two.
        end: the last line of each.

    Returns:
        Whether there are no more; False after Ctrl-C.
    """
    sys.stdout.write("\033[?1049h\033[?25l")
    try:
        for frame in frames:
            lines = [*frame[: max(1, terminal.height() - 2)], terminal.style(end, "dim")]
            sys.stdout.write("\033[H\033[J" + "\n".join(lines))
            sys.stdout.flush()
    except KeyboardInterrupt:
        return False
    finally:
        sys.stdout.write("\033[?25h\033[?1049l")
        sys.stdout.flush()
    return True
