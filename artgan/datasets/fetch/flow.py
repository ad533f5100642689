"""How a fetch goes: the listing, the plan, the works, the books."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from artgan.datasets import human_names
from artgan.datasets.fetch.downloading import Outcome
from artgan.datasets.fetch.plan import Planned, expected
from artgan.datasets.fetch.selection import Selection, left_out
from artgan.datasets.fetch.wanted import Wanted
from artgan.datasets.fetch.workplace import Asked, Manners, Workplace
from artgan.datasets.manifest import (
    Dataset,
    DatasetFolder,
    ImageRecord,
    Painting,
    described,
    first_word,
    status_counts,
)
from artgan.datasets.sites.site import Query, Site, Work
from artgan.errors import ArtganError, DiskFullError, UsageError
from artgan.events import Event, Finished, ImageSaved, Note, Progress, Skipped
from artgan.records import now
from artgan.web.client import Unavailable

_PAGE = "page"
_OF_PAINTING = set(Painting.model_fields)
_NOT_OF_FILE = {"status", "reason", "source"}
_OF_FILE = {"width", "height", "image_url"} | set(ImageRecord.model_fields) - _OF_PAINTING - _NOT_OF_FILE


class Fetched(Finished):
    """What a fetch came to; also when it was stopped or the site refused.

    Attributes:
        name: of the dataset.
        path: of its folder.
        counts: "ok" and, for what is not in use, the first words of the reasons.
        filtered: works of the listing that were not wanted, by the first word of the reason.
        new: pictures saved this time.
        failed: works that another time may bring.
        waiting: works that were not come to.
        bytes: received.
        near_duplicates: pictures that look like a larger one.
        licenses: pictures in use by their licence.
        stopped: whether somebody asked to stop.
    """

    name: str
    path: Path
    counts: dict[str, int]
    filtered: dict[str, int]
    new: int
    failed: int
    waiting: int
    bytes: int
    near_duplicates: int
    licenses: dict[str, int]
    stopped: bool


class Fetching:
    """One fetch; see ``artgan.datasets.fetching.fetch``."""

    def __init__(
        self,
        site: Site,
        query: Query,
        wanted: Wanted,
        folder: DatasetFolder,
        *,
        human_names: bool,
        rights: str,
        dry: bool,
    ) -> None:
        self._site = site
        self._query = query
        self._wanted = wanted
        self._folder = folder
        self._human_names = human_names
        self._rights = rights
        self._dry = dry
        self._asks_pages = site.details_needed or wanted.license == "public-domain"
        self._started = time.monotonic()
        self._outcomes: Counter[str] = Counter()
        self._new = self._bytes = self._under_way = 0

    def run(self, manners: Manners, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Fetch, as a stream of events."""
        with Workplace(self._site, self._folder, self._wanted, manners, should_stop, dry=self._dry) as self._place:
            self._before = self._checked()
            self._rights = self._rights or (self._before.rights if self._before else "") or self._site.rights
            self._ledger = self._place.ledger
            self._selection = Selection(self._wanted, self._ledger)
            self._pages = self._site.listing(self._query, self._place.web)
            error: ArtganError | None = None
            stopped = planned = False
            try:
                yield from self._list()
                yield self._plan()
                planned = not self._dry
                if planned:
                    self._describe(list(self._ledger))
                    yield from self._fetch_and_compare()
            except ArtganError as trouble:
                error = trouble
            except Asked:
                stopped = True
            if planned:
                # With a full disk nothing more is written: the manifest has a line for every picture already.
                if not isinstance(error, DiskFullError):
                    for done in self._place.last():
                        if done.key != _PAGE:
                            yield from self._note(*done.value)
                    yield from self._close_books()
                yield self._result(stopped, early=stopped or error is not None)
            if error:
                raise error

    def _checked(self) -> Dataset | None:
        """Return what the dataset was before.

        Raises:
            UsageError: it was made of something else.
        """
        if not self._folder.exists():
            return None
        before = self._folder.read()
        try:
            same = Query.model_validate(before.query["query"]).same_place(self._query)
        except (KeyError, ValidationError):
            same = False
        if not same:
            raise UsageError(
                f"a dataset named {self._folder.name!r} exists, made of {before.source or 'something else'}",
                f"choose another name: --name {self._folder.name}-2",
            )
        return before

    # -- the listing and the plan

    def _list(self) -> Iterator[Event]:
        """Read the listing to its end, or until it certainly holds enough."""
        limit = self._wanted.limit
        while not self._selection.exhausted and (limit is None or self._ledger.kept + len(self._selection) < limit):
            yield from self._read_page()

    def _read_page(self) -> Iterator[Event]:
        """Read the next page; nothing else is under way meanwhile."""
        self._place.crew.begin(_PAGE, lambda: next(self._pages, None))
        page = (yield from self._place.take()).value
        if page is not None and page.warning:
            yield Note(text=page.warning, level="warning")
        for work, outcome in self._selection.add(page):
            yield from self._note(work, outcome, asked=False)
        listings = self._selection.listings
        if page is not None:
            yield Progress(stage="list", done=listings.read, total=listings.pages, unit="pages")

    def _plan(self) -> Planned:
        works = self._selection.waiting()
        limit = self._wanted.limit
        if limit is not None:
            works = works[: max(0, limit - self._ledger.kept)]
        estimate = expected(works, self._site.hosts, details=self._asks_pages)
        existing = next(p for p in (self._folder.path, *self._folder.path.absolute().parents) if p.exists())
        listings = self._selection.listings.each()
        return Planned(
            name=self._folder.name, path=self._folder.path, site=self._site.title, query=self._query.in_words(),
            listings=listings, works=len(self._selection.order), complete=self._selection.exhausted,
            here=self._ledger.kept, settled=self._selection.settled,
            filtered=dict(self._selection.filtered.most_common()), to_fetch=len(works), limit=limit,
            requests=estimate.requests, bytes=estimate.bytes, seconds=estimate.seconds,
            free_bytes=shutil.disk_usage(existing).free,
            rights="" if self._before else self._rights,
            capped=not self._query.beyond_cap and any(each.listed > each.reachable for each in listings),
        )  # fmt: skip

    # -- the works

    def _fetch_and_compare(self) -> Iterator[Event]:
        while True:
            yield from self._fetch()
            # Pictures that are there twice, which shows only now, do not count for the limit.
            self._ledger.close(self._selection.order)
            if self._wanted.limit is None or self._has_enough() or self._is_through():
                return

    def _fetch(self) -> Iterator[Event]:
        """Ask for works, several at a time, until there are enough or no more."""
        crew = self._place.crew
        while True:
            # Those kept and those under way together reach the limit, never exceed it.
            while crew.busy < crew.workers and not self._has_enough() and (work := self._selection.next()):
                crew.begin(work, partial(self._get, work))
                self._under_way += 1
            if crew.busy:
                done = yield from self._place.take()
                yield from self._note(*done.value)
                yield self._progress()
            elif self._has_enough() or self._is_through():
                return
            else:
                yield from self._read_page()

    def _has_enough(self) -> bool:
        limit = self._wanted.limit
        return limit is not None and self._ledger.kept + self._place.crew.busy >= limit

    def _is_through(self) -> bool:
        return self._selection.exhausted and not len(self._selection)

    def _get(self, work: Work) -> tuple[Work, Outcome]:
        """Look into one work and fetch it; called by the workers."""
        here = self._ledger.get(work.id)
        if self._asks_pages and not work.detailed:
            try:
                work = self._site.details(work, self._place.web)
            except Unavailable as error:
                return work, Outcome("failed", f"{error.reason} (its page)")
            if work.placeholder:
                return work, left_out(work)
            reason = self._wanted.reason_against(work)
            fields = {name: getattr(here, name) for name in _OF_FILE} if here is not None and here.file else {}
            if reason or fields:
                return work, Outcome("dropped" if reason else "ok", reason, fields)
        failed_before = here is not None and here.status == "failed"
        return work, self._place.downloader.get(work.id, work.versions, settle=failed_before)

    def _note(self, work: Work, outcome: Outcome, *, asked: bool = True) -> Iterator[Event]:
        """Write down what became of a work; what a listing says for the second time is no news."""
        self._under_way -= asked
        known = self._ledger.get(work.id)
        record = record_of(work, outcome)
        self._ledger.add(record)
        if record.status == "ok":
            if known is None or (known.file, known.sha256) != (record.file, record.sha256):
                self._new += 1
                self._bytes += record.bytes or 0
                yield ImageSaved(path=self._folder.file_of(record))
        elif asked or known is None or known.reason != record.reason:
            self._outcomes[first_word(record.reason)] += 1
            named = f"{record.id} ({record.title})" if record.title else record.id
            yield Skipped(source=named, status=record.status, reason=record.reason)

    def _progress(self) -> Progress:
        kept, limit = self._ledger.kept, self._wanted.limit
        done = kept if limit is not None else kept + self._outcomes.total()
        total = done + len(self._selection) + self._under_way
        if limit is not None:
            total = min(limit, total) if self._selection.exhausted else limit
        counts = {"kept": kept, **dict(self._outcomes.most_common())}
        return Progress(stage="fetch", done=done, total=total, counts=counts, bytes=self._bytes)

    # -- the books

    def _close_books(self) -> Iterator[Event]:
        records = self._ledger.close(self._selection.order)
        self._describe(records)
        if self._human_names:
            yield from human_names.link_all(self._folder, records)
        odd = sum(1 for record in records if _has_other_size(record))
        if odd:
            yield Note(text=f"pictures of another size than the listing says: {odd}")

    def _describe(self, records: list[ImageRecord]) -> None:
        """Write ``dataset.json``; its times are the servers', so that the same fetch makes the same file."""
        facts = described(records)
        times = facts["timings"]
        asked: dict[str, Any] = {
            "query": self._query.model_dump(mode="json", exclude_defaults=True) | {"source": self._query.source},
            "wanted": self._wanted.model_dump(mode="json", exclude_defaults=True),
            "human_names": self._human_names,
        }
        self._folder.write(
            Dataset(
                name=self._folder.name, source=f"{self._site.title}: {self._query.in_words()}",
                layout=self._site.name, prepared=self._before.prepared if self._before else [],
                created=times.first if times else self._before.created if self._before else now(),
                updated=times.last if times else None, rights=self._rights, query=asked, **facts,
            )
        )  # fmt: skip

    def _result(self, stopped: bool, *, early: bool) -> Fetched:
        records = list(self._ledger)
        used = [record for record in records if record.status == "ok"]
        return Fetched(
            seconds=time.monotonic() - self._started, name=self._folder.name, path=self._folder.path,
            counts=status_counts(records), filtered=dict(self._selection.filtered.most_common()), new=self._new,
            failed=sum(record.status == "failed" for record in records),
            waiting=len(self._selection) + self._under_way if early else 0, bytes=self._bytes,
            near_duplicates=len(self._ledger.alike), stopped=stopped,
            licenses=dict(Counter(record.license or "unknown" for record in used).most_common()),
        )  # fmt: skip


def record_of(work: Work, outcome: Outcome) -> ImageRecord:
    """Return the manifest's record of what became of a work."""
    facts: dict[str, Any] = {**work.model_dump(include=_OF_PAINTING), "width": None, "height": None}
    facts |= {"listed_width": work.width, "listed_height": work.height, "license": work.license or "unknown"}
    return ImageRecord(**facts | outcome.fields, status=outcome.status, reason=outcome.reason)


def _has_other_size(record: ImageRecord) -> bool:
    sizes = (record.listed_width, record.listed_height)
    return record.version == "original" and None not in sizes and sizes != (record.width, record.height)
