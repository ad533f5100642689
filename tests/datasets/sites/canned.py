"""A web that answers what a test says, and works as WikiArt lists them, thought up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from artgan.datasets.sites.wikiart.source import WikiArt
from artgan.web.answers import Answer, Missing, Unavailable
from artgan.web.hosts import HostClass, class_of, clean_url


class CannedWeb:
    """Has the methods of ``Web`` that sites use, and no network.

    Args:
        answer: given an address, returns a body (JSON unless it is bytes), an ``Answer``, or an error to raise.
        hosts: whom it would ask.
    """

    def __init__(self, answer: Callable[[str], Any], hosts: tuple[HostClass, ...] = WikiArt.hosts) -> None:
        self._answer = answer
        self._hosts = hosts
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []

    def get(
        self, url: str, *, accept: str = "application/json", headers: Mapping[str, str] | None = None,
        most_bytes: int = 20 * 2**20, keep_s: float = 0.0, error_statuses: frozenset[int] = frozenset(),
    ) -> Answer:  # fmt: skip
        assert self.clean(url) == url
        self.asked.append(url)
        self.headers.append({**(headers or {}), "Accept": accept})
        found = self._answer(url)
        if isinstance(found, Exception):
            raise found
        if not isinstance(found, Answer):
            found = as_answer(url, found)
        if found.status == 404:
            raise Missing("missing: the server says 404", url)
        if found.status != 200 and found.status not in error_statuses:
            raise Unavailable(f"status: {found.status}", url)
        return found

    def clean(self, text: str, base: str = "") -> str:
        url = clean_url(text, base)
        if class_of(url, self._hosts) is None:
            raise Unavailable("address: not one of the site's", text)
        return url


def as_answer(url: str, body: Any, status: int = 200) -> Answer:
    if isinstance(body, bytes):
        return Answer(url, status, body, "text/html" if b"<" in body else "text/plain")
    return Answer(url, status, json.dumps(body).encode(), "application/json")


def html(url: str, status: int = 200) -> Answer:
    return as_answer(url, b"<!DOCTYPE html><html><body>Something</body></html>", status)


def item(number: int, **changes: Any) -> dict[str, Any]:
    """Think up an entry of a listing."""
    return {
        "id": f"{number:024x}",
        "title": f"Roses No. {number}",
        "year": str(1800 + number % 150),
        "width": 1000,
        "height": 800,
        "artistName": "Anna Blau",
        "image": f"https://uploads{number % 10}.wikiart.org/images/anna-blau/roses-{number}.jpg",
        "map": "0123**67*",
        "paintingUrl": f"/en/anna-blau/roses-{number}",
        "artistUrl": "/en/anna-blau",
        "albums": None,
        "flags": 2,
        "images": None,
        **changes,
    }


def envelope(items: Any, total: Any, page_size: Any = 60) -> dict[str, Any]:
    return {
        "ArtistsHtml": None, "CanLoadMoreArtists": False, "Paintings": items, "Artists": None, "AllArtistsCount": 0,
        "PaintingsHtml": None, "PaintingsHtmlBeta": None, "AllPaintingsCount": total, "PageSize": page_size,
        "TimeLog": None,
    }  # fmt: skip


def asked_of(url: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


def lists(*listings: tuple[str, list[dict[str, Any]]], most_pages: int = 60) -> Callable[[str], Any]:
    """Answer as the site does: each listing by a part of its path, in pages of 60, null past its end."""

    def answer(url: str) -> Any:
        for part, items in listings:
            if part in urlsplit(url).path:
                page = int(asked_of(url)["page"])
                shown = items[60 * (page - 1) : 60 * page] if page <= most_pages else []
                return envelope(shown or None, len(items))
        return html(url, 404)

    return answer
