"""A person takes pictures out of a dataset, or back in."""

from __future__ import annotations

import difflib
from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from artgan.datasets.human_names import FOLDER, link_all
from artgan.datasets.manifest import BY_HAND, DatasetFolder, ImageRecord, described, is_by_hand
from artgan.errors import NotFoundError, UsageError
from artgan.records import now

_MOST_NAMED = 5


@dataclass(frozen=True)
class Dropped:
    """What was done.

    Attributes:
        changed: records that were taken out, or back in, as they are now.
        before: those that were so already.
        left: how many pictures are in use now.
    """

    changed: list[ImageRecord]
    before: list[ImageRecord]
    left: int


def drop(folder: DatasetFolder, ids: Sequence[str], *, undo: bool = False, dry_run: bool = False) -> Dropped:
    """Take pictures out of use; their files stay, and no later import or fetch takes them in again.

    Args:
        folder: of the dataset.
        ids: of pictures, or beginnings that mean one.
        undo: take pictures that were dropped by hand back into use.
        dry_run: write nothing.

    Raises:
        NotFoundError: no picture has such an id; the hint names the nearest.
        UsageError: a beginning means several pictures, or the picture is out of use for another reason.
        BusyError: another process is at work on the dataset.
    """
    with nullcontext() if dry_run else folder.writing():
        dataset, records = folder.read(), folder.records()
        chosen = list(dict.fromkeys(_find(folder.name, records, text) for text in ids))
        asked = [record for record in records if record.id in chosen]
        before = [record for record in asked if is_by_hand(record) != undo]
        changed = {record.id: _changed(record, undo) for record in asked if record not in before}
        after = [changed.get(record.id, record) for record in records]
        if changed and not dry_run:
            folder.write_records(after)
            folder.write(dataset.model_copy(update=described(after)))
            if (folder.path / FOLDER).is_dir():
                deque(link_all(folder, after), maxlen=0)
    return Dropped(list(changed.values()), before, sum(record.status == "ok" for record in after))


def _changed(record: ImageRecord, undo: bool) -> ImageRecord:
    status, reason = ("ok", "") if undo else ("dropped", f"{BY_HAND}: dropped on {now().date()}")
    return record.model_copy(update={"status": status, "reason": reason})


def _find(name: str, records: Sequence[ImageRecord], text: str) -> str:
    """Return the id that a text means."""
    known = [record for record in records if record.status == "ok" or is_by_hand(record)]
    exact = [record.id for record in records if record.id == text]
    found = exact or [record.id for record in known if text and record.id.startswith(text)]
    if len(found) > 1:
        more = ", ..." if len(found) > _MOST_NAMED else ""
        raise UsageError(
            f"{text!r} is the beginning of {len(found)} ids of {name!r}",
            f"write more of one: {', '.join(found[:_MOST_NAMED])}{more}",
        )
    if not found:
        ids = [record.id for record in known]
        near = difflib.get_close_matches(text, ids, n=3, cutoff=0.4) or ids[:3]
        raise NotFoundError(
            f"no picture of {name!r} has an id that begins with {text!r}", f"nearest: {', '.join(near)}"
        )
    for record in records:
        if record.id == found[0] and record not in known:
            raise UsageError(f"{text} of {name!r} is not in use anyway: {record.reason or record.status}")
    return found[0]
