"""Rows for people, in columns that fit the terminal. Loads nothing, so that ``artgan list`` stays quick."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

_GAP = 2
_NARROWEST = 6


class Column(NamedTuple):
    """A column: its heading, whether it holds numbers, and whether it gives way when there is little room."""

    heading: str
    right: bool = False
    shrinks: bool = False


def layout(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Align rows under their headings.

    Args:
        columns: the headings; columns without any value are left out.
        rows: texts, one for each column.
        width: columns of the terminal. What does not fit is cut with "…", in the columns that may shrink first; then
            columns are dropped from the right.

    Returns:
        The heading and the rows, none wider than ``width``.
    """
    table = [[column.heading for column in columns], *([_clean(cell) for cell in row] for row in rows)]
    kept = [i for i in range(len(columns)) if not rows or any(row[i] for row in table[1:])]
    widths = {i: max(text_width(row[i]) for row in table) for i in kept}
    while _total(widths) > width:
        wide = [i for i in widths if columns[i].shrinks and widths[i] > _NARROWEST]
        if wide:
            widest = max(wide, key=widths.__getitem__)
            widths[widest] = max(_NARROWEST, widths[widest] - (_total(widths) - width))
        elif len(widths) > 1:
            del widths[max(widths)]
        else:
            widths = dict.fromkeys(widths, width)
    return [(" " * _GAP).join(_fit(row[i], widths[i], columns[i].right) for i in widths).rstrip() for row in table]


def facts(rows: Iterable[tuple[str, str]], width: int, style: Callable[[str], str] = str) -> list[str]:
    """Align facts: a name, two spaces, what it is, in as many lines as the width asks for.

    Args:
        rows: names and values; those without a value are left out.
        width: columns of the terminal.
        style: how a name is set off.
    """
    kept = [(name, value) for name, value in rows if value]
    label = max((len(name) for name, _ in kept), default=0)
    lines = []
    for name, value in kept:
        # A path stays in one piece, so that it can be copied.
        wrapped = textwrap.wrap(
            _clean(value), max(20, width - label - _GAP), break_long_words=False, break_on_hyphens=False
        )
        lines.append(f"{style(name.ljust(label))}  {wrapped[0]}")
        lines += [" " * (label + _GAP) + line for line in wrapped[1:]]
    return lines


def text_width(text: str) -> int:
    """Return how many columns of a terminal a text takes; East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


def _fit(text: str, width: int, right: bool) -> str:
    if text.isascii() and len(text) <= width:
        return text.rjust(width) if right else text.ljust(width)
    if text_width(text) > width:
        kept, used = "", 0
        for char in text:
            used += _char_width(char)
            if used > width - 1:
                break
            kept += char
        text = kept + "…"
    padding = " " * (width - text_width(text))
    return padding + text if right else text + padding


def _clean(text: str) -> str:
    """Take out what would move the cursor or break a row."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
