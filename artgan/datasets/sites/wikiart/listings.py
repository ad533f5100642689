"""One listing of WikiArt, page by page, to its end, which is not always where the site says it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from artgan.datasets.sites.site import Page, Work
from artgan.datasets.sites.wikiart.address import Listing
from artgan.datasets.sites.wikiart.items import work_of
from artgan.datasets.sites.words import by_slug
from artgan.errors import NotFoundError, RemoteError
from artgan.web.answers import Answer, Missing
from artgan.web.client import Web

MOST_PAGES = 60
"""Where every listing ends, however many works the site counts (observed 2018 to 2026)."""

_PAGE_SIZE = 60
_MOST_WORKS = 10_000_000
_TRIES = 2


@dataclass(frozen=True)
class _Envelope:
    """What a page says: its entries, how many there are in all (None: it does not say), how many go on a page."""

    items: list[Any]
    total: int | None
    page_size: int


class _WebPage(Exception):
    """A web page came instead of the list."""


class _Garbled(Exception):
    """What came is no list; the text says what it is."""


def read_listing(listing: Listing, web: Web, max_side: int | None = None) -> Iterator[Page]:
    """Yield the pages of a listing, one a request, each work once.

    Its end is a page without works, one that is no list, or the number of works that was promised. An end that comes
    early, works that could not be read and works that stand on two pages are told in ``Page.warning``.

    Raises:
        NotFoundError: the site does not know it, or has nothing of it.
        RemoteError: a page that must be there is no list, twice.
    """
    return _Reader(listing, web, max_side).pages()


class _Reader:
    """Counts what a listing gives while it is read."""

    def __init__(self, listing: Listing, web: Web, max_side: int | None) -> None:
        self._listing = listing
        self._web = web
        self._max_side = max_side
        self._facts = _facts_of(listing)
        self._seen: set[str] = set()
        self._entries = self._broken = 0
        self._total: int | None = None
        self._page_size = _PAGE_SIZE
        self._number = 0

    def pages(self) -> Iterator[Page]:
        ended = False
        while not ended:
            self._number += 1
            envelope = self._envelope()
            if self._number == 1:
                self._begin(envelope)
            works, troubles = self._works(envelope.items)
            self._entries += len(envelope.items)
            ended = self._is_end(envelope.items, works)
            if ended:
                troubles += self._end()
            yield Page(
                listing=self._listing.title, number=self._number,
                pages=self._number if ended else max(self._number, self._promised),
                listed=max(self._total or 0, len(self._seen)), reachable=max(self._reachable, len(self._seen)),
                works=tuple(works), warning="; ".join(troubles),
            )  # fmt: skip

    @property
    def _reachable(self) -> int:
        return min(self._total or 0, MOST_PAGES * self._page_size)

    @property
    def _promised(self) -> int:
        """Pages that must be there, as far as is known."""
        return max(1, -(-self._reachable // self._page_size))

    def _begin(self, envelope: _Envelope) -> None:
        if not envelope.items:
            raise _not_found(self._listing)
        # A count of nothing beside works is no count.
        self._total = envelope.total or None
        self._page_size = max(envelope.page_size, len(envelope.items))

    def _works(self, items: list[Any]) -> tuple[list[Work], list[str]]:
        """Return the works not seen before, and what could not be read."""
        works, broken = [], []
        for place, item in enumerate(items, 1):
            try:
                work = work_of(item, self._web, self._listing.address, self._max_side, self._facts)
            except ValueError as error:
                broken.append(f"entry {place}: {str(error).splitlines()[0]}")
                continue
            if work.id not in self._seen:
                self._seen.add(work.id)
                works.append(work)
        if not broken:
            return works, []
        self._broken += len(broken)
        return works, [
            f"{self._listing.title}, page {self._number}: {len(broken)} of {len(items)} works could not be read "
            f"({broken[0]})"
        ]

    def _is_end(self, items: list[Any], works: list[Work]) -> bool:
        if not items or self._number >= MOST_PAGES or self._entries == self._total:
            return True
        # Beyond what was promised it goes on as long as it brings something new.
        return self._number >= self._promised and not works

    def _end(self) -> list[str]:
        """Return what a person must know when a listing is over."""
        title, troubles = self._listing.title, []
        promised = min(self._reachable, self._total or 0)
        twice = self._entries - self._broken - len(self._seen)
        if self._entries < promised:
            troubles.append(
                f"{title} ended after {self._entries:,} of {promised:,} works: the same command another time may find "
                "the rest"
            )
        elif twice > 0 and self._total:
            troubles.append(
                f"{title}: {twice:,} works stood there twice, so that as many may be missing: the order seems to have "
                "changed while it was read"
            )
        if self._total and self._total > self._reachable:
            troubles.append(
                f"{title}: WikiArt lists {self._total:,} works and shows the first {self._reachable:,} of them"
            )
        return troubles

    def _envelope(self) -> _Envelope:
        """Ask for a page; one that must be there is asked for twice when it is no list, or is empty."""
        must_be = self._number <= self._promised
        trouble = ""
        for _ in range(_TRIES if must_be else 1):
            try:
                envelope = self._ask()
            except Missing as error:
                if self._number == 1:
                    raise _not_found(self._listing) from error
                return self._nothing()
            except _WebPage:
                trouble = "a web page instead of its list"
                continue
            except _Garbled as error:
                trouble = str(error)
                continue
            if envelope.items or not must_be or not (self._total or envelope.total):
                return envelope
            trouble = f"an empty list, though it counts {envelope.total or self._total:,} works"
        # Past the end it may answer with what it likes; so may a list that stops early, when it stops with nothing.
        if not must_be or (self._number > 1 and trouble.startswith("an empty")):
            return self._nothing()
        raise self._unexpected(trouble)

    def _ask(self) -> _Envelope:
        url = self._listing.page_address(self._number)
        headers = {"X-Requested-With": "XMLHttpRequest", "Referer": self._listing.address}
        # For words that it does not know, the site has been seen to go on to an error page, which answers 500.
        answer = self._web.get(
            url, headers=headers, error_statuses=frozenset((500,)) if self._number == 1 else frozenset()
        )
        if answer.status != 200 or not _is_json(answer):
            if self._number == 1 and _path(answer.url) != _path(url):
                raise Missing("missing: it leads to another page", url)
            if answer.status != 200:
                answer = self._web.get(url, headers=headers)
        return _read(answer)

    def _nothing(self) -> _Envelope:
        return _Envelope([], self._total, self._page_size)

    def _unexpected(self, trouble: str) -> RemoteError:
        where = self._listing.page_address(self._number)
        return RemoteError(
            f"WikiArt answered with {trouble} ({self._listing.title}, page {self._number})",
            "the same command later may do; if it does not, look at this address in a browser: "
            f"{self._listing.address if self._number == 1 else where}",
        )


def _facts_of(listing: Listing) -> dict[str, Any]:
    """Return what a listing tells of all its works."""
    if listing.kind == "genre":
        return {"genre": listing.word}
    if listing.kind == "style":
        entry = by_slug("style", listing.word)
        return {"style": entry.title if entry else listing.word.replace("-", " ")}
    return {}


def _not_found(listing: Listing) -> NotFoundError:
    hint = {
        "genre": "see the genres with: artgan genres",
        "style": "see the styles with: artgan genres --styles",
        "artist": f"see whether this is the artist's page: {listing.address}",
    }.get(listing.kind, "try another word")
    return NotFoundError(f"WikiArt lists no works for {listing.title}", hint)


def _path(url: str) -> str:
    return urlsplit(url).path.casefold().rstrip("/")


def _is_json(answer: Answer) -> bool:
    return answer.body.lstrip()[:1] in (b"{", b"[")


def _read(answer: Answer) -> _Envelope:
    """Read an answer as a page of a listing."""
    if not _is_json(answer) and (b"<" in answer.body[:1000] or "html" in answer.content_type):
        raise _WebPage
    try:
        # Deep nesting and endless numbers raise these, too.
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise _Garbled("something that is no JSON") from error
    if not isinstance(found, dict):
        raise _Garbled("JSON that is no list of works")
    items = found.get("Paintings", "")
    if items is not None and not isinstance(items, list):
        raise _Garbled("a list of works of another make than known")
    total = _count(found.get("AllPaintingsCount"), _MOST_WORKS)
    return _Envelope(items or [], total, _count(found.get("PageSize"), 1000) or _PAGE_SIZE)


def _count(value: Any, most: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None
