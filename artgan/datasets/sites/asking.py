"""What a person typed becomes a query: words in any spelling, or the pasted address of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from artgan import files
from artgan.datasets.sites import words
from artgan.datasets.sites.registry import SOURCES
from artgan.datasets.sites.site import Query
from artgan.datasets.sites.wikiart.address import parse_address
from artgan.errors import UsageError


class Asked(NamedTuple):
    """A query, what to call its dataset, and remarks for the person."""

    query: Query
    name: str
    notes: tuple[str, ...]


def ask(
    source: str,
    genres: Sequence[str],
    *,
    styles: Sequence[str] = (),
    artists: Sequence[str] = (),
    searches: Sequence[str] = (),
    featured: bool = False,
    beyond_cap: bool = False,
    max_side: int | None = None,
) -> Asked:
    """Understand what was typed; nothing is asked of the site.

    Args:
        source: a name of ``registry.SOURCES``.
        genres: words for genres; one of them may be the address of a page of the site, alone.
        styles: words for styles.
        artists: names or slugs: "Claude Monet", "claude-monet".
        searches: what the site shall search for.
        featured: only what the site features.
        beyond_cap: as in ``Query``.
        max_side: as in ``Query``.

    Raises:
        UsageError: nothing was asked for, or a word is not known; the hint shows the nearest.
    """
    if source not in SOURCES:
        raise UsageError(f"no source is named {source!r}", f"choose one of: {', '.join(SOURCES)}")
    if any("://" in word or word.startswith("www.") for word in genres):
        if len(genres) + len(styles) + len(artists) + len(searches) > 1:
            raise UsageError("an address stands alone", "give one address, or words")
        query = parse_address(genres[0])
        featured = featured or query.featured
        query = query.model_copy(update={"featured": featured, "beyond_cap": beyond_cap, "max_side": max_side})
        return Asked(query, _name([*query.genres, *query.styles, *query.media, *query.artists, *query.searches]), ())
    if not (genres or styles or artists or searches):
        raise UsageError("what shall be fetched?", "artgan fetch flowers; the genres are listed by: artgan genres")
    notes: list[str] = []
    names: list[str] = []
    slugs = _slugs("genre", genres, notes, names)
    query = Query(
        genres=slugs, styles=_slugs("style", styles, notes, names),
        artists=tuple(dict.fromkeys(_artist(name) for name in artists)), searches=tuple(dict.fromkeys(searches)),
        source=source, featured=featured, beyond_cap=beyond_cap, max_side=max_side,
    )  # fmt: skip
    for slug in slugs if source == "wikiart" else ():
        near = [entry.slug for entry in words.also(slug) if entry.slug not in slugs]
        if near:
            notes.append(f"{slug}: there {'is' if len(near) == 1 else 'are'} {' and '.join(near)}, too")
    return Asked(query, _name([*names, *artists, *searches]), tuple(notes))


def _slugs(kind: words.Kind, typed: Sequence[str], notes: list[str], names: list[str]) -> tuple[str, ...]:
    """Resolve words; add remarks, and what the dataset may be called after each."""
    found = []
    for word in typed:
        entry, note = words.resolve(kind, word)
        found.append(entry.slug)
        names.append(entry.slug if note else word)
        if note:
            notes.append(note)
        elif entry.slug != word:
            notes.append(f"{word!r} is the {kind} {entry.slug}")
    return tuple(dict.fromkeys(found))


def _artist(name: str) -> str:
    slug = words.slug_of(name)
    if not slug:
        raise UsageError(f"{name!r} is no name of an artist", "write it as the site's address does: claude-monet")
    return slug


def _name(typed: Sequence[str]) -> str:
    """Call a dataset what the person called it: "flowers", "portrait-and-landscape"."""
    return files.safe_name("-and-".join(word.strip().lower() for word in typed))
