"""``artgan gallery``: a page of pictures to print or to hang."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from artgan.cli import words
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.elsewhere import make_present
from artgan.cli.failures import ANEW
from artgan.cli.hush import hushed
from artgan.cli.names import Epoch, Psi, Runs, Seeds
from artgan.cli.open_ import open_path
from artgan.errors import UsageError
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings

_COUNT, _OF_PICKED = 40, 200


@command
@given_again(ANEW)
def gallery(
    console: Console,
    settings: Settings,
    runs: Runs = None,
    count: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--count",
            min=1,
            metavar="N",
            help=f"Pictures of each run; default {_COUNT}, {_OF_PICKED} with --pick.",
        ),
    ] = None,
    pick: Annotated[
        int, typer.Option("--pick", min=0, metavar="N", help="Hang only so many of them, those that differ most.")
    ] = 0,
    seeds: Seeds = None,
    psi: Psi = 1.0,
    class_: Annotated[
        str | None, typer.Option("--class", metavar="NAME", help="A class, or a mixture: still-life:0.5,landscape:0.5.")
    ] = None,
    epoch: Epoch = None,
    title: Annotated[str | None, typer.Option("--title", help="What stands above. Default: what was learned.")] = None,
    embed: Annotated[
        bool, typer.Option("--embed", help="Put each picture's own file into the page too, to save from there.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write it. [RUN-gallery.html]")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page when it is made.")] = False,
) -> None:
    """Make a page of pictures to print or to hang, each with its seed.

    The page is one file that opens anywhere and asks nothing of anyone. A caption, clicked, copies the command that
    paints its picture again; a picture, clicked, is shown large. Pictures that lie close to a painting which the run
    learned are marked, with the painting beside them, where the dataset is here. With --json: an object with page,
    pictures, painted, close (to a painting), unchecked (runs of which that is not known, and why) and seconds.

    Example:
        artgan gallery @last
        artgan gallery flowers-64-k3f9x2 -n 200 --pick 24 --title "Flowers, summer"
        artgan gallery flowers-64-k3f9x2 portraits-64-p8w2vd --epoch best --psi 0.8
    """
    if seeds is not None and count is not None:
        raise UsageError("-n and --seeds both say which pictures", "give one of them")
    folders = [find_run(settings.runs_dir, run) for run in runs or [LAST]]
    for folder in folders:
        make_present(console, settings, folder, epoch)
    from artgan.report.commands import named
    from artgan.report.pages import page_path
    from artgan.seeds import parse_seeds

    by = [named(folder, settings) for folder in folders]
    page = page_path(out, "gallery", folders)
    chosen = parse_seeds(seeds) if seeds is not None else range(count or (_OF_PICKED if pick else _COUNT))
    console.say("getting ready to paint ...")
    with hushed(console):
        from artgan.report import gallery as making

        wish = making.Wish(seeds=chosen, pick=pick, psi=psi, classes=class_, epoch=epoch, embed=embed)
        done = console.finish(making.gallery(by, wish, page, datasets_dir=settings.datasets_dir, title=title))
    size = words.size(page.stat().st_size)
    console.say(f"{words.count(done.pictures, 'picture')} on one page, {size}, in {words.duration(done.seconds)}")
    if done.close:
        console.say(f"{words.count(done.close, 'picture')} of them close to a painting: the page shows both")
    for sentence in done.unchecked:
        console.say(sentence)
    if show:
        open_path(console, page)
    value = done.model_dump(mode="json", exclude={"path"})
    console.result({"page": str(page), **value}, str(page))
    console.next(f"artgan report {' '.join(folder.name for folder in folders)}")
