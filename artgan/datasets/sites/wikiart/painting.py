"""The page of a single work: its licence, style, media and tags. WikiArt's own prose stays there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from artgan.datasets.manifest import License
from artgan.datasets.sites.site import Work
from artgan.datasets.sites.texts import plain
from artgan.datasets.sites.words import slug_of
from artgan.datasets.sites.years import read_years
from artgan.web.answers import Missing
from artgan.web.client import Web

KEEP_S = 30 * 24 * 3600.0
"""How long a page is good for: licences and styles rarely change."""

_MOST_BYTES = 5 * 2**20
_MOST_VALUES = 100
_IMAGES = 'img[itemprop=image], meta[property="og:image"]'
_FRAME = re.compile(r"/Content/images/FRAME", re.IGNORECASE)


class Label(NamedTuple):
    """What a page says of the licence: the words, and whether the sign of the public domain stands beside them."""

    text: str
    has_sign: bool


def read_painting(work: Work, web: Web) -> Work:
    """Return a work with what its own page tells; what cannot be read there stays unknown.

    Raises:
        RemoteError: the site does not answer, or refuses.
    """
    nothing = {"license": "unknown", "license_labels": (), "detailed": True}
    if not work.page_url:
        return work.model_copy(update=nothing)
    try:
        answer = web.get(work.page_url, accept="text/html", most_bytes=_MOST_BYTES, keep_s=KEEP_S)
    except Missing:
        return work.model_copy(update=nothing)
    try:
        found = _facts(BeautifulSoup(answer.body.decode("utf-8", "replace"), "html.parser"), work)
    except Exception:
        # Whatever is wrong with a page, the work is listed and its licence is not known. (The parser, its selectors and
        # deep nesting raise half a dozen kinds of errors on broken pages.)
        found = {}
    return work.model_copy(update=nothing | found)


def license_of(labels: Iterable[Label]) -> License:
    """Return the class of a work by all that its page says: in the public domain only if nothing says otherwise.

    A territory ("Public domain China"), an owner or "Fair Use" beside it restrict it. Nothing is inferred from age.
    """
    labels = list(labels)
    if not labels:
        return "unknown"
    free = all(label.has_sign and label.text == "Public domain" for label in labels)
    return "public-domain" if free else "restricted"


def _facts(page: BeautifulSoup, work: Work) -> dict[str, Any]:
    """Return the fields of a work that a page tells, if it is the page of that work."""
    if not _is_about(work, _record(page)):
        return {}
    labels = _labels(page)
    rows = _rows(page)
    facts: dict[str, Any] = {
        "license": license_of(labels),
        "license_labels": tuple(label.text for label in labels),
        "style": work.style or ", ".join(rows.get("style", ())) or None,
        "genre": work.genre or next((slug_of(genre) for genre in rows.get("genre", ())), None) or None,
        "media": tuple(rows.get("media", ())) or None,
        "tags": tuple(_texts(page.select(".tags-cheaps a"))) or None,
    }
    if location := ", ".join(rows.get("location", ())):
        facts["location"] = location
    date = ", ".join(rows.get("date", ()))
    if date and work.year_from is None and work.year_to is None:
        years = read_years(date)
        facts |= {"date": date, "year": years.year, "year_from": years.year_from, "year_to": years.year_to}
    if any(_FRAME.search(str(image.get(name) or "")) for image in page.select(_IMAGES) for name in ("src", "content")):
        # The page has the true file's address elsewhere; what the site does not show is not taken.
        facts |= {
            "license": "restricted", "versions": (), "image_url": None,
            "placeholder": "placeholder: its page does not show it, on grounds of copyright",
        }  # fmt: skip
    return facts


def _record(page: BeautifulSoup) -> dict[str, Any]:
    """Return what the page says for programs (``paintingJson``); nothing when that cannot be read."""
    block = page.select_one(".wiki-layout-painting-info-bottom[ng-init]")
    text = str(block["ng-init"]).partition("=")[2].strip().rstrip(";") if block else ""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_about(work: Work, record: dict[str, Any]) -> bool:
    """Say whether a page is the one of a work: a redirect may have led to another one, with another licence."""
    path = urlsplit(work.page_url or "").path.casefold()
    said = [(record.get("_id"), work.id), (record.get("paintingUrl"), unquote(path))]
    told = [(text.casefold(), ours) for text, ours in said if isinstance(text, str)]
    return not told or any(text == ours for text, ours in told)


def _labels(page: BeautifulSoup) -> list[Label]:
    """Return the badges of the licence, of all generations of the page."""
    return [
        Label(plain(badge.get_text(" ")) or "", badge.select_one(".copyright-icon-public-domain") is not None)
        for badge in page.select(".copyright-wrapper a.copyright")
    ]


def _rows(page: BeautifulSoup) -> dict[str, list[str]]:
    """Return the rows "Style: ...", by their label in lower case; advertisements on the page have such rows, too."""
    rows: dict[str, list[str]] = {}
    for row in page.select('.wiki-layout-artwork-info[itemtype$="schema.org/Painting"] article > ul > li'):
        label = row.find("s")
        if not isinstance(label, Tag):
            continue
        name = (plain(label.get_text()) or "").rstrip(":").strip().casefold()
        label.extract()
        values = _texts(row.select("a")) if name != "location" else []
        if not values:
            text = plain(row.get_text(" ")) or ""
            values = [text] if name in ("location", "date") else [part.strip() for part in text.split(",")]
        rows.setdefault(name, [value for value in values if value])
    return rows


def _texts(tags: Iterable[Tag]) -> list[str]:
    found = (plain(tag.get_text(" "), 200) for tag in tags)
    return list(dict.fromkeys(text for text in found if text))[:_MOST_VALUES]
