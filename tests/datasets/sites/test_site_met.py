"""The museum's records are looked at one by one, as its search is loose."""

from __future__ import annotations

from typing import Any

import pytest
from canned import CannedWeb, asked_of, html
from hypothesis import given, settings
from hypothesis import strategies as st

from artgan.datasets.sites.met import TERMS, Met
from artgan.datasets.sites.site import Page, Query, Work
from artgan.datasets.sites.words import by_slug
from artgan.errors import ArtganError, NotFoundError, RemoteError, UsageError
from artgan.web.answers import Unavailable

FLOWERS = Query(source="met", genres=("flower-painting",))


def record(number: int = 5, **changes: Any) -> dict[str, Any]:
    return {
        "objectID": number, "title": "Vase of Flowers", "artistDisplayName": "Anna Blau", "objectDate": "ca. 1885",
        "objectBeginDate": 1880, "objectEndDate": 1890, "medium": "Oil on canvas", "classification": "Paintings",
        "objectName": "Painting", "isPublicDomain": True,
        "primaryImage": f"https://images.metmuseum.org/CRDImages/ep/original/DP{number}.jpg",
        "primaryImageSmall": f"https://images.metmuseum.org/CRDImages/ep/web-large/DP{number}.jpg",
        "objectURL": f"https://www.metmuseum.org/art/collection/search/{number}", "creditLine": "Gift of Nobody, 1901",
        "tags": [{"term": "Flowers", "AAT_URL": "x"}, {"term": "Vases"}], **changes,
    }  # fmt: skip


def read(query: Query, answer: Any) -> tuple[list[Page], CannedWeb]:
    web = CannedWeb(answer, Met.hosts)
    return list(Met(query).listing(query, web)), web  # type: ignore[arg-type]


def details(answer: Any, query: Query = FLOWERS) -> Work:
    work = Work(id="met-5", page_url="https://www.metmuseum.org/art/collection/search/5", genre="flower-painting")
    return Met(query).details(work, CannedWeb(lambda url: answer, Met.hosts))  # type: ignore[arg-type]


def test_a_genre_is_one_search() -> None:
    pages, web = read(FLOWERS, lambda url: {"total": 3, "objectIDs": [7, 5, 5, 9]})
    assert web.asked == [
        "https://collectionapi.metmuseum.org/public/collection/v1/search"
        "?hasImages=true&medium=Paintings&tags=true&q=Flowers"
    ]
    assert [work.id for work in pages[0].works] == ["met-7", "met-5", "met-9"]
    assert pages[0].works[0].page_url == "https://www.metmuseum.org/art/collection/search/7"
    assert (pages[0].listed, pages[0].reachable, pages[0].pages) == (4, 3, 1)
    assert Met.details_needed and not any(work.detailed or work.versions for work in pages[0].works)


def test_words_add_up_and_kinds_narrow_down() -> None:
    found = {"Female Nudes": [1, 2], "Male Nudes": [2, 3], "anna blau": [3, 4], "red": [1, 3]}
    query = Query(source="met", genres=("nude-painting-nu",), artists=("anna-blau",), searches=("red",))
    pages, web = read(query, lambda url: {"total": 2, "objectIDs": found[asked_of(url)["q"]]})
    assert [work.id for page in pages for work in page.works] == ["met-3"]
    assert [list(asked_of(url))[-1] for url in web.asked] == ["q"] * 4
    assert asked_of(web.asked[0]) == {
        "hasImages": "true", "medium": "Paintings", "artistOrCulture": "true", "q": "anna blau",
    }  # fmt: skip


def test_every_term_is_of_a_genre_that_artgan_knows() -> None:
    assert all(by_slug("genre", slug) for slug in TERMS)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (Query(genres=("icon",)), "no list of the genre icon"), (Query(styles=("cubism",)), "no styles"),
        (Query(media=("oil",)), "no styles and media"), (Query(), "what shall be fetched"),
        (Query(genres=("portrait",), featured=True), "features nothing"),
        (Query(genres=("portrait",), beyond_cap=True), "features nothing"),
    ],
)  # fmt: skip
def test_what_the_museum_has_no_list_of_is_an_error_of_use(query: Query, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        Met(query)
    assert caught.value.hint


def test_a_search_without_hits_is_not_found() -> None:
    for answer in ({"total": 0, "objectIDs": None}, {"total": 0, "objectIDs": []}, {}, {"objectIDs": ["x", True, -1]}):
        with pytest.raises(NotFoundError, match="Flowers"):
            read(FLOWERS, lambda url, answer=answer: answer)
    pages, _ = read(FLOWERS, lambda url: {"objectIDs": [1, "x", None]})
    assert len(pages[0].works) == 1 and "2 of 3 numbers" in pages[0].warning


def test_a_search_that_is_no_list_is_an_error_of_the_site() -> None:
    for answer in (b"{", b"<html>", [1], {"objectIDs": {"a": 1}}):
        with pytest.raises(RemoteError):
            read(FLOWERS, lambda url, answer=answer: answer)


def test_a_record_becomes_a_work() -> None:
    found = details(record())
    assert (found.title, found.artist, found.credit) == ("Vase of Flowers", "Anna Blau", "Gift of Nobody, 1901")
    assert (found.date, found.year, found.year_from, found.year_to) == ("ca. 1885", None, 1880, 1890)
    assert (found.license, found.license_labels, found.detailed) == ("public-domain", (), True)
    assert (found.genre, found.media, found.tags) == ("flower-painting", ("Oil on canvas",), ("Flowers", "Vases"))
    assert [version.name for version in found.versions] == ["original", "web-large"] and not found.placeholder
    assert found.image_url == "https://images.metmuseum.org/CRDImages/ep/original/DP5.jpg"
    assert details(record(objectBeginDate=1887, objectEndDate=1887)).year == 1887
    assert details(record(objectBeginDate=1890, objectEndDate=1880)).year_from is None
    assert details(record(objectURL="https://evil.example/")).page_url == found.page_url


def test_the_smaller_file_comes_first_where_it_is_enough() -> None:
    def names(side: int | None) -> list[str]:
        return [v.name for v in details(record(), FLOWERS.model_copy(update={"max_side": side})).versions]

    assert names(600) == ["web-large", "original"] and names(601) == names(None) == ["original", "web-large"]
    assert [v.name for v in details(record(primaryImageSmall="")).versions] == ["original"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"classification": "Drawings"}, "not-a-painting"), ({"classification": None}, "not-a-painting"),
        ({"isPublicDomain": False}, "not-public-domain"), ({"isPublicDomain": "true"}, "not-public-domain"),
        ({"primaryImage": ""}, "no-image"), ({"tags": None, "title": "A Helmet"}, "off-topic"),
        ({"tags": [{"term": "Flower pots"}, 3, {}], "title": "A Helmet"}, "off-topic"),
        ({"primaryImage": "https://evil.example/x.jpg"}, "address"), ({"primaryImage": 5}, "address"),
    ],
)  # fmt: skip
def test_a_record_that_does_not_fit_says_why(changes: dict[str, Any], reason: str) -> None:
    found = details(record(**changes))
    assert found.placeholder.partition(":")[0] == reason and not found.versions and found.detailed
    assert found.license == ("restricted" if reason == "not-public-domain" else "public-domain")


def test_tags_or_titles_are_enough() -> None:
    for changes in ({"tags": None}, {"title": ""}, {"tags": None, "title": "A FLOWER, by night"}):
        assert not details(record(**changes)).placeholder


def test_artists_and_searches_are_compared_too() -> None:
    rembrandt = Query(source="met", artists=("rembrandt",))
    assert not details(record(artistDisplayName="Rembrandt (Rembrandt van Rijn)"), rembrandt).placeholder
    assert details(record(), rembrandt).placeholder == "off-topic: it is by Anna Blau"
    assert details(record(artistDisplayName=None), rembrandt).placeholder.startswith("off-topic")
    sunflowers = Query(source="met", searches=("sunflower vases",))
    assert not details(record(title="Sunflowers"), sunflowers).placeholder
    assert details(record(), sunflowers).placeholder.startswith("off-topic")


def test_records_that_are_gone_or_garbled() -> None:
    gone = details(html("https://collectionapi.metmuseum.org/x", 404))
    assert gone.placeholder.startswith("missing") and gone.license == "unknown"
    with pytest.raises(Unavailable, match="not-json"):
        details(b"<html>Something</html>")


_ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=2)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(record())), _ODD, max_size=4))
def test_no_record_is_too_odd(changes: dict[str, Any]) -> None:
    try:
        found = details(record(**changes))
    except ArtganError:
        return
    assert bool(found.versions) != bool(found.placeholder) and found.model_dump_json()
