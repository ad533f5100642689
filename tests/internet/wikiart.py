"""WikiArt as a client knows it, with drawn pictures: listings, pages of works, pictures and their smaller versions.

Facts of the site (paths, the envelope, sizes, badges) are those that public scrapers wrote down up to 2026; what is
not known of it is an option here, so that a client can be tried against every way in which it might behave.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from . import wikiart_pages as pages
from .pictures import Format, Shelf, draw, encode, shrink, sign
from .server import Request, Response, validators

WWW = "www.wikiart.org"
PICTURES = "*uploads*.wikiart.org"
FRAME = "https://uploads.wikiart.org/Content/images/FRAME-600x480.jpg"
ABSENT = object()
"""As a value in ``Work.listed``: the listing does not have this key."""

PLACEHOLDERS = {
    "/Content/images/FRAME-600x480.jpg": (600, 480, "JPEG"),
    "/Content/images/frame-600x480.jpg": (600, 480, "JPEG"),
    "/Content/images/ARTIST-480x600.jpg": (480, 600, "JPEG"),
    "/Content/wiki/img/lazy-load-placeholder.png": (300, 300, "PNG"),
    "/favicon-256x256.png": (256, 256, "PNG"),
}

GENRE_IDS = {
    "flower-painting": "57726b4eedc2cb3880ad6e50",
    "landscape": "57726b4eedc2cb3880ad6e88",
    "portrait": "57726b4eedc2cb3880ad6ee0",
    "still-life": "57726b4eedc2cb3880ad6f20",
}
"""The ids under which the advanced search knows them."""

STYLE_IDS = {"impressionism": "57726b51edc2cb3880ad7600", "baroque": "57726b51edc2cb3880ad74c8"}

BADGES: tuple[tuple[str, ...], ...] = (
    ("Public domain",),
    ("Public domain",),
    ("Public domain US",),
    ("Anna Blau", "Fair Use"),
    (),
    ("Public domain", "Public domain China"),
)
"""All kinds of badges that pages carry."""

ROBOTS = "User-agent: *\nAllow: /\nSitemap: https://www.wikiart.org/sitemap/sitemap_index.xml\n"

MODIFIED = datetime(2020, 2, 20, 20, 20, tzinfo=UTC)

_DERIVATIVES: tuple[tuple[str, tuple[int, int], Callable[[int, int], bool]], ...] = (
    ("Blog", (500, 500), lambda w, h: w >= 500 or h >= 500),
    ("Large", (750, 600), lambda w, h: w >= 750 or h >= 600),
    ("PortraitSmall", (240, 240), lambda w, h: True),
    ("Portrait", (400, 400), lambda w, h: w >= 250),
    ("HalfHD", (1366, 800), lambda w, h: w >= 1366 or h >= 800),
    ("HD", (1920, 1200), lambda w, h: w >= 1920 or h >= 1200),
    ("PinterestSmall", (210, 10_000), lambda w, h: True),
    ("PinterestLarge", (280, 10_000), lambda w, h: True),
)
"""Name, box and when it exists, in the order of the positions of ``map``."""


@dataclass
class Work:
    """A painting of the local site.

    Attributes:
        image: where its picture is, not percent-encoded; also a pattern for ``inject``.
        drawn_as: the word its picture is drawn from; equal words are equal bytes.
        listed: what the listing says instead of the truth, by key; ``ABSENT`` takes a key away.
    """

    id: str
    title: str
    year: str
    artist: str
    slug: str
    width: int
    height: int
    image: str
    genres: tuple[str, ...] = ("flower-painting",)
    styles: tuple[str, ...] = ("impressionism",)
    media: tuple[str, ...] = ("oil", "canvas")
    tags: tuple[str, ...] = ("flowers", "vases")
    badges: tuple[str, ...] = ("Public domain",)
    featured: bool = True
    kind: Format = "JPEG"
    drawn_as: str = ""
    listed: dict[str, Any] = field(default_factory=dict)

    @property
    def artist_slug(self) -> str:
        return slug_of(self.artist)

    @property
    def page(self) -> str:
        """The path of its page."""
        return f"/en/{self.artist_slug}/{self.slug}"

    @property
    def picture_path(self) -> str:
        return re.sub(r"^https://[^/]*", "", self.image)

    @property
    def map(self) -> str:
        exists = [test(self.width, self.height) for _, _, test in _DERIVATIVES]
        return "".join(str(i) if there else "*" for i, there in enumerate(exists)) + "*"

    def item(self, id_key: str = "id") -> dict[str, Any]:
        """Return it as a listing shows it."""
        item: dict[str, Any] = {"_t": "PaintingForGalleryNew"} if id_key == "_id" else {}
        item |= {
            id_key: self.id,
            "title": escaped(self.title),
            "year": self.year,
            "width": self.width,
            "height": self.height,
            "artistName": escaped(self.artist),
            "image": self.image,
            "map": self.map,
            "paintingUrl": self.page,
            "artistUrl": f"/en/{self.artist_slug}",
            "albums": None,
            "flags": 2,
            "images": None,
        }
        item |= {id_key if key == "id" else key: value for key, value in self.listed.items()}
        return {key: value for key, value in item.items() if value is not ABSENT}


def escaped(text: str) -> str:
    """Write a title as the site's feeds do: HTML entities, also for the letters of Latin-1."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace('"', "&quot;").replace("'", "&#39;")
    return "".join(f"&#{ord(c)};" if 160 <= ord(c) <= 255 else c for c in text)


def slug_of(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "untitled"


def id_of(word: str) -> str:
    return hashlib.sha1(word.encode()).hexdigest()[:24]


_ARTISTS = ("Anna Blau", "Berthe Grün", "Carl von Rot", "Dora O'Gelb", "Émile Violet")
_NOUNS = ("Roses", "Irises", "Vase with Sunflowers", "Peonies & Lilacs", "Garden at Noon", "Untitled", 'The "Tulip"')


def drawn_work(number: int, *, genre: str = "flower-painting", side: int = 360, **changes: Any) -> Work:
    """Think up one work; the same number in the same genre is always the same.

    Args:
        number: from 0.
        genre: slug.
        side: longer side of its picture in pixels, about; the shorter is three quarters of it or so.
        changes: fields of ``Work`` that are to be otherwise.
    """
    identity = id_of(f"{genre} {number}")
    short = side * (70 + number * 7 % 25) // 100
    width, height = (side, short) if number % 3 else (short, side)
    artist = _ARTISTS[number % len(_ARTISTS)]
    year = str(1840 + number * 13 % 170)
    title = f"{_NOUNS[number % len(_NOUNS)]}" + (f" No. {number}" if number % 7 != 5 else "")
    slug = f"{slug_of(title)}-{number}"
    folder = f"/{108 + number % 200:05d}/images" if number % 2 else "/images"
    fields: dict[str, Any] = {
        "id": identity,
        "title": title,
        "year": year,
        "artist": artist,
        "slug": slug,
        "width": width,
        "height": height,
        "image": f"https://uploads{number % 10}.wikiart.org{folder}/{slug_of(artist)}/{genre}-{slug}.jpg",
        "genres": (genre,),
        "badges": BADGES[number % len(BADGES)],
        "featured": number % 4 != 3,
        "drawn_as": identity,
    }
    return Work(**{**fields, **changes})


def drawn_works(count: int, *, genre: str = "flower-painting", side: int = 360, **changes: Any) -> list[Work]:
    """Think up as many works as asked for."""
    return [drawn_work(number, genre=genre, side=side, **changes) for number in range(count)]


class LocalWikiArt:
    """The site.

    Args:
        works: what it has, in the order of its listings; a number thinks up so many flower paintings.
        past_end: what pages after the last one answer.
        unknown: what a genre, style or artist that it does not know answers.
        strict: listings are JSON only for those who send ``X-Requested-With: XMLHttpRequest``.
        with_validators: whether answers carry ``ETag``, ``Last-Modified`` and ``Accept-Ranges``.
        years_obeyed: whether the advanced search looks at ``minYear`` and ``maxYear``.
        page_size: works on a page.
        last_page: where a listing ends, whatever it has.
        generation: how pages of works are built: "2026-03" or "2026-10".
        robots: the text of robots.txt, or the status it answers with.
        robots_tag: ``X-Robots-Tag`` of pictures; "" for none.
        shift: so many works move to the front of a listing between one page and the next, as if new: what was last
            on a page is listed again on the next. Negative: they go away from the front, and works are missed.
        empty: slugs that it knows and has nothing of.
        shelf: a folder that keeps drawn pictures for the next start.
    """

    hosts = (WWW, "*.wikiart.org")

    def __init__(
        self,
        works: int | Iterable[Work] = 8,
        *,
        past_end: Literal["null", "[]", "html"] = "null",
        unknown: Literal["404", "302", "null"] = "404",
        strict: bool = False,
        with_validators: bool = False,
        years_obeyed: bool = True,
        page_size: int = 60,
        last_page: int = 60,
        generation: Literal["2026-03", "2026-10"] = "2026-10",
        robots: str | int = ROBOTS,
        robots_tag: str = "",
        shift: int = 0,
        empty: Sequence[str] = (),
        shelf: Path | None = None,
    ) -> None:
        self.works = drawn_works(works) if isinstance(works, int) else list(works)
        self.past_end = past_end
        self.unknown = unknown
        self.strict = strict
        self.with_validators = with_validators
        self.years_obeyed = years_obeyed
        self.page_size = page_size
        self.last_page = last_page
        self.generation = generation
        self.robots = robots
        self.robots_tag = robots_tag
        self.shift = shift
        self.empty = tuple(empty)
        self.shelf = Shelf(shelf)
        self._shifted: dict[str, int] = {}
        self._by_path: dict[str, Work] = {}

    def draw_all(self) -> None:
        """Draw every picture now, so that no request waits for it."""
        for work in self.works:
            self._original(work)

    def answer(self, request: Request) -> Response:
        response = self._page(request) if request.host == WWW else self._picture(request)
        if self.with_validators and response.status == 200 and isinstance(response.body, bytes):
            response = response.with_(headers=validators(response.body, MODIFIED))
        return response

    # --- pages ---

    def _page(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        parts = path.split("/")[1:]
        if path == "/robots.txt":
            if isinstance(self.robots, int):
                return Response.of_html("<h1>no robots.txt</h1>", self.robots)
            return Response.of_text(self.robots)
        if path == "/en/error":
            return Response.of_html(pages.ERROR, 500)
        if path == "/en/paintings-by-genre":
            return Response.of_html(pages.genre_index(self._genre_counts()))
        if parts[0] != "en" or len(parts) < 2:
            return self._unknown(request)
        if parts[1] in ("paintings-by-genre", "paintings-by-style", "paintings-by-media"):
            return self._dictionary_listing(request, parts)
        if parts[1] == "Search" and len(parts) == 3:
            return self._listing(request, self._titled(parts[2]), f"search {parts[2]}")
        if path.lower() in ("/en/app/search/paintingadvancedsearch", "/en/paintingadvancedsearch"):
            return self._advanced_search(request)
        if path.lower() == "/en/app/painting/paintingsbyartist":
            return self._by_artist(request)
        return self._artist_or_work(request, parts)

    def _dictionary_listing(self, request: Request, parts: list[str]) -> Response:
        if len(parts) < 3:
            return self._unknown(request)
        field_name = {"genre": "genres", "style": "styles", "media": "media"}[parts[1].removeprefix("paintings-by-")]
        found = [work for work in self.works if parts[2] in getattr(work, field_name)]
        if not found and parts[2] not in self.empty:
            return self._unknown(request)
        if len(parts) > 3 and parts[3].isdigit():  # the page path of old
            return self._listing(request, found, parts[2], page=int(parts[3]))
        return self._listing(request, found, parts[2])

    def _artist_or_work(self, request: Request, parts: list[str]) -> Response:
        by_artist = [work for work in self.works if work.artist_slug == parts[1]]
        rest = "/".join(parts[2:])
        if not by_artist:
            return self._unknown(request)
        if rest in ("mode/all-paintings", "all-works"):
            return self._listing(request, by_artist, parts[1])
        if rest == "all-works/text-list":
            return Response.of_html(pages.text_list(by_artist))
        if not rest:
            artist = {"artistName": by_artist[0].artist, "url": parts[1], "birthDay": "/Date(-4080326400000)/"}
            if request.query.get("json"):
                return Response.of_json(artist)
            return Response.of_html(pages.artist_page(by_artist))
        work = next((work for work in by_artist if work.slug == rest), None)
        if work is None:
            return Response.of_html(pages.NOT_FOUND, 404)
        if request.query.get("json") == "2":  # related works, not this one
            return self._listing(request, [one for one in by_artist if one is not work], f"near {work.slug}")
        return Response.of_html(pages.painting_page(work, self.generation))

    def _advanced_search(self, request: Request) -> Response:
        try:
            ids = set(json.loads(request.query.get("dictIdsJson") or "[]"))
        except ValueError:
            return Response.of_html(pages.ERROR, 500)
        names = {slug for slug, identity in {**GENRE_IDS, **STYLE_IDS}.items() if identity in ids}
        found = [work for work in self.works if names & {*work.genres, *work.styles}]
        if self.years_obeyed:
            first, last = request.query.get("minYear"), request.query.get("maxYear")
            if first or last:
                found = [w for w in found if _year(w) is not None]
                found = [w for w in found if int(first or -5000) <= (_year(w) or 0) <= int(last or 9999)]
        return self._listing(request, found, f"advanced {request.query}")

    def _by_artist(self, request: Request) -> Response:
        found = [work for work in self.works if work.artist_slug == request.query.get("artistUrl")]
        return Response.of_json([pages.app_record(number, work) for number, work in enumerate(found, 200_000)])

    def _listing(self, request: Request, found: list[Work], name: str, page: int = 0) -> Response:
        if request.query.get("select") == "featured":
            found = [work for work in found if work.featured]
        text = request.query.get("page", "")
        page = page or max(1, int(text) if text.isdigit() else 1)
        reachable = min(self.last_page, -(-len(found) // self.page_size))
        wants_json = request.query.get("json") in ("1", "2")
        if self.strict and request.headers.get("x-requested-with") != "XMLHttpRequest":
            wants_json = False
        moved = self._moved(found, name, page)
        shown = moved[(page - 1) * self.page_size :][: self.page_size] if page <= reachable else []
        if not wants_json:
            return Response.of_html(pages.listing_page(name, [w.item("_id") for w in shown], len(found)))
        if not shown and self.past_end == "html":
            return Response.of_html(pages.listing_page(name, [], len(found)))
        items: list[dict[str, Any]] | None = [work.item() for work in shown]
        if request.query.get("json") == "1":
            return Response.of_json(items)
        if not shown and (self.past_end == "null" or not found):
            items = None
        return Response.of_json(self.envelope(items, len(found)))

    def envelope(self, items: list[dict[str, Any]] | None, total: int) -> dict[str, Any]:
        return {
            "ArtistsHtml": None,
            "CanLoadMoreArtists": False,
            "Paintings": items,
            "Artists": None,
            "AllArtistsCount": 0,
            "PaintingsHtml": None,
            "PaintingsHtmlBeta": None,
            "AllPaintingsCount": total,
            "PageSize": self.page_size,
            "TimeLog": None,
        }

    def _moved(self, found: list[Work], name: str, page: int) -> list[Work]:
        """Return the listing as it stands by now, where it moves while it is read."""
        if not self.shift or not found:
            return found
        if page == 1:
            self._shifted[name] = 0
        by = self._shifted.get(name, 0)
        self._shifted[name] = by + self.shift
        by %= len(found)
        return found[-by:] + found[:-by] if by else found

    def _unknown(self, request: Request) -> Response:
        if self.unknown == "302":
            return Response(302, {"Location": "/en/error?aspxerrorpath=" + quote(request.path)})
        if self.unknown == "null" and request.query.get("json") == "2":
            return Response.of_json(self.envelope(None, 0))
        return Response.of_html(pages.NOT_FOUND, 404)

    def _titled(self, term: str) -> list[Work]:
        return [work for work in self.works if term.replace("+", " ").lower() in work.title.lower()]

    def _genre_counts(self) -> dict[str, int]:
        counts: dict[str, int] = dict.fromkeys(self.empty, 0)
        for work in self.works:
            for genre in work.genres:
                counts[genre] = counts.get(genre, 0) + 1
        return dict(sorted(counts.items()))

    # --- pictures ---

    def _picture(self, request: Request) -> Response:
        path = request.path
        if path in PLACEHOLDERS:
            width, height, kind = PLACEHOLDERS[path]
            data = self.shelf.get(path, lambda: sign("not available", width, height, kind))  # type: ignore[arg-type]
            return self._image(data, kind)
        base, mark, name = path.partition("!")
        work = self._work_at(base)
        if work is None:
            return Response.of_html(pages.NOT_FOUND, 404)
        if not mark:
            return self._image(self._original(work), work.kind)
        for suffix, box, exists in _DERIVATIVES:
            if name == f"{suffix}.jpg" and exists(work.width, work.height):
                word = f"{work.drawn_as} {work.width} {work.height} {suffix}"
                small = self.shelf.get(word, partial(self._shrunk, work, box))
                return self._image(small, "JPEG")
        return Response.of_html(pages.NOT_FOUND, 404)

    def _work_at(self, path: str) -> Work | None:
        work = self._by_path.get(path)
        if work is None or work.picture_path != path:  # works may have been changed since
            self._by_path = {one.picture_path: one for one in self.works}
            work = self._by_path.get(path)
        return work

    def _original(self, work: Work) -> bytes:
        word = f"{work.drawn_as} {work.width} {work.height} {work.kind}"
        return self.shelf.get(word, lambda: encode(draw(work.drawn_as, work.width, work.height), work.kind))

    def _shrunk(self, work: Work, box: tuple[int, int]) -> bytes:
        return shrink(self._original(work), box)

    def _image(self, data: bytes, kind: str) -> Response:
        headers = {"Content-Type": f"image/{kind.lower()}", "Cache-Control": "public, max-age=31536000"}
        if self.robots_tag:
            headers["X-Robots-Tag"] = self.robots_tag
        return Response(200, headers, data)


def _year(work: Work) -> int | None:
    found = re.search(r"\d{3,4}", work.year)
    return int(found[0]) if found else None
