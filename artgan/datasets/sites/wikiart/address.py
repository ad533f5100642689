"""Which pages WikiArt has: how a listing is asked for, and what an address means that somebody pasted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from artgan.datasets.sites.site import Query
from artgan.errors import UsageError

BASE = "https://www.wikiart.org"

Kind = Literal["genre", "style", "media", "artist", "search"]
_DICTIONARIES: tuple[Kind, ...] = ("genre", "style", "media")
_SLUG = re.compile(r"[\w.'()-]{1,200}")
# fmt: off
_NOT_ARTISTS = frozenset((
    "about", "alphabet", "api", "app", "artists-by-art-institution", "artists-by-art-movement", "artists-by-century",
    "artists-by-field", "artists-by-genre", "artists-by-nation", "artists-by-painting-school", "artists-institutions",
    "contact", "female-artists", "paintingadvancedsearch", "popular-artists", "popular-paintings", "privacy-policy",
    "recently-added-artists", "recently-added-artworks", "recommended-artists", "tag", "terms-of-use",
))
# fmt: on
"""First words of pages under /en/ that are no artist's."""


@dataclass(frozen=True)
class Listing:
    """One list of works that the site has.

    Attributes:
        kind: of the list.
        word: a slug; what is searched for, with ``kind`` "search".
        featured: only what the site features; for genres, styles and media.
        years: only works of these years, asked of the advanced search by ``dictionary_id``.
        dictionary_id: of the genre or style.
    """

    kind: Kind
    word: str
    featured: bool = False
    years: tuple[int, int] | None = None
    dictionary_id: str = ""

    @property
    def title(self) -> str:
        """For a person: "genre flower-painting", "genre portrait, 1870 to 1884"."""
        word = f'"{self.word}"' if self.kind == "search" else self.word
        years = f", {self.years[0]} to {self.years[1]}" if self.years else ""
        return f"{self.kind} {word}{', featured' * self.featured}{years}"

    @property
    def address(self) -> str:
        """The page that a person sees."""
        word = quote(self.word, safe="")
        if self.kind == "artist":
            return f"{BASE}/en/{word}"
        return f"{BASE}/en/Search/{word}" if self.kind == "search" else f"{BASE}/en/paintings-by-{self.kind}/{word}"

    def page_address(self, number: int) -> str:
        """The same as JSON, page by page from 1."""
        path = f"{self.address}/mode/all-paintings" if self.kind == "artist" else self.address
        asked: dict[str, Any] = {"json": 2, "layout": "new", "page": number, "resultType": "masonry"}
        if self.kind == "search":
            del asked["resultType"]
        if self.featured:
            asked["select"] = "featured"
        if self.years:
            path = f"{BASE}/en/App/Search/PaintingAdvancedSearch"
            asked |= {"isAjax": "true", "dictIdsJson": f'["{self.dictionary_id}"]'}
            asked |= {"minYear": self.years[0], "maxYear": self.years[1]}
        return f"{path}?{urlencode(asked)}"


def listings_of(query: Query) -> list[list[Listing]]:
    """Return the listings that a query means: those of one group add up, groups narrow each other down.

    The group that is likely to be the longest comes last.

    Raises:
        UsageError: nothing is asked for, or it is asked for what the site features where it features nothing.
    """
    words: dict[Kind, tuple[str, ...]] = {
        "artist": query.artists, "search": query.searches, "media": query.media, "style": query.styles,
        "genre": query.genres,
    }  # fmt: skip
    groups = [
        [Listing(kind, word, query.featured and kind in _DICTIONARIES) for word in dict.fromkeys(asked)]
        for kind, asked in words.items()
        if asked
    ]
    if not groups:
        raise UsageError("what shall be fetched from WikiArt?", "name a genre: artgan fetch flowers")
    if query.featured and not any(listing.featured for group in groups for listing in group):
        raise UsageError(
            "WikiArt features works of genres and styles, not of artists or searches",
            "leave out --featured, or name a genre or style as well",
        )
    return groups


def parse_address(text: str) -> Query:
    """Return what the address of a page means that somebody pasted out of a browser.

    Pages of genres, styles, media and artists are understood, and searches; with or without the scheme, with what
    the browser puts behind "#".

    Raises:
        UsageError: it is another page, in another language, or of another site.
    """
    text = text.strip()
    shown = text if len(text) <= 120 else f"{text[:120]}..."
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError as error:
        raise UsageError(f"{shown} is not an address", "copy it from the browser once more") from error
    if parts.scheme not in ("http", "https") or host != "wikiart.org":
        raise UsageError(
            f"{shown} is not a page of WikiArt",
            f"give one such as {BASE}/en/paintings-by-genre/flower-painting; a table of addresses of pictures is taken "
            "by: artgan import addresses.csv",
        )
    folders = [unquote(part) for part in parts.path.split("/") if part]
    if folders and re.fullmatch(r"[a-z]{2}(-[a-z]{2})?", folders[0]) and folders[0] != "en":
        raise UsageError(
            f"{shown} is in the language {folders[0]!r}, in which WikiArt names its pages otherwise",
            "switch the page to English, so that its address begins with www.wikiart.org/en/, and copy it again",
        )
    if len(folders) < 2 or folders[0] != "en":
        raise UsageError(f"{shown} lists no works", f"give a page such as {BASE}/en/paintings-by-genre/flower-painting")
    return _meaning(shown, folders[1:], _is_featured(parts.query, parts.fragment))


def _meaning(shown: str, folders: list[str], featured: bool) -> Query:
    """Return what the folders of a path under /en/ mean."""
    first, word = folders[0], folders[1] if len(folders) > 1 else ""
    lower = first.casefold()
    for kind in _DICTIONARIES:
        if lower == f"paintings-by-{kind}" and _SLUG.fullmatch(word):
            asked = {"genre": "genres", "style": "styles", "media": "media"}[kind]
            return Query.model_validate({asked: (word.casefold(),), "featured": featured})
    if lower == "search" and word.strip():
        return Query(searches=(" ".join(word.replace("+", " ").split()),))
    if lower.startswith("paintings-by-") or lower == "search" or lower in _NOT_ARTISTS or not _SLUG.fullmatch(first):
        raise UsageError(
            f"{shown} lists no works that artgan can fetch",
            "pages of a genre, a style, a medium, an artist or a search will do; genres are listed by: artgan genres",
        )
    if word and word.casefold() not in ("all-works", "mode"):
        raise UsageError(
            f"{shown} is the page of a single work",
            f"artgan fetch --artist {first.casefold()} takes all works of its artist",
        )
    return Query(artists=(first.casefold(),))


def _is_featured(query: str, fragment: str) -> bool:
    """Say whether a page shows featured works; behind "#" stands what the browser shows by now."""
    shown = re.search(r"filterName:([\w-]+)", fragment)
    return shown[1] == "featured" if shown else parse_qs(query).get("select") == ["featured"]
