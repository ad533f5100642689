"""WikiArt's listings are read to their end, and every way in which one can end is told."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import pytest
from canned import CannedWeb, as_answer, asked_of, envelope, html, item, lists
from hypothesis import given, settings
from hypothesis import strategies as st

from artgan.datasets.sites.site import Page, Query
from artgan.datasets.sites.wikiart.source import WikiArt
from artgan.errors import ArtganError, NotFoundError, RemoteError, UsageError
from artgan.web.answers import Refused

FLOWERS = Query(genres=("flower-painting",))
GENRE = "/paintings-by-genre/flower-painting"


def items(count: int, first: int = 1, **changes: Any) -> list[dict[str, Any]]:
    return [item(number, **changes) for number in range(first, first + count)]


def read(query: Query, web: CannedWeb) -> list[Page]:
    return list(WikiArt().listing(query, web))  # type: ignore[arg-type]


def ids(pages: list[Page]) -> list[str]:
    return [work.id for page in pages for work in page.works]


def warnings(pages: list[Page]) -> str:
    return "; ".join(page.warning for page in pages if page.warning)


def pages_of(by_number: dict[int, Any], behind: Any = None) -> CannedWeb:
    """Answer by the number of the page; of a tuple one after the other."""
    times: Counter[int] = Counter()

    def answer(url: str) -> Any:
        number = int(asked_of(url)["page"])
        found = by_number.get(number, behind)
        if isinstance(found, tuple):
            found = found[min(times[number], len(found) - 1)]
        times[number] += 1
        return found(url) if callable(found) else found

    return CannedWeb(answer)


def test_a_genre_is_asked_for_page_by_page_and_not_once_more() -> None:
    web = CannedWeb(lists((GENRE, items(130))))
    pages = read(FLOWERS, web)
    assert ids(pages) == [f"{n:024x}" for n in range(1, 131)] and not warnings(pages)
    assert [(page.number, page.pages, page.listed, page.reachable) for page in pages] == [
        (n, 3, 130, 130) for n in (1, 2, 3)
    ]
    assert web.asked[1] == (
        "https://www.wikiart.org/en/paintings-by-genre/flower-painting?json=2&layout=new&page=2&resultType=masonry"
    )
    assert web.headers[0] == {
        "X-Requested-With": "XMLHttpRequest",
        "Accept": "application/json",
        "Referer": "https://www.wikiart.org/en/paintings-by-genre/flower-painting",
    }
    work = pages[0].works[0]
    assert (work.title, work.artist, work.year, work.genre, work.style) == (
        "Roses No. 1", "Anna Blau", 1801, "flower-painting", None,
    )  # fmt: skip
    assert work.page_url == "https://www.wikiart.org/en/anna-blau/roses-1" and not work.detailed
    assert work.artist_url == "https://www.wikiart.org/en/anna-blau"


def test_pages_come_one_by_one() -> None:
    web = CannedWeb(lists((GENRE, items(600))))
    found = WikiArt().listing(FLOWERS, web)  # type: ignore[arg-type]
    assert not web.asked
    next(found)
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("query", "path"),
    [
        (Query(styles=("cubism",)), "/en/paintings-by-style/cubism?json=2&layout=new&page=1&resultType=masonry"),
        (Query(media=("oil",)), "/en/paintings-by-media/oil?json=2&layout=new&page=1&resultType=masonry"),
        (
            Query(artists=("anna-blau",)),
            "/en/anna-blau/mode/all-paintings?json=2&layout=new&page=1&resultType=masonry",
        ),
        (Query(searches=("red & blue",)), "/en/Search/red%20%26%20blue?json=2&layout=new&page=1"),
        (
            Query(genres=("icon",), featured=True),
            "/en/paintings-by-genre/icon?json=2&layout=new&page=1&resultType=masonry&select=featured",
        ),
    ],
)
def test_every_kind_of_listing_has_its_address(query: Query, path: str) -> None:
    web = CannedWeb(lambda url: envelope(items(3), 3))
    assert len(ids(read(query, web))) == 3
    assert web.asked == [f"https://www.wikiart.org{path}"]


def test_a_style_is_named_as_the_dictionary_names_it() -> None:
    pages = read(Query(styles=("na-ve-art-primitivism",)), CannedWeb(lambda url: envelope(items(1), 1)))
    assert pages[0].works[0].style == "Naïve Art (Primitivism)"


# -- words add up, kinds narrow each other down


def test_genres_add_up_and_each_work_comes_once() -> None:
    web = CannedWeb(lists((GENRE, items(70)), ("/still-life", items(40, first=61))))
    pages = read(Query(genres=("flower-painting", "still-life", "still-life")), web)
    assert ids(pages) == [f"{n:024x}" for n in range(1, 101)] and not warnings(pages)
    assert [work.genre for page in pages for work in page.works][69:71] == ["flower-painting", "still-life"]
    assert len(web.asked) == 3


def test_kinds_narrow_each_other_down() -> None:
    web = CannedWeb(
        lists((GENRE, items(200)), ("/paintings-by-style/cubism", items(60, first=100)), ("/anna-blau/", items(90, 50)))
    )
    query = Query(genres=("flower-painting",), styles=("cubism",), artists=("anna-blau",))
    pages = read(query, web)
    assert ids(pages) == [f"{n:024x}" for n in range(100, 140)]
    assert {(work.genre, work.style) for page in pages for work in page.works} == {("flower-painting", "Cubism")}
    assert [page.listing.split()[0] for page in pages] == ["artist"] * 2 + ["style"] + ["genre"] * 3
    assert all(not page.works for page in pages[:3])


def test_reading_ends_when_nothing_more_can_be_in_all_of_them() -> None:
    web = CannedWeb(lists((GENRE, items(600)), ("/anna-blau/", items(5))))
    assert len(ids(read(Query(genres=("flower-painting",), artists=("anna-blau",)), web))) == 5
    assert len(web.asked) == 2
    apart = CannedWeb(lists((GENRE, items(600)), ("/anna-blau/", items(5)), ("/cubism", items(5, first=900))))
    assert ids(read(Query(genres=("flower-painting",), artists=("anna-blau",), styles=("cubism",)), apart)) == []
    assert len(apart.asked) == 2


def test_asking_for_nothing_is_an_error_of_use() -> None:
    for query in (Query(), Query(artists=("anna-blau",), featured=True), Query(searches=("x",), featured=True)):
        with pytest.raises(UsageError):
            read(query, CannedWeb(lambda url: None))
    web = CannedWeb(lists((GENRE, items(9)), ("/anna-blau/", items(5))))
    assert len(ids(read(Query(genres=("flower-painting",), artists=("anna-blau",), featured=True), web))) == 5
    assert ["select" in asked_of(url) for url in web.asked] == [False, True]


# -- where a listing ends


@pytest.mark.parametrize("end", [envelope(None, 150), envelope([], 150), html, lambda url: html(url, 404)])
def test_an_early_end_is_told_whatever_it_looks_like(end: Any) -> None:
    web = pages_of({1: envelope(items(60), 150)}, end)
    if end is html:
        with pytest.raises(RemoteError, match="a web page instead of its list"):
            read(FLOWERS, web)
        assert len(web.asked) == 3
        return
    pages = read(FLOWERS, web)
    assert len(ids(pages)) == 60
    assert "ended after 60 of 150 works" in warnings(pages)


@pytest.mark.parametrize("end", [envelope(None, 0), envelope([], None), html, {"other": 1}, b"", b"{", [], 3])
def test_past_the_promised_end_it_may_answer_what_it_likes(end: Any) -> None:
    """The last page is short of one work, so that one more is asked for."""
    web = pages_of({1: envelope(items(60), 120), 2: envelope(items(59, first=61), 120)}, end)
    pages = read(FLOWERS, web)
    assert len(ids(pages)) == 119 and "ended after 119 of 120" in warnings(pages)
    assert len(web.asked) == 3


@pytest.mark.parametrize("end", [envelope(None, None), envelope([], None), html])
def test_without_a_count_it_reads_to_the_end(end: Any) -> None:
    web = pages_of({n: envelope(items(60, first=60 * n), None) for n in (1, 2, 3)}, end)
    pages = read(FLOWERS, web)
    assert len(ids(pages)) == 180 and len(web.asked) == 4 and not warnings(pages)
    assert pages[-1].listed == 180


@pytest.mark.parametrize("total", [None, 0, 60, 59, 100_000, "60", -1, True, 10**30, 2.5])
def test_a_site_that_repeats_itself_for_ever_comes_to_an_end(total: Any) -> None:
    web = CannedWeb(lambda url: envelope(items(60), total))
    pages = read(FLOWERS, web)
    assert len(ids(pages)) == 60 and len(web.asked) <= 60


def test_at_most_sixty_pages_and_the_cap_is_told() -> None:
    web = CannedWeb(lambda url: envelope(items(60, first=60 * int(asked_of(url)["page"])), 24_119))
    pages = read(FLOWERS, web)
    assert len(web.asked) == 60 and len(ids(pages)) == 3600
    assert (pages[0].pages, pages[0].listed, pages[0].reachable) == (60, 24_119, 3_600)
    assert "lists 24,119 works and shows the first 3,600" in warnings(pages)


def test_works_that_move_while_it_is_read_come_once_and_are_told() -> None:
    moved = [*items(57), *items(3), *items(63, first=58)]
    pages = read(FLOWERS, CannedWeb(lists((GENRE, moved))))
    assert len(set(ids(pages))) == len(ids(pages)) == 120
    assert "3 works stood there twice" in warnings(pages)


def test_more_than_promised_is_taken_too() -> None:
    web = pages_of({1: envelope(items(60), 100), 2: envelope(items(60, first=61), 100)}, envelope(None, 100))
    pages = read(FLOWERS, web)
    assert len(ids(pages)) == 120 and not warnings(pages)


def test_pages_of_another_size_are_read_to_the_end() -> None:
    shown = items(150)
    web = CannedWeb(lambda url: envelope(shown[30 * (int(asked_of(url)["page"]) - 1) :][:30] or None, 150))
    assert len(ids(read(FLOWERS, web))) == 150
    web = CannedWeb(lambda url: envelope(shown[100 * (int(asked_of(url)["page"]) - 1) :][:100] or None, 150))
    assert len(ids(read(FLOWERS, web))) == 150


# -- what is no list


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (html, "a web page instead of its list"), (b"{not json", "no JSON"), (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 100_000, "no JSON"), ([1, 2], "no list of works"), ({"Paintings": {"a": 1}}, "another make"),
        ({"Exception": {"Message": "no"}}, "another make"), (b'{"Paintings": [' + b"9" * 5000 + b"]}", "no JSON"),
        (envelope(None, 512), "an empty list, though it counts 512"),
    ],
)  # fmt: skip
def test_a_first_page_that_is_no_list_is_asked_for_twice_and_then_an_error(bad: Any, words: str) -> None:
    web = pages_of({1: bad})
    with pytest.raises(RemoteError, match=words) as caught:
        read(FLOWERS, web)
    assert len(web.asked) == 2 and caught.value.exit_code == 6 and "genre flower-painting, page 1" in str(caught.value)
    assert "https://www.wikiart.org/en/paintings-by-genre/flower-painting" in caught.value.hint
    once = pages_of({1: (bad, envelope(items(7), 7))})
    assert len(ids(read(FLOWERS, once))) == 7


@pytest.mark.parametrize("bad", [html, b"{", {"Paintings": 3}, envelope(None, 180)])
def test_a_later_page_that_is_no_list_is_asked_for_twice(bad: Any) -> None:
    all_items = {n: envelope(items(60, first=60 * n), 180) for n in (1, 2, 3)}
    pages = read(FLOWERS, pages_of(all_items | {2: (bad, all_items[2])}))
    assert len(ids(pages)) == 180 and not warnings(pages)


@pytest.mark.parametrize(
    "unknown",
    [
        lambda url: html(url, 404),
        lambda url: html("https://www.wikiart.org/en/error?path=x", 500),
        lambda url: html("https://www.wikiart.org/en/error"),
        envelope(None, 0),
        envelope([], 0),
        envelope(None, None),
    ],
)
def test_what_the_site_does_not_know_is_not_found(unknown: Any) -> None:
    for query, said in (
        (Query(genres=("no-such",)), "genre no-such"), (Query(artists=("nobody",)), "artist nobody"),
        (Query(searches=("qwxyz",)), 'search "qwxyz"'), (Query(styles=("no-style",)), "style no-style"),
    ):  # fmt: skip
        with pytest.raises(NotFoundError, match=said) as caught:
            read(query, pages_of({1: unknown}))
        assert caught.value.exit_code == 4 and caught.value.hint


def test_a_server_in_trouble_is_not_taken_for_one_that_does_not_know() -> None:
    web = pages_of({1: lambda url: html(url, 500)})
    with pytest.raises(RemoteError, match="500"):
        read(FLOWERS, web)
    quota = pages_of({1: (lambda url: as_answer(url, {"Exception": {}}, 500), Refused("quota"))})
    with pytest.raises(Refused):
        read(FLOWERS, quota)
    passing = pages_of({1: (lambda url: html(url, 500), envelope(items(4), 4))})
    assert len(ids(read(FLOWERS, passing))) == 4


def test_entries_that_cannot_be_read_cost_only_themselves() -> None:
    odd = [None, 3, "x", [], {}, {"title": "only"}, {"id": "zz", "paintingUrl": 4, "image": []}]
    pages = read(FLOWERS, CannedWeb(lambda url: envelope([*odd, *items(5)], 12)))
    assert len(ids(pages)) == 5
    assert "7 of 12 works could not be read (entry 1: not an object)" in warnings(pages)
    assert "twice" not in warnings(pages)


# -- anything at all

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_TEXTS = st.sampled_from(
    [
        "../../etc",
        "\0",
        "\ud83c",
        "//uploads1.wikiart.org/x.jpg",
        "https://127.0.0.1/",
        "c.1960",
        "01234567*",
        "x" * 3000,
    ]
)


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    """A page as the site sends it, with some values, keys or bytes otherwise."""
    page: Any = copy.deepcopy(envelope(items(3), draw(st.sampled_from([3, 0, None, 500]))))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from([page, *(page["Paintings"] if isinstance(page["Paintings"], list) else [])]))
        if not isinstance(place, dict) or not place:
            break
        key = draw(st.sampled_from(sorted(place)))
        if draw(st.booleans()):
            place[key] = draw(_JSON | _TEXTS)
        else:
            del place[key]
            if key == "Paintings":
                break
    body = bytearray(json.dumps(page).encode())
    for _ in range(draw(st.integers(0, 2))):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body)


@settings(max_examples=300, deadline=None)
@given(st.lists(_mutated() | st.binary(max_size=40), min_size=1, max_size=3))
def test_no_listing_is_too_odd(bodies: list[bytes]) -> None:
    web = CannedWeb(lambda url: bodies[min(int(asked_of(url)["page"]), len(bodies)) - 1])
    try:
        pages = read(FLOWERS, web)
    except ArtganError as error:
        assert error.message
        return
    found = [work for page in pages for work in page.works]
    assert len({work.id for work in found}) == len(found) and len(web.asked) <= 61
    for work in found:
        assert len(work.id) == 24 and int(work.id, 16) >= 0
        assert bool(work.versions) != bool(work.placeholder)
        assert all(web.clean(version.url) == version.url for version in work.versions)
        assert work.model_dump_json() and (work.title is None or work.title.isprintable())
