"""The same picture twice: files of the same content, and pictures that look alike."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice

from artgan.datasets.dhash import near_pairs
from artgan.datasets.looking import Looked, skipped
from artgan.datasets.manifest import ImageRecord
from artgan.events import Event, Note

_EXAMPLES = 3  # near-duplicates named in the note


def without_duplicates(looked: list[Looked]) -> Generator[Event, None, list[Looked]]:
    """Leave out the second and later files of the same content."""
    first: dict[str, str] = {}
    kept = []
    for entry, record in looked:
        if record.status == "ok" and record.sha256:
            original = first.setdefault(record.sha256, record.id)
            if original != record.id:
                record = _dropped(record, f"duplicate: same content as {original}")
                yield skipped(record)
        kept.append((entry, record))
    return kept


def near_duplicates(records: list[ImageRecord]) -> dict[str, str]:
    """Map the id of every picture that looks like a larger one to the id of that one."""
    used = [record for record in records if record.status == "ok"]
    used.sort(key=lambda r: (-(r.width or 0) * (r.height or 0), -(r.bytes or 0), r.id))
    alike: dict[str, str] = {}
    for larger, smaller, _ in near_pairs([record.dhash or "0" for record in used]):
        # Only what stays is a reason to leave something out, so that no chain of likenesses empties a series.
        if used[larger].id not in alike:
            alike.setdefault(used[smaller].id, used[larger].id)
    return alike


def without_near_duplicates(
    looked: list[Looked], alike: dict[str, str], drop: bool
) -> Generator[Event, None, list[Looked]]:
    """Say which pictures look alike, and leave the smaller ones out when that was asked for."""
    if not alike:
        return looked
    examples = ", ".join(f"{one} (like {other})" for one, other in islice(sorted(alike.items()), _EXAMPLES))
    more = ", ..." if len(alike) > _EXAMPLES else ""
    done = "left out" if drop else "kept; --drop-near-duplicates leaves them out"
    yield Note(text=f"near-duplicates of larger pictures: {len(alike)}, {done}: {examples}{more}")
    if not drop:
        return looked
    kept = []
    for entry, record in looked:
        if record.id in alike:
            record = _dropped(record, f"near-duplicate: of {alike[record.id]}")
            yield skipped(record)
        kept.append((entry, record))
    return kept


def _dropped(record: ImageRecord, reason: str) -> ImageRecord:
    return record.model_copy(update={"status": "dropped", "reason": reason, "file": None})
