"""``artgan import``: a folder of paintings becomes a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.errors import UsageError
from artgan.events import Event
from artgan.settings import Settings

_TABLES = {".csv", ".tsv", ".txt"}


@command
def import_paintings(
    console: Console,
    settings: Settings,
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="A folder of pictures, a zip of one, a .npy array, or a .csv, .tsv or .txt of addresses of pictures.",
        ),
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="What to call the dataset; default: the folder's name.")
    ] = None,
    link: Annotated[
        bool, typer.Option("--link/--copy", help="Leave the pictures where they are instead of copying them.")
    ] = False,
    genre: Annotated[str | None, typer.Option("--genre", help="Only paintings of this genre.")] = None,
    only: Annotated[
        str | None, typer.Option("--only", metavar="GLOB", help="Only files that fit, such as '*rose*'.")
    ] = None,
    layout: Annotated[
        str,
        typer.Option("--layout", help="How the pictures lie, if that is not seen by itself; a wrong name lists all."),
    ] = "auto",
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="At most so many paintings.")] = None,
    min_side: Annotated[
        int, typer.Option("--min-side", min=1, metavar="PIXELS", help="Leave out what has a shorter side than this.")
    ] = 8,
    drop_near_duplicates: Annotated[
        bool, typer.Option("--drop-near-duplicates", help="Keep one of each group of pictures that look alike.")
    ] = False,
    rights: Annotated[
        str | None, typer.Option("--rights", metavar="TEXT", help="Who made them and what they may be used for.")
    ] = None,
) -> None:
    """Make a dataset of a folder of paintings.

    Pictures may lie in one folder, in nested folders or in one folder for each genre; the layouts of the WikiArt
    collections and of keragan are recognised too. Nothing is dropped in silence: each file that is not used gets a
    reason. The same command again takes up what is new. Of a table of addresses (a column url; id, title, artist, date
    and license if there are such) the pictures are fetched, as artgan fetch does. With --json: an object with name,
    path, counts, layout, near_duplicates and seconds; of a table what artgan fetch prints.

    Example:
        artgan import ~/paintings --name flowers
        artgan import addresses.csv --name shop
        artgan import wikiart.zip --genre still_life --name still-life --limit 500
    """
    console.say(f"reading {path} ...")
    if path.suffix.lower() in _TABLES and not path.is_dir():
        if link or genre or only or layout != "auto":
            raise UsageError(
                f"{path.name} is a table of addresses: --link, --genre, --only and --layout are for files",
                f"artgan import {path} --name NAME",
            )
        _fetch_table(
            console, settings, path.expanduser(), name, rights or "",
            limit=limit, min_side=min_side, drop_near_duplicates=drop_near_duplicates,
        )  # fmt: skip
        return
    from artgan.datasets.importing import import_folder

    show_import(
        console,
        settings,
        import_folder(
            path.expanduser(), name=name, datasets_dir=settings.datasets_dir, link=link, only=only, genre=genre,
            layout=layout, limit=limit, min_side=min_side, drop_near_duplicates=drop_near_duplicates, rights=rights,
        ),
    )  # fmt: skip


def show_import(console: Console, settings: Settings, events: Iterable[Event]) -> None:
    """Draw an import and print what came of it."""
    done = console.finish(events)
    used = done.counts.get("ok", 0)
    unused = {reason: n for reason, n in done.counts.items() if reason != "ok" and n}
    console.say(f"{words.count(used, 'painting')} in dataset {done.name!r}, {words.duration(done.seconds)}")
    if unused:
        console.say(f"not used: {', '.join(f'{n} {reason}' for reason, n in unused.items())}")
    if done.near_duplicates:
        console.say(f"{words.count(done.near_duplicates, 'picture')} look like another one (--drop-near-duplicates)")
    console.result(done, str(done.path))
    console.next(f"artgan prepare {done.name} --size {settings.get('size', 64)}")


def _fetch_table(
    console: Console, settings: Settings, path: Path, name: str | None, rights: str, **wishes: Any
) -> None:
    """Fetch the pictures whose addresses a table holds."""
    from artgan import files
    from artgan.cli.fetching import show_fetch
    from artgan.datasets.fetch.wanted import wanted_of
    from artgan.datasets.sites.site import Query

    query = Query(source="addresses", path=str(path.absolute()))
    name = name or files.safe_name(path.stem).lower()
    show_fetch(console, settings, query, wanted_of(**wishes), name, rights=rights)
