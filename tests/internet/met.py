"""The open access API of The Metropolitan Museum of Art as its documentation and its tracker describe it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .faults import status
from .pictures import Shelf, draw, encode, shrink
from .server import Fault, Request, Response

API = "collectionapi.metmuseum.org"
PICTURES = "images.metmuseum.org"
SHIELD = (
    "<html><head><META NAME='robots' CONTENT='noindex,nofollow'>"
    '<script src="/_Incapsula_Resource?SWJIYLWA=0"></script></head><body>Request unsuccessful.</body></html>'
)


@dataclass
class MetObject:
    """An object of the local museum.

    Attributes:
        found_by: words that the search gives it for, beside its tags: the search is loose.
        changes: fields of its record that are otherwise.
    """

    number: int
    title: str = "Flowers"
    artist: str = "Anna Blau"
    date: str = "ca. 1885"
    begin: int = 1880
    end: int = 1890
    tags: tuple[str, ...] = ("Flowers",)
    classification: str = "Paintings"
    public_domain: bool = True
    with_image: bool = True
    side: int = 480
    found_by: tuple[str, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def image(self) -> str:
        return f"https://{PICTURES}/CRDImages/ep/original/DP-{self.number}-001.jpg"

    @property
    def small_image(self) -> str:
        return f"https://{PICTURES}/CRDImages/ep/web-large/DP-{self.number}-001.jpg"

    def record(self) -> dict[str, Any]:
        shown = self.public_domain and self.with_image
        return {
            "objectID": self.number,
            "isHighlight": False,
            "isPublicDomain": self.public_domain,
            "primaryImage": self.image if shown else "",
            "primaryImageSmall": self.small_image if shown else "",
            "additionalImages": [],
            "department": "European Paintings",
            "objectName": "Painting",
            "title": self.title,
            "artistDisplayName": self.artist,
            "artistBeginDate": "1840",
            "artistEndDate": "1900",
            "objectDate": self.date,
            "objectBeginDate": self.begin,
            "objectEndDate": self.end,
            "medium": "Oil on canvas",
            "creditLine": f"Gift of Nobody, {self.number}",
            "classification": self.classification,
            "objectURL": f"https://www.metmuseum.org/art/collection/search/{self.number}",
            "tags": [{"term": tag, "AAT_URL": "", "Wikidata_URL": ""} for tag in self.tags] or None,
            "metadataDate": "2026-01-02T03:04:05.678Z",
            **self.changes,
        }


def met_objects(count: int, *, first: int = 1000, side: int = 480) -> list[MetObject]:
    """Think up so many flower paintings in the public domain."""
    return [MetObject(first + n, title=f"Flowers No. {n}", side=side + n % 9) for n in range(count)]


def shielded() -> Fault:
    """Answer 200 with the page of the shield, whatever was asked for."""
    return lambda request, response: Response.of_html(SHIELD)


class LocalMet:
    """The site.

    Args:
        objects: what it has; a number thinks up so many.
        gone: numbers that the search still gives and whose record is 404.
        shield_after: after so many requests to the API it answers 403 with a page; None never.
        shield_s: how long that lasts, from the request that raised it.
    """

    hosts = (API, PICTURES)

    def __init__(
        self,
        objects: int | Iterable[MetObject] = 8,
        *,
        gone: Iterable[int] = (),
        shield_after: int | None = None,
        shield_s: float = 1e9,
    ) -> None:
        self.objects = met_objects(objects) if isinstance(objects, int) else list(objects)
        self.gone = tuple(gone)
        self.shield_after = shield_after
        self.shield_s = shield_s
        self._shelf = Shelf()
        self._asked = 0
        self._shielded_until = 0.0
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        if request.host == PICTURES:
            return self._picture(request)
        if self._is_shielded():
            return status(403, html=SHIELD)(request, Response())
        base = "/public/collection/v1"
        path = request.path
        if path == "/robots.txt":
            return Response.of_html("<h1>Not Found</h1>", 404)
        if path == f"{base}/search":
            return self._search(request)
        if path == f"{base}/objects":
            ids = [one.number for one in self.objects]
            return Response.of_json({"total": len(ids), "objectIDs": ids})
        if path == f"{base}/departments":
            return Response.of_json({"departments": [{"departmentId": 11, "displayName": "European Paintings"}]})
        one = next((o for o in self.objects if path == f"{base}/objects/{o.number}"), None)
        if one is None or one.number in self.gone:
            return Response.of_json({"message": "Not a valid object"}, 404)
        return Response.of_json(one.record())

    def _is_shielded(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now < self._shielded_until:
                return True
            self._asked += 1
            if self.shield_after is not None and self._asked > self.shield_after:
                self._asked = 0
                self._shielded_until = now + self.shield_s
                return True
            return False

    def _search(self, request: Request) -> Response:
        query = request.query
        if not query.get("q"):
            return Response.of_html("<h1>Service Unavailable</h1>", 503)
        words = [word.lower() for word in query["q"].split("|")]
        found = []
        for one in self.objects:
            texts = [*one.tags, *one.found_by]
            if query.get("tags") != "true":
                texts += [one.title, one.artist]
            medium = query.get("medium")
            if medium and one.classification not in medium.split("|") and not one.found_by:
                continue
            if any(word in text.lower() for word in words for text in texts):
                found.append(one.number)
        return Response.of_json({"total": len(found), "objectIDs": found or None})

    def _picture(self, request: Request) -> Response:
        one = next((o for o in self.objects if request.url in (o.image, o.small_image)), None)
        if one is None:
            return Response.of_html("<h1>Not Found</h1>", 404)
        whole = self._shelf.get(
            f"{one.number} {one.side}", lambda: encode(draw(f"met {one.number}", one.side, one.side * 3 // 4))
        )
        if request.url == one.small_image:
            whole = self._shelf.get(f"{one.number} small", lambda: shrink(whole, (one.side // 2, one.side // 2)))
        return Response(200, {"Content-Type": "image/jpeg"}, whole)
