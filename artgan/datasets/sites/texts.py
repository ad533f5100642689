"""What other people wrote, made fit for a line of a manifest."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_LONGEST = 1000
# Control characters, halves of surrogate pairs, and what turns the direction of writing: nothing of it is a title's,
# and a terminal or a JSON file would suffer from it.
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def plain(value: Any, longest: int = _LONGEST) -> str | None:
    """Return a text in one line, NFC, without control characters; None where there is none.

    Args:
        value: anything; a number becomes its digits, whatever else is no text becomes None.
        longest: most characters; the rest is cut off.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    text = " ".join(_HOSTILE.sub(" ", value[: 4 * longest]).split())
    return unicodedata.normalize("NFC", text)[:longest].strip() or None


def positive(value: Any, most: int = 1_000_000) -> int | None:
    """Return a number of pixels; None for what cannot be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most else None
