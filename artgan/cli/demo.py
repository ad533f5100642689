"""``artgan demo``: all of it, with nothing given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.failures import INTERRUPTED
from artgan.cli.hush import hushed
from artgan.training.config import parse_duration
from artgan.training.stopping import leaving_early, stop_on_signal


@command
def demo(
    console: Console,
    time: Annotated[str, typer.Option("--time", metavar="DURATION", help="How long to learn: 90s, 3m, 20m.")] = "3m",
    size: Annotated[int, typer.Option("--size", metavar="PIXELS", help="Side of the pictures.")] = 32,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to.")] = Path("artgan-demo"),
) -> None:
    """Paint a collection, learn it, and show it: a few minutes, offline.

    artgan paints 600 still lifes of its own, learns them within the time, and lays out on one sheet what it learned
    from, how it got better and what it paints now. With --json: an object with sheet, run, folder, seconds and trained.

    Example:
        artgan demo
        artgan demo --time 20m
    """
    console.say(f"a small exhibition in {out}: paint, learn for {time}, paint anew")
    from artgan.cli.training_view import view_for
    from artgan.demo import demo as events_of

    view = view_for(console)
    with stop_on_signal(view) as asked, hushed(console):
        options = {"time": parse_duration(time), "size": size}
        events = events_of(out, options, should_stop=asked.is_set)
        done: Any = console.finish(leaving_early(events, asked), view)
    console.say()
    console.say("the sheet shows what it learned from, how it got better, and what it paints now")
    console.result(done, str(done.sheet))
    if asked.is_set():
        console.say(
            f"go on with: artgan train --runs-dir {done.folder / 'runs'} --datasets-dir {done.folder / 'datasets'}"
            f" --resume {done.run}"
        )
    console.next(f"artgan sample --runs-dir {done.folder / 'runs'} --run {done.run} --seeds 100-109")
    if asked.is_set():
        raise typer.Exit(INTERRUPTED)
