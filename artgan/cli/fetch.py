"""``artgan fetch``: a genre of a site becomes a dataset."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.failures import GOES_ON
from artgan.cli.names import DryRun
from artgan.settings import Settings

WHAT, WHICH, HOW = "What", "Which of them", "How"

# Options that `datasets update` takes as well.
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help="At most so many pictures in all.", rich_help_panel=WHICH),
]
HumanNames = Annotated[
    bool | None,
    typer.Option("--human-names/--no-human-names", help="Links with readable names, in by-name/.", rich_help_panel=HOW),
]
Workers = Annotated[
    int, typer.Option("--workers", min=1, max=4, metavar="N", help="Pictures at a time.", rich_help_panel=HOW)
]
Delay = Annotated[
    float,
    typer.Option(
        "--delay", min=0.0, metavar="SECONDS", rich_help_panel=HOW,
        help="Least time between requests, if longer than the usual.",
    ),
]  # fmt: skip


def _words(flag: str, help: str) -> Any:
    return typer.Option(flag, metavar="WORD", help=help, rich_help_panel=WHAT)


@command
@given_again(GOES_ON)
def fetch(
    console: Console,
    settings: Settings,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="GENRE...", help="Genres, such as flowers, or the address of a page of WikiArt."),
    ] = None,
    genre: Annotated[list[str] | None, _words("--genre", "The same as GENRE.")] = None,
    style: Annotated[list[str] | None, _words("--style", "Only works of this style.")] = None,
    artist: Annotated[list[str] | None, _words("--artist", "Only works of this artist: claude-monet.")] = None,
    search: Annotated[list[str] | None, _words("--search", "Only works that the site's search finds.")] = None,
    source: Annotated[
        str, typer.Option("--source", metavar="wikiart|met", help="The site.", rich_help_panel=WHAT)
    ] = "wikiart",
    featured: Annotated[
        bool, typer.Option("--featured", help="Only what the site features.", rich_help_panel=WHAT)
    ] = False,
    beyond_cap: Annotated[
        bool,
        typer.Option(
            "--beyond-cap", help="More than the 3,600 of a listing, year by year; experimental.", rich_help_panel=WHAT
        ),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option("--name", help="What to call the dataset; default: GENRE.", rich_help_panel=WHAT),
    ] = None,
    limit: Limit = None,
    license: Annotated[
        str,
        typer.Option(
            "--license",
            metavar="any|public-domain",
            rich_help_panel=WHICH,
            help="Read the page of each work, and take those in the public domain only.",
        ),
    ] = "any",
    since_year: Annotated[
        int | None, typer.Option("--since-year", metavar="YEAR", help="Made in it or later.", rich_help_panel=WHICH)
    ] = None,
    until_year: Annotated[
        int | None, typer.Option("--until-year", metavar="YEAR", help="Made in it or before.", rich_help_panel=WHICH)
    ] = None,
    min_side: Annotated[
        int, typer.Option("--min-side", min=1, metavar="PIXELS", help="On the shorter side.", rich_help_panel=WHICH)
    ] = 8,
    exclude_artist: Annotated[
        list[str] | None,
        typer.Option("--exclude-artist", metavar="NAME", help="Leave an artist out.", rich_help_panel=WHICH),
    ] = None,
    drop_near_duplicates: Annotated[
        bool,
        typer.Option("--drop-near-duplicates", help="Keep one of pictures that look alike.", rich_help_panel=WHICH),
    ] = False,
    allow_noai: Annotated[
        bool,
        typer.Option(
            "--allow-noai",
            help="Take pictures also where the site asks that no machine learns from them.",
            rich_help_panel=WHICH,
        ),
    ] = False,
    max_side: Annotated[
        int | None,
        typer.Option(
            "--max-side",
            min=1,
            metavar="PIXELS",
            rich_help_panel=HOW,
            help="So much on the longer side is enough: smaller files where the site has them.",
        ),
    ] = None,
    max_pixels: Annotated[
        int | None,
        typer.Option(
            "--max-pixels", min=1, metavar="N", help="Of a larger picture a smaller version.", rich_help_panel=HOW
        ),
    ] = None,
    max_bytes: Annotated[
        int | None, typer.Option("--max-bytes", min=1, metavar="N", help="Of one picture.", rich_help_panel=HOW)
    ] = None,
    human_names: HumanNames = None,
    workers: Workers = 4,
    delay: Delay = 0.0,
    dry_run: DryRun = False,
) -> None:
    """Make a dataset of a genre on WikiArt.

    Genres add up; a style, an artist or a search narrows them down, or stands alone. The plan comes first. Then
    pictures come at the pace that the site is promised, are checked one by one, and are listed with their story in
    images.jsonl. The same command again goes on, or takes up what is new.

    With --json: an object with name, path, counts, filtered, new, failed, waiting, bytes, near_duplicates, licenses,
    stopped and seconds; with --dry-run the plan: name, path, site, query, listings, works, complete, here, settled,
    filtered, to_fetch, limit, requests, bytes, free_bytes, seconds, rights and capped.

    Example:
        artgan fetch flowers
        artgan fetch flowers --limit 500 --min-side 256 --license public-domain --until-year 1930
        artgan fetch portrait landscape --name people-and-places
        artgan fetch --artist claude-monet --genre flowers
        artgan fetch https://www.wikiart.org/en/paintings-by-genre/flower-painting
        artgan fetch flowers --source met --dry-run
    """
    from artgan.cli.fetching import show_fetch
    from artgan.datasets.fetch.wanted import wanted_of
    from artgan.datasets.sites.asking import ask

    asked = ask(
        source, [*(words or []), *(genre or [])], styles=style or (), artists=artist or (), searches=search or (),
        featured=featured, beyond_cap=beyond_cap, max_side=max_side,
    )  # fmt: skip
    wanted = wanted_of(
        limit=limit, license=license, since_year=since_year, until_year=until_year, min_side=min_side,
        exclude_artists=exclude_artist, drop_near_duplicates=drop_near_duplicates, allow_noai=allow_noai,
        max_pixels=max_pixels, max_bytes=max_bytes,
    )  # fmt: skip
    for note in asked.notes:
        console.say(note)
    show_fetch(
        console, settings, asked.query, wanted, name or asked.name, human_names=bool(human_names), workers=workers,
        delay_s=delay, dry_run=dry_run,
    )  # fmt: skip
