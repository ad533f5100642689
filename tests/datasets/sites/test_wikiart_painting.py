"""What the page of a work tells: its licence above all, and never more than it says."""

from __future__ import annotations

import html as escaping
import json
from pathlib import Path
from typing import Any

import pytest
from canned import CannedWeb, html, item
from hypothesis import given, settings
from hypothesis import strategies as st

from artgan.datasets.sites.site import Work
from artgan.datasets.sites.wikiart.items import work_of
from artgan.datasets.sites.wikiart.painting import Label, license_of
from artgan.datasets.sites.wikiart.source import WikiArt
from artgan.errors import RemoteError
from artgan.web.answers import Answer, Refused, Unavailable

FREE = Label("Public domain", True)
FRAME = "https://uploads.wikiart.org/Content/images/FRAME-600x480.jpg"


@pytest.mark.parametrize(
    ("labels", "license"),
    [
        ([], "unknown"),
        ([FREE], "public-domain"),
        ([FREE, FREE], "public-domain"),
        ([FREE, Label("Public domain China", True)], "restricted"),
        ([Label("Public domain US", True)], "restricted"),
        ([Label("Public domain", False)], "restricted"),
        ([Label("Public Domain", True)], "restricted"),
        ([Label("Fair Use", False)], "restricted"),
        ([Label("Rene Magritte", False), Label("Fair Use", False)], "restricted"),
        ([FREE, Label("", False)], "restricted"),
        ([Label("", True)], "restricted"),
    ],
)
def test_a_work_is_free_only_if_nothing_says_otherwise(labels: list[Label], license: str) -> None:
    assert license_of(labels) == license


def badge(label: Label) -> str:
    icon = "public-domain" if label.has_sign else "fair-use"
    return f'<a class="copyright"> <i class="copyright-icon-{icon}"></i>\n {label.text} </a>'


def page(
    *badges: Label,
    headings: tuple[str, str] = ("h1", "h2"),
    shown: str = "",
    record: Any = None,
    rows: str | None = None,
) -> bytes:
    """Think up a page, as little as scrapers of 2018 to 2026 relied on."""
    told = escaping.escape(json.dumps(item(7) | {"_id": item(7)["id"]} if record is None else record))
    rows = (
        """<li><s>Original Title:</s> Rosen</li>
        <li><s>Date:</s> <span itemprop="dateCreated">c.1887</span></li>
        <li><s>Style:</s> <span><a href="#">Art Nouveau (Modern)</a> , <a href="#">Symbolism</a></span></li>
        <li><s>Genre:</s> <a href="#"><span itemprop="genre">flower painting</span></a>, <a href="#">still life</a></li>
        <li><s>Media:</s> <span><a href="#">oil</a> , <a href="#">canvas</a></span></li>
        <li class="dictionary-values-gallery"><s>Location:</s> <span>Museum, Town, Country</span></li>
        <li><s>Share:</s></li>"""
        if rows is None
        else rows
    )
    return f"""<!DOCTYPE html><html><head>
      <meta property="og:image" content="{shown or item(7)["image"]}!Large.jpg"></head><body>
      <article><h3>Before</h3><ul><li><s>Style:</s> <a>Advertised</a></li></ul></article>
      <div class="wiki-layout-artwork-info" itemscope itemtype="https://schema.org/Painting"><article>
        <{headings[0]}>Roses</{headings[0]}><{headings[1]} itemprop="creator">Anna Blau</{headings[1]}>
        <ul>{rows}</ul></article>
        <div class="copyright-wrapper">{"".join(map(badge, badges))}</div></div>
      <div class="wiki-layout-painting-info-bottom" ng-init="paintingJson = {told}">
        <img itemprop="image" src="{shown or item(7)["image"]}"></div>
      <div class="tags-cheaps"><a class="tags-cheaps__item__ref"> roses </a><a>vases</a><a> roses</a></div>
      <div id="info-tab-description"><p>Prose of the site.</p></div>
      <article class="movie-promo"><ul><li><s>Directed by:</s> X</li><li><s>Genre:</s> <a>drama</a></li></ul></article>
    </body></html>""".encode()


def listed(**changes: Any) -> Work:
    return work_of(item(7, **changes), CannedWeb(lambda url: None), "", None, {})  # type: ignore[arg-type]


def details(body: Any, work: Work | None = None) -> Work:
    def answer(url: str) -> Any:
        return Answer(url, 200, body, "text/html") if isinstance(body, bytes) else body

    return WikiArt().details(work or listed(), CannedWeb(answer))  # type: ignore[arg-type]


@pytest.mark.parametrize("headings", [("h3", "h5"), ("h1", "h2")])
def test_both_generations_of_pages_are_read(headings: tuple[str, str]) -> None:
    found = details(page(FREE, headings=headings))
    assert (found.license, found.license_labels, found.detailed) == ("public-domain", ("Public domain",), True)
    assert found.style == "Art Nouveau (Modern), Symbolism" and found.genre == "flower-painting"
    assert found.media == ("oil", "canvas") and found.tags == ("roses", "vases")
    assert (found.date, found.year) == ("1807", 1807) and found.title == "Roses No. 7"
    assert found.location == "Museum, Town, Country"  # type: ignore[attr-defined]
    assert "Prose" not in found.model_dump_json() and found.versions == listed().versions


def test_the_listing_is_believed_where_it_said_something() -> None:
    work = listed().model_copy(update={"genre": "still-life", "style": "Cubism"})
    found = details(page(FREE), work)
    assert (found.genre, found.style) == ("still-life", "Cubism")
    undated = details(page(FREE), listed(year="?"))
    assert (undated.date, undated.year) == ("c.1887", 1887)


def test_rows_without_links_are_read_as_words() -> None:
    found = details(page(FREE, rows="<li><s>Media:</s> oil , canvas</li><li><s>Style:</s> Cubism</li><li>x</li>"))
    assert found.media == ("oil", "canvas") and found.style == "Cubism" and found.genre is None


def test_labels_are_kept_word_for_word() -> None:
    found = details(page(Label("Rene Magritte", False), Label("Fair  Use", False)))
    assert (found.license, found.license_labels) == ("restricted", ("Rene Magritte", "Fair Use"))
    found = details(page(FREE, Label("Public domain China", True)))
    assert (found.license, found.license_labels) == ("restricted", ("Public domain", "Public domain China"))
    found = details(page())
    assert (found.license, found.license_labels, found.detailed) == ("unknown", (), True)


def test_a_picture_that_the_page_does_not_show_is_not_taken() -> None:
    found = details(page(FREE, shown=FRAME))
    assert found.license == "restricted" and found.placeholder.startswith("placeholder:")
    assert not found.versions and found.image_url is None


def test_a_page_of_another_work_says_nothing() -> None:
    other = {"_id": "f" * 24, "paintingUrl": "/en/somebody/else"}
    found = details(page(FREE, record=other))
    assert (found.license, found.license_labels, found.style) == ("unknown", (), None)
    # Works without an id of the site's are known by their address.
    assert details(page(FREE, record=item(7, _id="f" * 24)), listed(id=None)).license == "public-domain"
    assert details(page(FREE, record="{broken")).license == "public-domain"


def test_what_is_no_page_says_nothing() -> None:
    bodies = [
        b"", b"\x00\xff", b"<" * 50_000, b"<![CDATA[<!DOCTYPE", b"<div>" * 5000, b"{}", b"<a class=copyright>Free",
        html("https://www.wikiart.org/en/error").body,
    ]  # fmt: skip
    for body in bodies:
        found = details(body)
        assert (found.license, found.license_labels, found.detailed) == ("unknown", (), True)
        assert found.versions and found.title == "Roses No. 7"


def test_a_page_that_is_gone_is_no_error_but_a_server_in_trouble_is() -> None:
    gone = details(html("https://www.wikiart.org/en/anna-blau/roses-7", 404))
    assert gone.license == "unknown" and gone.detailed
    for error in (Refused("no"), Unavailable("status: 503", "x")):
        with pytest.raises(RemoteError):
            details(error)


def test_a_work_without_a_page_is_not_asked_for() -> None:
    web = CannedWeb(lambda url: None)
    found = WikiArt().details(listed(paintingUrl=None), web)  # type: ignore[arg-type]
    assert found.license == "unknown" and found.detailed and not web.asked


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_page_is_too_odd(data: st.DataObject) -> None:
    body = bytearray(page(FREE, Label("Fair Use", False)))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    found = details(bytes(body))
    assert found.detailed and found.license is not None and found.model_dump_json()


def test_the_page_that_was_put_together_of_real_facts(real: Path) -> None:
    record = json.loads((real / "painting_json_hans_von_aachen.json").read_text("utf-8"))
    work = work_of(record, CannedWeb(lambda url: None), "", None, {})  # type: ignore[arg-type]
    found = details((real / "painting_page_RECONSTRUCTED.html").read_bytes(), work)
    assert (found.license, found.style) == ("public-domain", "Mannerism (Late Renaissance)")
    assert (found.genre, found.media, found.tags) == ("self-portrait", ("oil", "canvas"), ("beards",))
    assert found.location == "Wallraf-Richartz-Museum, Cologne, Germany"  # type: ignore[attr-defined]
