"""What a picture is called in its dataset: made of its path alone, safe as a file name on every system."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from artgan import files
from artgan.datasets.layouts.entry import Entry

# Hexadecimal digits of the path's SHA-256 behind a name that had to be changed: among 100,000 such names of the same
# beginning the odds of a clash, which a counter then resolves, are one to one; among 100 they are one in a million.
_DIGITS = 8


def assign_ids(entries: Sequence[Entry], known: Mapping[str, str]) -> list[str]:
    """Name each entry: what its layout proposes, else its path with "__" between folders, without the suffix.

    A name that is not safe as it stands (foreign letters, too long, hostile), or that two entries share when letter
    case is ignored, gets a few digits of its path's hash. The same paths give the same names on every import.

    Args:
        entries: all of a source, in its order; not a selection, so that a selection gives the same names.
        known: names given by an earlier import, by ``printable`` path; they are kept.

    Returns:
        As many ids, all different even when case is ignored.
    """
    wished = [_wish(entry) for entry in entries]
    counts = Counter(name.casefold() for name, _ in wished)
    kept = [known.get(printable(entry.file.path), "") for entry in entries]
    taken = {name.casefold() for name in kept}
    ids = []
    for entry, earlier, (name, clean) in zip(entries, kept, wished, strict=True):
        # Of two members of a zip with one path, the first keeps the name.
        if earlier and earlier.casefold() in taken:
            taken.discard(earlier.casefold())
            ids.append(earlier)
            continue
        if not clean or counts[name.casefold()] > 1 or name.casefold() in taken:
            name = f"{name}-{_digest(entry.file.path)}"
        ids.append(name)
    return _numbered(ids)


def printable(path: str) -> str:
    """Return a path as it can be written to a file: bytes that are no UTF-8 become marks."""
    if path.isascii():
        return path
    return path.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _wish(entry: Entry) -> tuple[str, bool]:
    """Return the name an entry would like, and whether it says everything that the path says."""
    if entry.id:
        text = entry.id
    else:
        parts = [part for part in f"{entry.file.folder}/{entry.file.stem}".split("/") if part not in ("", ".", "..")]
        text = "__".join(parts)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = files.safe_name(plain)
    return name, name == text


def _numbered(ids: list[str]) -> list[str]:
    """Put -2, -3 ... behind ids that came out alike all the same."""
    seen: set[str] = set()
    found = []
    for name in ids:
        number, candidate = 1, name
        while candidate.casefold() in seen:
            number += 1
            candidate = f"{name}-{number}"
        seen.add(candidate.casefold())
        found.append(candidate)
    return found


def _digest(path: str) -> str:
    data = unicodedata.normalize("NFC", path).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:_DIGITS]
