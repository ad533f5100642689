"""Which files WikiArt has of a work: the original, and smaller ones beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from artgan.datasets.decode import MOST_PIXELS
from artgan.datasets.sites.site import Version
from artgan.datasets.sites.texts import positive
from artgan.web.answers import Unavailable
from artgan.web.client import Web


class _Derivative(NamedTuple):
    """A smaller version: its place in ``map``, its suffix, the box in pixels that it fits without being enlarged."""

    place: int
    name: str
    box: tuple[int, int]


# The order is that in which they make good for a missing original. Places and boxes as public projects found them
# (2018 to 2026); the map was decoded on 512 real entries without exception. Pinterest's is 280 wide and of any height.
_DERIVATIVES = (
    _Derivative(5, "HD", (1920, 1200)),
    _Derivative(4, "HalfHD", (1366, 800)),
    _Derivative(1, "Large", (750, 600)),
    _Derivative(0, "Blog", (500, 500)),
    _Derivative(7, "PinterestLarge", (280, 1_000_000)),
)
# What stands behind an address that already is of a smaller version.
_SUFFIX = re.compile(r"![A-Za-z]+\.jpg$")
_MOST_SCANS = 20


def is_placeholder(url: str) -> bool:
    """Say whether an address of WikiArt has a picture that stands for a missing one; it answers like any other.

    Such are all in ``/Content/`` of the host without a digit (FRAME, ARTIST, lazy-load), and the site's own icon.
    """
    parts = urlsplit(url)
    path = re.sub(r"/+", "/", unquote(parts.path)).casefold()
    own = re.fullmatch(r"(?:[a-z0-9]+-)?uploads\.wikiart\.org|www\.wikiart\.org", (parts.hostname or "").casefold())
    return bool(own and path.startswith("/content/")) or bool(re.search(r"/favicon[^/]*$", path))


def versions_of(item: dict[str, Any], web: Web, base: str, max_side: int | None) -> tuple[Version, ...]:
    """Return the files of a listed work in the order in which to try them.

    That is the original, then smaller ones, then other scans; with ``max_side`` first the smallest that has so many
    pixels on its longer side. An original that is too large to be decoded comes last.

    Args:
        item: of a listing, with ``image``, ``width``, ``height``, ``map`` and ``images``.
        web: knows which hosts are allowed.
        base: what relative addresses are relative to.
        max_side: of a picture, in pixels; None for no limit.

    Raises:
        Unavailable: the address of the original is none, or not one of the site's.
    """
    original = _original(item, web, base, "original")
    smaller = _smaller(original, item.get("map"))
    chosen = [original, *smaller]
    if max_side and original.width and original.height:
        enough = [version for version in reversed(chosen) if _longer_side(version) >= max_side]
        enough.sort(key=_longer_side)
        chosen = enough + [version for version in chosen if version not in enough]
    last = [original] if (original.width or 0) * (original.height or 0) > MOST_PIXELS else []
    return (*(v for v in chosen if v not in last), *_scans(item.get("images"), original, web, base), *last)


def _original(item: dict[str, Any], web: Web, base: str, name: str) -> Version:
    image = item.get("image")
    if not isinstance(image, str):
        raise Unavailable("address: no text", str(image)[:80])
    url = web.clean(_SUFFIX.sub("", image.strip()), base)
    return Version(name=name, url=url, width=positive(item.get("width")), height=positive(item.get("height")))


def _smaller(original: Version, places: Any) -> list[Version]:
    """Return the smaller versions that the map shows; all of them where it is no map."""
    if urlsplit(original.url).query:
        return []
    known = (
        isinstance(places, str)
        and len(places) == 9
        and all(shown in (str(place), "*") for place, shown in enumerate(places))
    )
    found = []
    for place, name, box in _DERIVATIVES:
        if not known or places[place] != "*":
            width, height = _fitted(original, box)
            found.append(Version(name=name, url=f"{original.url}!{name}.jpg", width=width, height=height))
    return found


def _fitted(original: Version, box: tuple[int, int]) -> tuple[int | None, int | None]:
    """Return the size of an original in a box; it is never enlarged."""
    if not original.width or not original.height:
        return None, None
    scale = min(1.0, box[0] / original.width, box[1] / original.height)
    return max(1, round(original.width * scale)), max(1, round(original.height * scale))


def _longer_side(version: Version) -> int:
    return max(version.width or 0, version.height or 0)


def _scans(images: Any, original: Version, web: Web, base: str) -> Sequence[Version]:
    """Return other scans of the same work, which only well-known works have."""
    found: dict[str, Version] = {}
    for number, scan in enumerate(images[:_MOST_SCANS] if isinstance(images, list) else [], 2):
        try:
            version = _original(scan, web, base, f"scan {number}") if isinstance(scan, dict) else None
        except Unavailable:
            continue
        if version and version.url != original.url and not is_placeholder(version.url):
            found.setdefault(version.url, version)
    return list(found.values())
