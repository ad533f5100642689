"""A listing that is longer than the site shows is asked for year by year, as long as the site obeys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from canned import CannedWeb, asked_of, envelope, html, item

from artgan.datasets.sites.site import Page, Query
from artgan.datasets.sites.wikiart import listings
from artgan.datasets.sites.wikiart.source import WikiArt
from artgan.web.answers import Refused

ID = "57726b4eedc2cb3880ad6ee0"
PORTRAITS = Query(genres=("portrait",), beyond_cap=True)


PAGES = 4
"""Where listings end here, so that thousands of works need not be read for every test."""
SHOWN = PAGES * 60


@pytest.fixture(autouse=True, scope="module")
def short_listings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listings, "MOST_PAGES", PAGES)
        yield


class Site:
    """Works of many years, some pages of 60 at the most of any listing.

    Args:
        total: how many there are; every tenth has no year.
        years: the years that they are spread over.
        obeys: whether the search looks at the years.
    """

    def __init__(self, total: int, years: range = range(1500, 2000), *, obeys: bool = True) -> None:
        self.items = [item(n, year="?" if n % 10 == 0 else str(years[n * 7 % len(years)])) for n in range(1, total + 1)]
        self.obeys = obeys
        self.searches: list[dict[str, str]] = []

    def answer(self, url: str) -> Any:
        asked, found = asked_of(url), self.items
        if urlsplit(url).path == "/en/App/Search/PaintingAdvancedSearch":
            self.searches.append(asked)
            assert asked["dictIdsJson"] == f'["{ID}"]' and asked["isAjax"] == "true" and asked["json"] == "2"
            found = self.found(int(asked["minYear"]), int(asked["maxYear"]))
        number = int(asked["page"])
        return envelope(found[60 * (number - 1) : 60 * number] if number <= PAGES else None, len(found))

    def found(self, first: int, last: int) -> list[dict[str, Any]]:
        if not self.obeys:
            return self.items
        return [entry for entry in self.items if entry["year"].isdecimal() and first <= int(entry["year"]) <= last]


def read(query: Query, answer: Any) -> tuple[list[Page], set[str], str]:
    pages = list(WikiArt().listing(query, CannedWeb(answer)))  # type: ignore[arg-type]
    found = [work.id for page in pages for work in page.works]
    assert len(set(found)) == len(found)
    return pages, set(found), "; ".join(page.warning for page in pages if page.warning)


@pytest.fixture(scope="module")
def sliced() -> tuple[Site, tuple[list[Page], set[str], str]]:
    site = Site(900)
    return site, read(PORTRAITS, site.answer)


def test_every_work_with_a_year_is_found(sliced: tuple[Site, tuple[list[Page], set[str], str]]) -> None:
    site, (pages, found, said) = sliced
    dated = {entry["id"] for entry in site.items if entry["year"] != "?"}
    assert dated <= found and {entry["id"] for entry in site.items[:SHOWN]} <= found
    assert "experimental" in said and "shows the first 240" in said and "no use" not in said
    assert pages[PAGES].listing == "genre portrait, -4000 to 2100" and pages[PAGES].pages == 1
    assert len(site.searches) < 40
    assert all(page.number <= page.pages for page in pages)


def test_without_the_option_only_the_plain_listing_is_read() -> None:
    site = Site(270)
    _, found, _ = read(PORTRAITS.model_copy(update={"beyond_cap": False}), site.answer)
    assert len(found) == SHOWN and not site.searches


def test_a_listing_that_is_shown_whole_is_not_sliced() -> None:
    site = Site(200)
    _, found, said = read(PORTRAITS, site.answer)
    assert len(found) == 200 and not site.searches and not said


def test_a_single_year_longer_than_the_site_shows_is_told() -> None:
    site = Site(420, range(1900, 1901))
    _, found, said = read(PORTRAITS, site.answer)
    assert len(found) >= SHOWN and "genre portrait, 1900 to 1900: WikiArt lists 378 works" in said


def test_a_site_that_does_not_look_at_the_years_is_found_out_at_once() -> None:
    site = Site(900, obeys=False)
    pages, found, said = read(PORTRAITS, site.answer)
    assert len(found) == SHOWN and len(site.searches) <= 3
    assert "of no use for genre portrait" in said and pages[-1].warning and not pages[-1].works


def test_it_is_found_out_without_any_dates_as_well() -> None:
    site = Site(900, obeys=False)
    for entry in site.items:
        entry["year"] = ""
    _, found, said = read(PORTRAITS, site.answer)
    assert len(found) == SHOWN and len(site.searches) == 3
    assert "the same number of works for different years" in said


def test_a_search_that_finds_other_genres_is_found_out() -> None:
    site = Site(400)
    everything = [item(n) for n in range(20_000, 21_000)]
    site.found = lambda first, last: everything  # type: ignore[method-assign]
    _, found, said = read(PORTRAITS, site.answer)
    assert len(found) == SHOWN and "more than the 400 that there are" in said


@pytest.mark.parametrize("kind", ["gone", "page", "nothing", "halves"])
def test_without_the_search_the_plain_listing_is_what_there_is(kind: str) -> None:
    site = Site(400)

    def answer(url: str) -> Any:
        if "AdvancedSearch" not in url:
            return site.answer(url)
        if kind == "halves" and (asked_of(url)["minYear"], asked_of(url)["maxYear"]) == ("-4000", "2100"):
            return site.answer(url)
        return {"gone": html(url, 404), "page": html(url)}.get(kind, envelope(None, 0))

    _, found, said = read(PORTRAITS, answer)
    assert len(found) == SHOWN and "of no use for genre portrait" in said


def test_a_refusal_is_passed_on() -> None:
    site = Site(400)
    with pytest.raises(Refused):
        read(PORTRAITS, lambda url: Refused("go away") if "AdvancedSearch" in url else site.answer(url))


def test_what_has_no_number_cannot_be_sliced_and_says_so() -> None:
    for query in (
        Query(genres=("sculpture",), beyond_cap=True), Query(artists=("anna-blau",), beyond_cap=True),
        Query(searches=("rose",), beyond_cap=True), Query(styles=("realism",), beyond_cap=True),
    ):  # fmt: skip
        site = Site(270)
        _, found, said = read(query, site.answer)
        assert len(found) == SHOWN and "cannot be asked for beyond its end" in said and not site.searches
