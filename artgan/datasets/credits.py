"""Who painted what, where it was found and what may be done with it, in words for a person."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from artgan.datasets.manifest import ImageRecord, Painting

_LICENCES = {"public-domain": "Public domain", "restricted": "Restricted", "unknown": "Licence unknown"}
# Format characters that turn the direction of a line or cannot be seen; the two joiners shape letters and stay.
_JOINERS = "\u200c\u200d"


def plain(text: str | None) -> str:
    """Return a text on one line, without what would move a cursor, turn the line round or cannot be written."""
    if not text:
        return ""
    kinds = ((char, unicodedata.category(char)) for char in text)
    kept = (" " if kind == "Cc" else char for char, kind in kinds if kind not in ("Cf", "Cs") or char in _JOINERS)
    return " ".join("".join(kept).split())


def when(painting: Painting) -> str:
    """Return the date of a painting in its source's words, else its year, else nothing."""
    date = plain(painting.date)
    return date if any(char.isalnum() for char in date) else year_of(painting)


def year_of(painting: Painting) -> str:
    """Return the year of a painting: "1906", "120 BC", or nothing."""
    if painting.year is None:
        return ""
    return str(painting.year) if painting.year > 0 else f"{-painting.year} BC"


def attribution(record: ImageRecord, rights: str = "") -> str:
    """Say on one line what a picture is and whom to thank for it.

    Args:
        record: of the picture.
        rights: what is known of the rights of the whole dataset; said where the record itself says nothing of them.

    Returns:
        "Title, Artist, date. https://source.page Credit line. Licence.", without what is not known.
    """
    work = ", ".join(text for text in (plain(record.title) or record.id, plain(record.artist), when(record)) if text)
    page = plain(record.page_url)
    labels = "; ".join(text for text in map(plain, record.license_labels or ()) if text)
    pieces = [_sentence(work)]
    pieces += [page] if page.startswith(("https://", "http://")) else []
    pieces += [_sentence(plain(record.credit)), _sentence(labels or _LICENCES.get(record.license or "", ""))]
    if not record.credit and record.license in (None, "unknown"):
        pieces.append(_sentence(plain(rights)))
    return " ".join(piece for piece in pieces if piece)


def credit_lines(records: Iterable[ImageRecord], rights: str = "") -> list[str]:
    """Return the attribution of every picture, sorted, and at the end what is known of the rights of all."""
    lines = sorted((attribution(record) for record in records), key=lambda line: (line.casefold(), line))
    return [*lines, f"Rights: {plain(rights)}"] if rights else lines


def _sentence(text: str) -> str:
    # No full stop behind an address: it would be copied with it.
    ended = not text or text.endswith((".", "!", "?", "…")) or "://" in text.rpartition(" ")[2]
    return text if ended else f"{text}."
