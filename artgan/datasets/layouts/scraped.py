"""What lucasdavid/wikiart saved: pictures under ``images/`` and what WikiArt says of them under ``meta/``.

Its version 1 has ``images/<artist>/<year>/<contentId>.jpg`` and ``meta/<artist>.json``; the branch for WikiArt's
second API ``images/<id>.jpg`` and ``meta/paintings/``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from artgan.datasets.layouts.entry import Entry
from artgan.datasets.layouts.folders import plain_entry
from artgan.datasets.layouts.names import YEARS, Facts, genre_slug, spoken
from artgan.datasets.layouts.sources import ReadError, Source, SourceFile, read_table
from artgan.events import Note

_V1 = re.compile(r"(?:.*/)?images/([^/]+)/(\d{1,4}|unknown-year)/([^/]+)\.[^/.]+")
_V2 = re.compile(r"(?:.*/)?images/([^/]+)\.[^/.]+")
_META = re.compile(r"(?:.*/)?meta/(?:.*/)?[^/]+\.json")
_LISTS = re.compile(r"(?:.*/)?(?:wikiart|labels)\.data")
_SITE = "https://www.wikiart.org/en"


class Scraped:
    """A folder filled by lucasdavid/wikiart."""

    name = "lucasdavid"
    about = "lucasdavid/wikiart: images/<artist>/<year>/<id>.jpg or images/<id>.jpg with meta/*.json"

    def recognise(self, source: Source) -> bool:
        pictures = source.pictures()
        described = any(_META.fullmatch(file.path) for file in source.files)
        if any(_V1.fullmatch(file.path) for file in pictures):
            # Without meta/ the numbers must speak: images/2021/07/x.jpg is somebody's camera.
            return described or all(_V1.fullmatch(f.path) and f.stem.isdecimal() for f in pictures)
        return described and any(_V2.fullmatch(file.path) for file in pictures)

    def rights(self, source: Source) -> str:
        return "WikiArt pictures: free only where the painter is long dead; for the rest WikiArt's terms count."

    def entries(self, source: Source) -> Iterator[Entry | Note]:
        known: dict[str, tuple[Facts, str]] = {}
        files = []
        for file in source.files:
            if _META.fullmatch(file.path):
                try:
                    known.update(_read_meta(file))
                except (ReadError, ValueError) as error:
                    yield Note(text=f"{file.path} was not used: {error}", level="warning")
            elif not _LISTS.fullmatch(file.path):
                files.append(file)
        seen, artists = set(), set()
        for file in files:
            first = _V1.fullmatch(file.path)
            facts: Facts = {"artist": spoken(first[1]), "year": _year(first[2])} if first else {}
            identity = file.stem if first or _V2.fullmatch(file.path) else ""
            if identity in known:
                found, artist = known[identity]
                facts.update(found)
                artists.add(artist)
                seen.add(identity)
            yield replace(plain_entry(file, facts), id=identity)
        yield from _absent(known, seen, artists)


def _absent(known: dict[str, tuple[Facts, str]], seen: set[str], artists: set[str]) -> Iterator[Entry | Note]:
    """Yield what the tables list and ``images/`` lacks; an artist who is wholly absent was not fetched."""
    elsewhere = 0
    for identity, (facts, artist) in known.items():
        if identity in seen:
            continue
        if artist not in artists:
            elsewhere += 1
            continue
        reason = f"missing: meta/ lists it, but images/ has no {identity}"
        yield Entry(SourceFile(f"images/{identity}", _nothing), facts, id=identity, status="gone", reason=reason)
    if elsewhere:
        yield Note(text=f"meta/ lists {elsewhere} works of artists without any picture here")


def _nothing() -> bytes:
    raise ReadError("missing: the file does not exist")


def _read_meta(file: SourceFile) -> Iterator[tuple[str, tuple[Facts, str]]]:
    """Read one file of ``meta/``: a painting, or a list of them; lists of artists give nothing.

    Raises:
        ReadError: it cannot be read.
        ValueError: it is not JSON.
    """
    try:
        content = json.loads(read_table(file))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if isinstance(content, dict) and isinstance(content.get("data"), list):
        content = content["data"]
    for work in content if isinstance(content, list) else [content]:
        if not isinstance(work, dict):
            continue
        identity = work.get("contentId") or work.get("id") or work.get("_id")
        if identity and "title" in work:
            artist = _text(work.get("artistUrl")) or file.stem
            yield str(identity), (_facts(work, artist), artist)


def _facts(work: dict[str, Any], artist: str) -> Facts:
    facts: Facts = {
        "title": _text(work.get("title")),
        "artist": _text(work.get("artistName")) or spoken(artist.rpartition("/")[2]) or None,
        "style": _text(work.get("style") or work.get("styles")),
        "image_url": _text(work.get("image")),
    }
    if (year := _year(work.get("completitionYear"))) is not None:  # WikiArt's own spelling
        facts["year"] = year
    if genre := _text(work.get("genre") or work.get("genres")):
        facts["genre"] = genre_slug(genre.partition(",")[0])
    if url := _text(work.get("url")):
        facts["page_url"] = url if url.startswith("http") else f"{_SITE}/{artist}/{url}"
    return facts


def _text(value: Any) -> str | None:
    """Return a text; the first of a list; None of anything else."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip() or None if isinstance(value, str) else None


def _year(value: Any) -> int | None:
    try:
        year = int(value)
    except (TypeError, ValueError):
        return None
    return year if year in YEARS else None
