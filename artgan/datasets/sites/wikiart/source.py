"""WikiArt as a site: what it is called, whom it asks, and how it answers a query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from artgan.datasets.sites.combining import combined
from artgan.datasets.sites.site import Page, Query, Work
from artgan.datasets.sites.wikiart.address import Listing, listings_of
from artgan.datasets.sites.wikiart.listings import read_listing
from artgan.datasets.sites.wikiart.slices import read_slices
from artgan.datasets.sites.wikiart.versions import is_placeholder
from artgan.datasets.sites.words import by_slug
from artgan.web.client import Web
from artgan.web.hosts import HostClass


class WikiArt:
    """www.wikiart.org."""

    name = "wikiart"
    title = "WikiArt"
    rights = (
        "WikiArt gives no licence on its collection: it shows works in the public domain, and others as fair use, in "
        "low resolution and for information. Look at the licence of each work before you publish what is made of it."
    )
    hosts: tuple[HostClass, ...] = (
        # What polite programs of 2026 keep to; the terms of use say nothing of programs, robots.txt allows all.
        HostClass("www.wikiart.org", re.compile(r"www\.wikiart\.org"), 1.0),
        HostClass("pictures of WikiArt", re.compile(r"(?:[a-z0-9]+-)?uploads\d*\.wikiart\.org"), 5.0),
    )
    one_owner = True
    details_needed = False

    def is_placeholder(self, url: str) -> bool:
        return is_placeholder(url)

    def listing(self, query: Query, web: Web) -> Iterator[Page]:
        groups = listings_of(query)
        return combined([self._added_up(group, query, web) for group in groups])

    def details(self, work: Work, web: Web) -> Work:
        # Here, as most fetches read no page of a work, and BeautifulSoup takes long to load.
        from artgan.datasets.sites.wikiart.painting import read_painting

        return read_painting(work, web)

    def _added_up(self, group: list[Listing], query: Query, web: Web) -> Iterator[Page]:
        for listing in group:
            yield from self._whole(listing, query, web)

    def _whole(self, listing: Listing, query: Query, web: Web) -> Iterator[Page]:
        """Yield a listing, and what it has beyond its end where that is asked for."""
        kind = listing.kind
        entry = by_slug(kind, listing.word) if kind == "genre" or kind == "style" else None
        page = None
        for page in read_listing(listing, web, query.max_side):
            is_cut = page.listed > page.reachable and query.beyond_cap
            if is_cut and page.number == 1 and not (entry and entry.id):
                warning = f"{listing.title} cannot be asked for beyond its end: its number at WikiArt is not known"
                page = page.model_copy(update={"warning": "; ".join(filter(None, (page.warning, warning)))})
            yield page
        if page and is_cut and entry and entry.id:
            yield from read_slices(replace(listing, dictionary_id=entry.id), page.listed, web, query.max_side)
