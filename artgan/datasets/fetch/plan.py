"""What will come, said before it comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from artgan.datasets.sites.site import Page, Work
from artgan.events import Event
from artgan.web.hosts import HostClass
from artgan.web.limiter import usual_spacing_s

BYTES_PER_PIXEL = 0.3
"""Of a painting's JPEG: between the 0.1 of a smooth derivative and the 0.7 of a rich scan; an estimate, and said so."""

USUAL_BYTES = 200_000
"""Of a picture of unknown size; the median original on WikiArt has 164 kB, the mean more."""


class Listing(NamedTuple):
    """One listing of a site."""

    title: str
    listed: int
    reachable: int
    pages: int


class Planned(Event):
    """What a fetch is about to do; the first thing it says once it knows.

    Attributes:
        name: of the dataset.
        path: of its folder.
        site: for a person.
        query: what was asked for, for a person.
        listings: what the site says it has, and how much of that its listing gives.
        works: different works found in the pages read so far.
        complete: whether those are all pages; with a limit, reading ends when there is enough.
        here: pictures that are in the dataset already.
        settled: works that were looked into before and are not in use.
        filtered: works that are not wanted, by the first word of the reason.
        to_fetch: works that will be asked for, before any limit.
        limit: most pictures in the dataset.
        requests: about how many there will be, beside those of the listing.
        bytes: about how many will come.
        free_bytes: on the disk.
        seconds: about how long it takes at the promised pace, with a line that is not the bottleneck.
        rights: what may be done with the pictures, where the dataset is new.
        capped: whether the site has more than its listing gives, and slicing by year was not asked for.
    """

    name: str
    path: Path
    site: str
    query: str
    listings: tuple[Listing, ...]
    works: int
    complete: bool
    here: int
    settled: int
    filtered: dict[str, int]
    to_fetch: int
    limit: int | None
    requests: int
    bytes: int
    free_bytes: int
    seconds: float
    rights: str
    capped: bool


class Listings:
    """Adds up pages, listing by listing."""

    def __init__(self) -> None:
        self._newest: dict[str, Page] = {}
        self.read = 0

    def add(self, page: Page) -> None:
        self._newest[page.listing] = page
        self.read += 1

    @property
    def pages(self) -> int:
        """Requests that all listings met so far will take."""
        return max(self.read, sum(page.pages for page in self._newest.values()))

    def each(self) -> tuple[Listing, ...]:
        return tuple(Listing(p.listing, p.listed, p.reachable, p.pages) for p in self._newest.values())


class Estimate(NamedTuple):
    """About how much it will be."""

    requests: int
    bytes: int
    seconds: float


def expected(works: Sequence[Work], hosts: Sequence[HostClass], *, details: bool) -> Estimate:
    """Return about how much it takes to fetch works, on a line that is not the bottleneck.

    Args:
        works: to be fetched.
        hosts: of the site; the first class has its pages, the last its pictures.
        details: whether the page of each work is read, too.
    """
    pages = sum(not work.detailed for work in works) if details else 0
    seconds = max(len(works) * usual_spacing_s(hosts[-1]), pages * usual_spacing_s(hosts[0]))
    return Estimate(len(works) + pages, sum(_bytes_of(work) for work in works), seconds)


def _bytes_of(work: Work) -> int:
    """Return about how many bytes the version has that is tried first."""
    first = work.versions[0] if work.versions else None
    width = (first and first.width) or work.width
    height = (first and first.height) or work.height
    return round(width * height * BYTES_PER_PIXEL) if width and height else USUAL_BYTES
