"""What a pasted address means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.datasets.sites.site import Query
from artgan.datasets.sites.wikiart.address import listings_of, parse_address
from artgan.errors import UsageError

W = "https://www.wikiart.org"


@pytest.mark.parametrize(
    ("address", "query"),
    [
        (f"{W}/en/paintings-by-genre/flower-painting", Query(genres=("flower-painting",))),
        (f"{W}/en/paintings-by-genre/a-new-genre/", Query(genres=("a-new-genre",))),
        (f"{W}/en/paintings-by-genre/icon?select=featured", Query(genres=("icon",), featured=True)),
        (
            f"{W}/en/paintings-by-genre/icon?select=featured#!#filterName:featured,viewType:masonry",
            Query(genres=("icon",), featured=True),
        ),
        (
            f"{W}/en/paintings-by-genre/icon?select=featured#!#filterName:all-works,viewType:masonry",
            Query(genres=("icon",)),
        ),
        (f"{W}/en/paintings-by-genre/Icon/3", Query(genres=("icon",))),
        (f"{W}/en/paintings-by-style/na-ve-art-primitivism", Query(styles=("na-ve-art-primitivism",))),
        (f"{W}/en/paintings-by-media/oil", Query(media=("oil",))),
        (f"{W}/en/claude-monet", Query(artists=("claude-monet",))),
        (f"{W}/en/claude-monet/all-works#!#filterName:all-paintings", Query(artists=("claude-monet",))),
        (f"{W}/en/claude-monet/mode/all-paintings", Query(artists=("claude-monet",))),
        (f"{W}/en/claude-monet/all-works/text-list", Query(artists=("claude-monet",))),
        (f"{W}/en/Search/red%20roses", Query(searches=("red roses",))),
        (f"{W}/en/search/roses", Query(searches=("roses",))),
        ("www.wikiart.org/en/claude-monet", Query(artists=("claude-monet",))),
        ("http://wikiart.org/en/claude-monet ", Query(artists=("claude-monet",))),
    ],
)
def test_pages_with_lists_are_understood(address: str, query: Query) -> None:
    assert parse_address(address) == query
    assert listings_of(query)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"{W}/ru/paintings-by-style/kubizm", "language 'ru'"),
        (f"{W}/zh-tw/claude-monet", "language 'zh-tw'"),
        (f"{W}/en/claude-monet/impression-sunrise", "a single work"),
        (f"{W}/en/paintings-by-genre", "lists no works"),
        (f"{W}/en/tag/roses", "lists no works"),
        (f"{W}/en/artists-by-genre/landscape", "lists no works"),
        (f"{W}/en/App/Search/PaintingAdvancedSearch", "lists no works"),
        (f"{W}/en", "lists no works"),
        (W, "lists no works"),
        (f"{W}/en/paintings-by-genre/..%2F..%2Fetc", "lists no works"),
        ("https://www.wikiart.org.evil.example/en/claude-monet", "not a page of WikiArt"),
        ("https://example.org/flowers", "not a page of WikiArt"),
        ("ftp://www.wikiart.org/en/claude-monet", "not a page of WikiArt"),
        ("https://[", "not an address"),
        ("", "not a page of WikiArt"),
    ],
)
def test_other_pages_are_answered_with_what_is_possible(address: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        parse_address(address)
    assert caught.value.hint and caught.value.exit_code == 2


@given(st.text() | st.text().map(lambda text: f"{W}/en/{text}"))
def test_no_address_is_too_odd(text: str) -> None:
    try:
        query = parse_address(text)
    except UsageError as error:
        assert len(str(error)) < 700
        return
    for group in listings_of(query):
        for listing in group:
            assert listing.page_address(1).startswith(f"{W}/en/") and listing.page_address(1).isascii()
            assert ".." not in listing.page_address(1).replace("...", "") or listing.kind == "search"
