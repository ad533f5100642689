"""``artgan report``: how runs went, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from artgan.cli import words
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.failures import ANEW
from artgan.cli.hush import hushed
from artgan.cli.names import Runs
from artgan.cli.open_ import open_path
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings


@command
@given_again(ANEW)
def report(
    console: Console,
    settings: Settings,
    runs: Runs = None,
    title: Annotated[str | None, typer.Option("--title", help="What stands above. Default: the run's name.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="With what lies in the folder: paint nothing, look for no copies.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write it. [RUN-report.html]")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page when it is made.")] = False,
) -> None:
    """Make a page of how runs went: curves, pictures over time, options, cost, copies.

    Real beside painted, the curves, what the training said of itself, the pictures as they grew, those that lie next
    to a painting (where the dataset is here), what it took, and what differs from the recipe. Several runs are
    compared. The page is one file that opens anywhere and asks nothing of anyone; a run that goes on, or is damaged,
    has a page of what there is. With --json: an object with page, runs, unchecked (runs of which it is not known
    whether they copy, and why) and seconds.

    Example:
        artgan report @last
        artgan report flowers-64-k3f9x2 flowers-64-p8w2vd --out both.html
        artgan report @last --quick --open
    """
    folders = [find_run(settings.runs_dir, run) for run in runs or [LAST]]
    from artgan.report import report as making
    from artgan.report.commands import named
    from artgan.report.pages import page_path

    by = [named(folder, settings) for folder in folders]
    page = page_path(out, "report", folders)
    console.say("reading ...")
    with hushed(console):
        done = console.finish(making.report(by, page, datasets_dir=settings.datasets_dir, title=title, quick=quick))
    size = words.size(page.stat().st_size)
    console.say(f"{words.count(done.runs, 'run')} on one page, {size}, in {words.duration(done.seconds)}")
    for sentence in done.unchecked:
        console.say(sentence)
    if show:
        open_path(console, page)
    value = done.model_dump(mode="json", exclude={"path"})
    console.result({"page": str(page), **value}, str(page))
    console.next(f"artgan gallery {' '.join(folder.name for folder in folders)} --pick 24")
