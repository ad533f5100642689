"""An entry of a listing becomes a work, with its files in the order in which to try them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from canned import CannedWeb, envelope, item

from artgan.datasets.sites.site import Query, Work
from artgan.datasets.sites.wikiart.items import work_of
from artgan.datasets.sites.wikiart.source import WikiArt
from artgan.datasets.sites.wikiart.versions import is_placeholder

WEB: Any = CannedWeb(lambda url: None)
BASE = "https://www.wikiart.org/en/paintings-by-genre/flower-painting"


def work(max_side: int | None = None, **changes: Any) -> Work:
    return work_of(item(7, **changes), WEB, BASE, max_side, {})


def names(work: Work) -> list[str]:
    return [version.name for version in work.versions]


def test_the_map_says_which_smaller_versions_there_are() -> None:
    found = work(
        width=1920, height=1149, map="01234567*", image="https://uploads3.wikiart.org/00231/images/g/venta.jpg"
    )
    assert names(found) == ["original", "HD", "HalfHD", "Large", "Blog", "PinterestLarge"]
    assert found.image_url == found.versions[0].url == "https://uploads3.wikiart.org/00231/images/g/venta.jpg"
    assert found.versions[1].url == "https://uploads3.wikiart.org/00231/images/g/venta.jpg!HD.jpg"
    sizes = {version.name: (version.width, version.height) for version in found.versions}
    assert sizes["HD"] == (1920, 1149) and sizes["HalfHD"] == (1337, 800) and sizes["Large"] == (750, 449)
    assert sizes["Blog"] == (500, 299) and sizes["PinterestLarge"] == (280, 168)
    assert names(work(map="0123**67*")) == ["original", "Large", "Blog", "PinterestLarge"]
    assert names(work(map="**2***67*")) == ["original", "PinterestLarge"]


@pytest.mark.parametrize("places", [None, "", "0123", "76543210*", 5, "01234567**", "☃" * 9, ["0"] * 9])
def test_a_map_that_is_none_shows_all(places: Any) -> None:
    assert names(work(map=places)) == ["original", "HD", "HalfHD", "Large", "Blog", "PinterestLarge"]


def test_small_enough_comes_first_where_that_is_asked_for() -> None:
    big = {"width": 2400, "height": 1800, "map": "01234567*"}  # HD 1600x1200, HalfHD 1067x800, Large 750x562
    order = ["original", "HD", "HalfHD", "Large", "Blog", "PinterestLarge"]
    assert names(work(512, **big)) == ["Large", "HalfHD", "HD", "original", "Blog", "PinterestLarge"]
    assert names(work(200, **big)) == ["PinterestLarge", "Blog", "Large", "HalfHD", "HD", "original"]
    assert names(work(1600, **big)) == ["HD", "original", "HalfHD", "Large", "Blog", "PinterestLarge"]
    assert names(work(1601, **big)) == order
    assert names(work(5000, **big)) == order and names(work(None, **big)) == order
    assert names(work(512, map="01234567*", width=0, height=None)) == order
    # Of two of one size the smaller file.
    assert names(work(1900, width=1920, height=1149, map="01234567*"))[0] == "HD"


def test_an_original_too_large_to_be_opened_comes_last() -> None:
    found = work(width=25_528, height=19_900, map="01234567*")
    assert names(found)[0] == "HD" and names(found)[-1] == "original"
    assert names(work(width=13_377, height=13_377, map="01234567*"))[0] == "original"


def test_other_scans_stand_behind_and_bad_ones_do_not() -> None:
    scan = {"image": "https://uploads2.wikiart.org/images/a/two.jpg", "width": 500, "height": 400, "map": "0*23**67*"}
    bad = [None, 4, {}, {"image": "https://evil.example/x.jpg"}, {"image": item(7)["image"]}]
    frame = {"image": "https://uploads.wikiart.org/Content/images/FRAME-600x480.jpg"}
    found = work(images=[*bad, scan, scan, frame])
    assert names(found)[-1].startswith("scan") and names(found)[-2] == "PinterestLarge"
    assert (found.versions[-1].url, found.versions[-1].width) == (scan["image"], 500)
    assert len(work(images=[{"image": f"https://uploads2.wikiart.org/{n}.jpg"} for n in range(9999)]).versions) < 40
    assert names(work(images={"a": 1})) == names(work())


@pytest.mark.parametrize(
    "url",
    [
        "https://uploads.wikiart.org/Content/images/FRAME-600x480.jpg",
        "https://uploads.wikiart.org/content/images/frame-600x480.jpg",
        "https://uploads.wikiart.org//Content/images/ARTIST-480x600.jpg",
        "https://uploads.wikiart.org/Content/wiki/img/lazy-load-placeholder.png",
        "https://uploads.wikiart.org/%43ontent/images/FRAME-600x480.jpg",
        "https://use2-uploads.wikiart.org/Content/images/FRAME-600x480.jpg",
        "https://uploads.wikiart.org/favicon-256x256.png",
    ],
)
def test_placeholders_are_known_by_their_address(url: str) -> None:
    assert is_placeholder(url) and WikiArt().is_placeholder(url)
    found = work(image=url)
    assert found.placeholder.startswith("placeholder: ") and not found.versions and found.image_url is None


def test_paintings_are_no_placeholders() -> None:
    for url in ("https://uploads3.wikiart.org/images/a/content.jpg", "https://uploads.wikiart.org/images/a/FRAME.jpg"):
        assert not is_placeholder(url) and work(image=url).versions


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (None, "no-image"), ("", "no-image"), (7, "address"), (["x"], "address"), ("javascript:alert(1)", "address"),
        ("https://evil.example/a.jpg", "address"), ("https://uploads1.wikiart.org.evil.example/a.jpg", "address"),
        ("https://cdnc.wikipaintings.org/a.jpg", "address"), ("https://127.0.0.1/a.jpg", "address"),
    ],
)  # fmt: skip
def test_a_work_without_a_picture_that_may_be_asked_for_says_so(image: Any, reason: str) -> None:
    found = work(image=image)
    assert found.placeholder.partition(":")[0] == reason and not found.versions and found.id == f"{7:024x}"


@pytest.mark.parametrize(
    ("image", "url"),
    [
        ("//uploads4.wikiart.org/images/a/b.jpg", "https://uploads4.wikiart.org/images/a/b.jpg"),
        ("https://uploads4.wikiart.org/images/g/göring.jpg", "https://uploads4.wikiart.org/images/g/g%C3%B6ring.jpg"),
        ("https://uploads4.wikiart.org/images/k%C3%B6ln.JPG", "https://uploads4.wikiart.org/images/k%C3%B6ln.JPG"),
        ("https://use2-uploads8.wikiart.org/images/a.jpg!Large.jpg", "https://use2-uploads8.wikiart.org/images/a.jpg"),
    ],
)
def test_addresses_are_cleaned(image: str, url: str) -> None:
    assert work(image=image).image_url == url


def test_ids_are_the_sites_own_or_made_of_an_address() -> None:
    assert work(id="577271CFedc2cb3880c2de61").id == "577271cfedc2cb3880c2de61"
    assert work(id=None, _id="577271cfedc2cb3880c2de61").id == "577271cfedc2cb3880c2de61"
    made = {work(id=bad).id for bad in ("../../evil", None, 12, "", "x" * 500, {"$oid": 1}, "\uff15" * 24)}
    assert len(made) == 1 and len(made.pop()) == 24
    assert work(id=None).id != work(id=None, paintingUrl="/en/other").id
    assert len(work(id=None, paintingUrl=None).id) == 24


def test_words_are_cleaned_once() -> None:
    found = work(title="Tom &amp;amp; Jerry&#39;s\n\x1b[31m \u202egpj.exe\0  ", artistName="Gr&#252;n")
    assert found.title == "Tom &amp; Jerry's [31m gpj.exe" and found.artist == "Grün"
    assert work(title="A" * 5000).title == "A" * 1000
    assert work(title="half \ud83c").title == "half"
    assert work(title="e\u0301").title == "é"
    assert (work(title=None).title, work(title={"a": 1}).title, work(title="  ").title) == (None, None, None)


def test_dates_and_sizes() -> None:
    found = work(year="XIX-XX cent.", width=True, height="800")
    assert (found.date, found.year, found.year_from, found.year_to) == ("XIX-XX cent.", None, 1801, 2000)
    assert (found.width, found.height) == (None, None)
    assert work(year=1889).year == 1889 and work(year=None).date is None and work(year="").date is None
    assert work(width=10**9, height=-1).width is None and work(width=12.5).width is None


def test_pages_are_only_the_sites_own() -> None:
    for url in ("https://evil.example/x", "https://uploads1.wikiart.org/x", "javascript:alert(1)", "", 5, None):
        found = work(paintingUrl=url, artistUrl=url)
        assert (found.page_url, found.artist_url) in {
            (None, None),
            ("https://www.wikiart.org/", "https://www.wikiart.org/"),
        }


# -- records that the site produced, where they are


def records(real: Path) -> list[dict[str, Any]]:
    pages = sorted(real.glob("listing_page*_assembled.json"))
    return [entry for page in pages for entry in json.loads(page.read_text("utf-8"))["Paintings"] or []]


def test_every_real_record_becomes_a_work(real: Path) -> None:
    entries = records(real)
    assert len(entries) == 92
    web = CannedWeb(lambda url: envelope(entries, len(entries), 100))
    pages = list(WikiArt().listing(Query(styles=("socialist-realism",)), web))  # type: ignore[arg-type]
    works = {work.id: work for page in pages for work in page.works}
    assert list(works) == [entry["id"] for entry in entries] and not any(page.warning for page in pages)
    for entry in entries:
        found = works[entry["id"]]
        assert found.title and "&#" not in found.title and "&quot;" not in found.title
        assert found.image_url and found.versions[0].url == found.image_url and not found.placeholder
        assert (found.width, found.height) == (entry["width"], entry["height"])
        assert found.date == (entry["year"] or None) and found.artist == entry["artistName"]
        if entry["year"].isdecimal():
            assert found.year == int(entry["year"])
        elif "cent" in entry["year"] or "-" in entry["year"]:
            assert found.year is None and found.year_from is not None and found.year_to is not None
        assert found.page_url == f"https://www.wikiart.org{entry['paintingUrl']}"


def test_real_maps_agree_with_the_boxes(real: Path) -> None:
    """A version is on the map exactly when the original reaches its box in one direction."""
    boxes = {"HD": (1920, 1200), "HalfHD": (1366, 800), "Large": (750, 600), "Blog": (500, 500)}
    for entry in records(real):
        found = work_of(entry, WEB, BASE, None, {})
        reached = {name for name, (w, h) in boxes.items() if entry["width"] >= w or entry["height"] >= h}
        assert set(names(found)) - {"original", "PinterestLarge"} == reached, entry
        for version in found.versions[1:]:
            assert version.width and version.height and version.width <= entry["width"]


def test_a_real_record_of_a_page_is_a_work(real: Path) -> None:
    entry = json.loads((real / "painting_json_hans_von_aachen.json").read_text("utf-8"))
    found = work_of(entry, WEB, BASE, None, {})
    assert (found.id, found.year, names(found)[1]) == ("5772847bedc2cb3880fded05", 1574, "Large")


def test_real_sizes_of_a_work_agree(real: Path) -> None:
    model = json.loads((real / "thumbnail_sizes_model_goya_partial.json").read_text("utf-8"))
    told = {entry["Name"]: entry for entry in model["ImageThumbnailsModel"][0]["Thumbnails"]}
    original = told["Original"]
    found = work(width=original["Width"], height=original["Height"], image=original["Url"], map="01234567*")
    hd = next(version for version in found.versions if version.name == "HD")
    assert (hd.width, hd.height) == (told["HD"]["Width"], told["HD"]["Height"])
