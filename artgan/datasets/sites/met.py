"""The Metropolitan Museum of Art's open access API: CC0 pictures, JSON, no key. Built from its documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from artgan.datasets.sites.combining import combined
from artgan.datasets.sites.site import Page, Query, Version, Work
from artgan.datasets.sites.texts import plain
from artgan.datasets.sites.words import singular, slug_of
from artgan.datasets.sites.years import EARLIEST, LATEST
from artgan.errors import NotFoundError, RemoteError, UsageError
from artgan.web.answers import Answer, Missing, Unavailable
from artgan.web.client import Web
from artgan.web.hosts import HostClass

TERMS: dict[str, tuple[str, ...]] = {
    "animal-painting": ("Animals",),
    "cityscape": ("Cityscapes",),
    "flower-painting": ("Flowers",),
    "landscape": ("Landscapes",),
    "marina": ("Seascapes",),
    "nude-painting-nu": ("Female Nudes", "Male Nudes"),
    "portrait": ("Portraits",),
    "still-life": ("Still Life",),
}
"""What the museum calls a genre among its subjects."""

KEEP_S = 90 * 24 * 3600.0
"""How long a record is good for; the museum is asked for each at most so often."""

_API = "https://collectionapi.metmuseum.org/public/collection/v1"
_OBJECTS = "https://www.metmuseum.org/art/collection/search"
_WEB_LARGE = 600
"""Pixels on the longer side of the smaller version."""


class _Search(NamedTuple):
    """One request: what it is called, and its parameters."""

    title: str
    asked: dict[str, str]
    genre: str | None = None


class Met:
    """collectionapi.metmuseum.org.

    A listing gives numbers only, and loosely: each record is then looked at, and what is not a painting, not in the
    public domain or not about what was asked says so in ``Work.placeholder``.

    Args:
        query: what is asked for; records are compared with it.

    Raises:
        UsageError: it asks for what the museum has no list of.
    """

    name = "met"
    title = "The Metropolitan Museum of Art"
    rights = (
        "The Metropolitan Museum of Art offers pictures of works that it believes to be in the public domain under "
        "CC0: they may be used for anything. It asks to be named, and so should the works."
    )
    hosts: tuple[HostClass, ...] = (
        # Its shield has shut out for half a minute whoever asked some thirty times at once (its tracker, 2025).
        HostClass("the museum's records", re.compile(r"collectionapi\.metmuseum\.org"), 1.0),
        HostClass("the museum's pictures", re.compile(r"images\.metmuseum\.org"), 4.0),
    )
    one_owner = True
    details_needed = True

    def __init__(self, query: Query) -> None:
        _groups(query)
        self._query = query

    def is_placeholder(self, url: str) -> bool:
        return False

    def listing(self, query: Query, web: Web) -> Iterator[Page]:
        return combined([_found(group, web) for group in _groups(query)])

    def details(self, work: Work, web: Web) -> Work:
        number = work.id.removeprefix("met-")
        url = f"{_API}/objects/{number}"
        nothing: dict[str, Any] = {"license": "unknown", "license_labels": (), "detailed": True}
        try:
            record = _object(web.get(url, keep_s=KEEP_S), f"record {number}")
        except Missing:
            return work.model_copy(update={**nothing, "placeholder": "missing: the museum has it no longer"})
        facts = _facts(record, work)
        reason = self._reason_against(record)
        if not reason:
            try:
                facts["versions"] = _versions(record, web, self._query.max_side)
                facts["image_url"] = next(v.url for v in facts["versions"])
            except Unavailable as error:
                reason = error.reason if error.reason.startswith("address") else f"address: {error.reason}"
        return work.model_copy(update={**nothing, **facts, "placeholder": reason})

    def _reason_against(self, record: dict[str, Any]) -> str:
        """Return why an object that was found is not wanted, "" when it is."""
        if record.get("classification") != "Paintings":
            return f"not-a-painting: the museum has it among {plain(record.get('classification')) or 'others'}"
        if record.get("isPublicDomain") is not True:
            return "not-public-domain: the museum does not call it free"
        if not record.get("primaryImage"):
            return "no-image: the museum has no picture of it"
        title, artist = _words(record.get("title")), _words(record.get("artistDisplayName"))
        tags = _tags(record)
        terms = [term for genre in self._query.genres for term in TERMS[genre]]
        if terms and not any(_is_about(term, tags, title) for term in terms):
            return "off-topic: neither its subjects nor its title say so"
        if self._query.artists and not any(_words(name) <= artist for name in self._query.artists):
            return f"off-topic: it is by {plain(record.get('artistDisplayName')) or 'somebody unknown'}"
        every = title | artist | _words(*tags, record.get("medium"), record.get("objectDate"), record.get("culture"))
        if self._query.searches and not any(_words(term) <= every for term in self._query.searches):
            return "off-topic: its record does not have the words"
        return ""


def _groups(query: Query) -> list[list[_Search]]:
    """Return the searches that a query means; those of one group add up, groups narrow each other down."""
    if query.styles or query.media:
        raise UsageError("the Met knows no styles and media of paintings", "name a genre, --artist or --search")
    if query.featured or query.beyond_cap:
        raise UsageError("the Met features nothing, and its lists have no end", "leave out --featured and --beyond-cap")
    unknown = [genre for genre in query.genres if genre not in TERMS]
    if unknown:
        raise UsageError(
            f"the Met has no list of the genre {unknown[0]}",
            f"it has: {', '.join(sorted(TERMS))}; for others, give a word: --search {unknown[0].split('-')[0]}",
        )
    only = {"hasImages": "true", "medium": "Paintings"}
    groups = [
        [_Search(f'artist "{name}"', only | {"artistOrCulture": "true", "q": name.replace("-", " ")})
         for name in dict.fromkeys(query.artists)],
        [_Search(f'search "{term}"', only | {"q": term}) for term in dict.fromkeys(query.searches)],
        [_Search(f'subject "{term}"', only | {"tags": "true", "q": term}, genre)
         for genre in dict.fromkeys(query.genres) for term in TERMS[genre]],
    ]  # fmt: skip
    if not any(groups):
        raise UsageError("what shall be fetched from the Met?", "artgan fetch flowers --source met")
    return [group for group in groups if group]


def _found(searches: Iterable[_Search], web: Web) -> Iterator[Page]:
    for search in searches:
        # The examples of the documentation have q last, and some parameters are said to depend on it.
        found = _object(web.get(f"{_API}/search?{urlencode(search.asked)}"), search.title)
        numbers = found.get("objectIDs") or []
        if not isinstance(numbers, list):
            raise RemoteError(f"the Met answered with another make of list than known ({search.title})")
        usable = list(dict.fromkeys(number for number in numbers if _is_number(number)))
        if not usable:
            raise NotFoundError(f"the Met finds no painting for {search.title}", "try another word")
        bad = len(numbers) - len(usable)
        yield Page(
            listing=search.title, number=1, pages=1, listed=len(numbers), reachable=len(usable),
            works=tuple(
                Work(id=f"met-{number}", page_url=f"{_OBJECTS}/{number}", genre=search.genre) for number in usable
            ),
            warning=f"{search.title}: {bad:,} of {len(numbers):,} numbers of objects are none" if bad else "",
        )  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**12


def _object(answer: Answer, what: str) -> dict[str, Any]:
    """Read an answer that must be a JSON object."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unavailable(f"not-json: the Met answered with something else than {what}", answer.url)
    return found


def _facts(record: dict[str, Any], work: Work) -> dict[str, Any]:
    """Return the fields of a work that a record tells."""
    first, last = _year(record.get("objectBeginDate")), _year(record.get("objectEndDate"))
    if first is not None and last is not None and first > last:
        first = last = None
    medium = plain(record.get("medium"), 200)
    page = record.get("objectURL")
    own = isinstance(page, str) and re.fullmatch(r"https?://www\.metmuseum\.org/art/collection/search/[0-9]+", page)
    return {
        "title": plain(record.get("title")), "artist": plain(record.get("artistDisplayName")),
        "date": plain(record.get("objectDate")), "year": first if first == last else None,
        "year_from": first, "year_to": last, "media": (medium,) if medium else None,
        "tags": tuple(_tags(record)) or None, "credit": plain(record.get("creditLine")),
        "license": "public-domain" if record.get("isPublicDomain") is True else "restricted",
        "page_url": page if own else work.page_url,
    }  # fmt: skip


def _year(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and EARLIEST <= value <= LATEST else None


def _versions(record: dict[str, Any], web: Web, max_side: int | None) -> tuple[Version, ...]:
    """Return the original and the smaller file, the latter first where it is enough.

    Raises:
        Unavailable: the address of the original is none, or not one of the museum's.
    """
    original = Version(name="original", url=web.clean(str(record.get("primaryImage"))))
    try:
        smaller = [Version(name="web-large", url=web.clean(str(record.get("primaryImageSmall") or "")))]
    except Unavailable:
        smaller = []
    enough = max_side is not None and max_side <= _WEB_LARGE
    return (*smaller, original) if enough else (original, *smaller)


def _tags(record: dict[str, Any]) -> list[str]:
    tags = record.get("tags")
    terms = [plain(tag.get("term"), 200) for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    return [term for term in terms if term]


def _is_about(term: str, tags: Sequence[str], title: set[str]) -> bool:
    key = singular(slug_of(term))
    return any(singular(slug_of(tag)) == key for tag in tags) or _words(term) <= title


def _words(*texts: Any) -> set[str]:
    """Return the words of texts as they are compared: plain letters, in the singular."""
    keys = (singular(slug_of(text)) for text in texts if isinstance(text, str))
    return {word for key in keys for word in key.split("-")} - {""}
