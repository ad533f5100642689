"""Artists, titles, years, styles and genres, read out of the names of files and folders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TypedDict

from artgan.datasets.manifest import License
from artgan.datasets.sites import words

YEARS = range(1000, 2100)

# fmt: off
STYLES = frozenset((
    "abstract-expressionism", "action-painting", "analytical-cubism", "art-nouveau", "art-nouveau-modern",
    "baroque", "color-field-painting", "contemporary-realism", "cubism", "early-renaissance", "expressionism",
    "fauvism", "high-renaissance", "impressionism", "mannerism-late-renaissance", "minimalism",
    "naive-art-primitivism", "new-realism", "northern-renaissance", "pointillism", "pop-art", "post-impressionism",
    "realism", "rococo", "romanticism", "symbolism", "synthetic-cubism", "ukiyo-e",
))
# fmt: on
"""The 27 style folders of cs-chan/ArtGAN's WikiArt set as slugs, and the name its class file has for one of them."""

# fmt: off
_SMALL_WORDS = frozenset((
    "a", "and", "da", "de", "del", "della", "der", "des", "di", "du", "el", "en", "et", "in", "la", "le", "les",
    "of", "on", "the", "van", "von", "y", "zu",
))
# fmt: on


class Facts(TypedDict, total=False):
    """Fields of ``Painting`` that may be known before the picture is looked at."""

    title: str | None
    artist: str | None
    artist_url: str | None
    year: int | None
    date: str | None
    year_from: int | None
    year_to: int | None
    genre: str | None
    style: str | None
    media: tuple[str, ...] | None
    tags: tuple[str, ...] | None
    credit: str | None
    license: License | None
    license_labels: tuple[str, ...] | None
    page_url: str | None
    image_url: str | None


def slug(text: str) -> str:
    """Return lower-case ASCII words joined by dashes: "Still Life" and "still_life" give "still-life"."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def genre_slug(text: str) -> str:
    """Return WikiArt's slug of a genre, however it is spelt; of a word that is no genre there, a slug all the same."""
    entry = words.find("genre", text)
    return entry.slug if entry else slug(text)


def same_genre(one: str, other: str) -> bool:
    """Say whether two spellings mean one genre: "flowers", "flower painting" and "flower-painting" do."""
    key = words.singular(genre_slug(one))
    return bool(key) and key == words.singular(genre_slug(other))


def spoken(text: str) -> str:
    """Turn a slug into a name: "vincent-van-gogh" gives "Vincent van Gogh"."""
    words = [word for word in re.split(r"[\s_-]+", repaired(text)) if word]
    return " ".join(w if i and w in _SMALL_WORDS else w[:1].upper() + w[1:] for i, w in enumerate(words))


def repaired(text: str) -> str:
    """Undo UTF-8 that was read as Latin-1 and then lower-cased: "grã©goire" gives "grégoire"."""
    if text.isascii():
        return text
    for codec in ("latin-1", "cp1252"):
        try:
            return text.translate(_LEADS).encode(codec).decode("utf-8").lower()
        except UnicodeError:
            continue
    return text


# The first bytes of two-byte letters, 0xC3 to 0xC5, in lower case: what lower-casing did to them.
_LEADS = {ord(chr(code).lower()): chr(code) for code in (0xC3, 0xC4, 0xC5)}


def title_and_year(text: str) -> Facts:
    """Read "water-lilies-1914(2)" as a title and a year; a number of the copy behind the year is left out."""
    text = re.sub(r"\(\d+\)$", "", text)
    found = re.fullmatch(r"(.*?)[-_ ]?\(?\b(1[0-9]{3}|20[0-9]{2})\)?(?:-\d{1,2})?", text)
    title, year = (found[1], int(found[2])) if found else (text, None)
    spoken_title = spoken(title)
    facts: Facts = {"title": spoken_title[:1].upper() + spoken_title[1:] or None}
    if year is not None and year in YEARS:
        facts["year"] = year
    return facts


def artist_title_year(stem: str) -> Facts:
    """Read cs-chan/ArtGAN's "claude-monet_water-lilies-1914"."""
    artist, _, title = stem.partition("_")
    return {"artist": spoken(artist) or None, **title_and_year(title)}


def facts_of(stem: str) -> Facts:
    """Read what the well-known spellings of a file name tell; a name of another make tells nothing.

    Understood are GANGogh's "claude-monet+water-lilies-1914", and "impressionism__claude-monet_water-lilies-1914" of
    sets cut out of cs-chan/ArtGAN's, where the style is one of ``STYLES``.
    """
    artist, plus, title = stem.partition("+")
    if plus and re.fullmatch(r"[^\W\d_][\w.'-]*-[\w.'-]+|[^\W\d_]{3,}", artist):
        return {"artist": spoken(artist), **title_and_year(title)}
    style, line, rest = stem.partition("__")
    if line and slug(style) in STYLES and "_" in rest:
        return {"style": spoken(style), **artist_title_year(rest)}
    return {}


def commonest(values: Iterable[str | None], most: int = 12) -> str:
    """List values by how often they occur, for a hint: "landscape, portrait, ... (14 in all)"."""
    counts: dict[str, int] = {}
    for value in values:
        if value:
            counts[value] = counts.get(value, 0) + 1
    ranked = sorted(counts, key=lambda value: (-counts[value], value))
    return ", ".join(ranked[:most]) + (f", ... ({len(ranked)} in all)" if len(ranked) > most else "")
