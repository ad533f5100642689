"""``artgan genres``: what can be asked of WikiArt, without asking it."""

from __future__ import annotations

from typing import Annotated

import typer

from artgan.cli import words as spoken
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.table import Column
from artgan.datasets.sites import words
from artgan.errors import UsageError


@command
def genres(
    console: Console,
    word: Annotated[
        str | None, typer.Argument(metavar="WORD", help="Only those that it may mean, in any spelling.")
    ] = None,
    styles: Annotated[bool, typer.Option("--styles", help="Styles, for artgan fetch --style.")] = False,
) -> None:
    """List the genres of WikiArt, by what they may be called.

    With --json: an array of objects with kind, slug, title, id, listed_2017, aliases and also.

    Example:
        artgan genres
        artgan genres flower
        artgan genres --styles
    """
    kind: words.Kind = "style" if styles else "genre"
    found, note = _meant(kind, word) if word else (list(words.entries(kind)), "")
    if note:
        console.say(note)
    console.table(
        [entry._asdict() for entry in found],
        [Column(found[0].kind), Column("also called", shrinks=True), Column("works in 2017", right=True)],
        [[entry.slug, _names(entry), spoken.number(entry.listed_2017) if entry.listed_2017 else ""] for entry in found],
    )
    named = found[0].slug if word else "SLUG"
    console.next(f"artgan fetch {'--style ' if found[0].kind == 'style' else ''}{named}")


def _meant(kind: words.Kind, word: str) -> tuple[list[words.Entry], str]:
    """Return what a word means, what to tell of besides, and all that is named alike; else the nearest, and a note."""
    key = words.singular(words.slug_of(word))
    alike = [
        entry
        for entry in words.entries(kind)
        if key and any(key in words.singular(name) for name in (entry.slug, *entry.aliases))
    ]
    try:
        meant, note = words.resolve(kind, word)
    except UsageError as error:
        other = words.find("style" if kind == "genre" else "genre", word)
        if other and not alike:
            return [other], error.message
        return (alike, "") if alike else (words.nearest(kind, word), f"{error.message}; the nearest:")
    return list(dict.fromkeys([meant, *(words.also(meant.slug) if kind == "genre" else ()), *alike])), note


def _names(entry: words.Entry) -> str:
    title = () if words.slug_of(entry.title) == entry.slug else (entry.title,)
    return ", ".join((*title, *entry.aliases))
