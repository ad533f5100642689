"""An entry of a listing becomes a work."""

from __future__ import annotations

import hashlib
import html
import re
from typing import Any
from urllib.parse import urlsplit

from artgan.datasets.sites.site import Version, Work
from artgan.datasets.sites.texts import plain, positive
from artgan.datasets.sites.wikiart.address import BASE
from artgan.datasets.sites.wikiart.versions import is_placeholder, versions_of
from artgan.datasets.sites.years import read_years
from artgan.web.answers import Unavailable
from artgan.web.client import Web

_LONGEST_DATE = 100
_ID = re.compile(r"[0-9a-f]{24}")


def work_of(item: Any, web: Web, base: str, max_side: int | None, facts: dict[str, Any]) -> Work:
    """Return the work that an entry describes.

    An entry without a picture, or with an address that may not be asked, is a work that says so in ``placeholder``.

    Args:
        item: one of ``Paintings``, or a page's ``paintingJson``.
        web: knows which hosts are allowed.
        base: the address of the listing.
        max_side: as in ``Query``.
        facts: what the listing tells of all its works: its genre, its style.

    Raises:
        ValueError: it is no entry, or nothing in it tells it from others.
    """
    if not isinstance(item, dict):
        raise ValueError("not an object")
    years = read_years(date := plain(item.get("year"), _LONGEST_DATE))
    versions: tuple[Version, ...] = ()
    reason = ""
    try:
        if not item.get("image"):
            reason = "no-image: the site has no picture of it"
        else:
            versions = versions_of(item, web, base, max_side)
            original = next(version for version in versions if version.name == "original")
            if is_placeholder(original.url):
                versions, reason = (), f"placeholder: the site shows {original.url.rpartition('/')[2]} in its place"
    except Unavailable as error:
        reason = error.reason if error.reason.startswith("address") else f"address: {error.reason}"
    return Work(
        id=_id(item), title=_text(item.get("title")), artist=_text(item.get("artistName")),
        artist_url=_page_of(item.get("artistUrl"), web), page_url=_page_of(item.get("paintingUrl"), web),
        date=date, year=years.year, year_from=years.year_from, year_to=years.year_to,
        width=positive(item.get("width")), height=positive(item.get("height")),
        image_url=next((version.url for version in versions if version.name == "original"), None),
        versions=versions, placeholder=reason, **facts,
    )  # fmt: skip


def _id(item: dict[str, Any]) -> str:
    """Return 24 hexadecimal digits: the site's own, else some that the work's address gives every time."""
    for key in ("id", "_id"):
        found = item.get(key)
        if isinstance(found, str) and _ID.fullmatch(found.casefold()):
            return found.casefold()
    for key in ("paintingUrl", "image"):
        found = item.get(key)
        if isinstance(found, str) and found.strip():
            return hashlib.sha256(found.strip().encode("utf-8", "replace")).hexdigest()[:24]
    raise ValueError("neither an id nor an address")


def _text(value: Any) -> str | None:
    """Return a title; the site's listings escape them for HTML, once."""
    return plain(html.unescape(value)) if isinstance(value, str) else plain(value)


def _page_of(value: Any, web: Web) -> str | None:
    """Return the address of a page of the site; None for any other."""
    if not isinstance(value, str):
        return None
    try:
        url = web.clean(value, BASE)
    except Unavailable:
        return None
    return url if urlsplit(url).hostname == urlsplit(BASE).hostname else None
