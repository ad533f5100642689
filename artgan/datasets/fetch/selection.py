"""Which of the works that a site lists are still to be asked for."""

from __future__ import annotations

from collections import Counter, deque

from artgan.datasets.fetch.downloading import Outcome
from artgan.datasets.fetch.ledger import Ledger
from artgan.datasets.fetch.plan import Listings
from artgan.datasets.fetch.wanted import Wanted, is_permanent
from artgan.datasets.manifest import ImageRecord, Status, first_word
from artgan.datasets.sites.site import Page, Work

# What a listing or a page says instead of a picture, and the status that it is; the rest is not wanted.
_STATUS_OF: dict[str, Status] = {
    "placeholder": "placeholder", "no-image": "gone", "address": "gone", "missing": "gone",
}  # fmt: skip
_TOLD_BY_PAGE = (
    "style", "media", "tags", "location", "credit", "license", "license_labels", "date", "year", "year_from", "year_to",
)  # fmt: skip


class Selection:
    """Sorts listed works: here already, settled another time, not wanted, to be asked for."""

    def __init__(self, wanted: Wanted, ledger: Ledger) -> None:
        self._wanted = wanted
        self._ledger = ledger
        self._fresh: deque[Work] = deque()
        # What failed another time comes last: it may fail again, and take the rest with it.
        self._again: deque[Work] = deque()
        self.listings = Listings()
        self.order: dict[str, int] = {}
        """The place of each id in the listing."""
        self.filtered: Counter[str] = Counter()
        self.settled = 0
        self.exhausted = False
        """Whether the listing has no more pages."""

    def __len__(self) -> int:
        return len(self._fresh) + len(self._again)

    def waiting(self) -> list[Work]:
        """Return the works to be asked for, as far as the listing was read."""
        return [*self._fresh, *self._again]

    def next(self) -> Work | None:
        """Take the next work to be asked for; None when another page must be read, or all is done."""
        if self._fresh:
            return self._fresh.popleft()
        return self._again.popleft() if self._again and self.exhausted else None

    def add(self, page: Page | None) -> list[tuple[Work, Outcome]]:
        """Sort the works of a page; None is the end of the listing.

        Returns:
            Works of which the listing itself says that there is no picture.
        """
        if page is None:
            self.exhausted = True
            return []
        self.listings.add(page)
        without = []
        for work in page.works:
            if work.id not in self.order:
                self.order[work.id] = len(self.order)
                if outcome := self._sort(work):
                    without.append((work, outcome))
        return without

    def _sort(self, work: Work) -> Outcome | None:
        record = self._ledger.get(work.id)
        if record is None:
            if work.placeholder:
                return left_out(work)
            reason = self._wanted.reason_against(work)
        else:
            unread = self._wanted.is_unread(record)
            if record.status == "ok" or (record.file and not (unread and record.reason.startswith("licence:"))):
                return None
            if is_permanent(record):
                self.settled += 1
                return None
            work = _with_what_is_known(work, record)
            if work.placeholder:
                return left_out(work)
            reason = self._wanted.reason_against(work) or ("" if unread else self._wanted.reason_against_record(record))
        if reason:
            self.filtered[first_word(reason)] += 1
        else:
            (self._again if record is not None and record.status == "failed" else self._fresh).append(work)
        return None


def left_out(work: Work) -> Outcome:
    """Return what becomes of a work of which the site says that there is no picture to be had."""
    return Outcome(_STATUS_OF.get(first_word(work.placeholder), "dropped"), work.placeholder)


def _with_what_is_known(work: Work, record: ImageRecord) -> Work:
    """Add to a listed work what its own page told another time."""
    if record.license_labels is None:
        return work
    facts = {name: value for name in _TOLD_BY_PAGE if (value := getattr(record, name)) is not None}
    # A site whose listing tells too little has told the versions on that page, too.
    return work.model_copy(update={**facts, "detailed": bool(work.versions)})
