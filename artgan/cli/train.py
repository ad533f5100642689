"""``artgan train``: a dataset becomes a trained generator, on this machine."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.failures import INTERRUPTED
from artgan.cli.hush import hushed
from artgan.cli.names import DatasetName, DryRun, complete_run, dataset_of
from artgan.cli.options import tags_of, train_options, unknown_settings, values_of
from artgan.settings import Settings
from artgan.training.events import Trained
from artgan.training.stopping import leaving_early, stop_on_signal


@command
@train_options
def train(
    console: Console,
    settings: Settings,
    given: dict[str, Any],
    dataset: DatasetName = None,
    local: Annotated[bool, typer.Option("--local", help="Train on this machine; that is the default.")] = False,
    name: Annotated[str | None, typer.Option("--name", help="What the run's name begins with.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="A[=B]", help="A word to find the run by; may be repeated.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="Go on with a run.", autocompletion=complete_run)
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            metavar="RUN|FILE|URL",
            help="Begin a new run with the weights of another, or of a file; none: with random ones. Not given, the"
            " preset fast begins with @starter, which comes with artgan.",
        ),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Teach a network a dataset of paintings.

    Without a length it trains as long as the recipe says. Ctrl-C finishes the step, saves, and says how to go on. What
    is not given comes from ARTGAN_* variables, artgan.toml, your own file, then the recipe (--preset). With --json: an
    object with run, path, state, reason, epoch, step, images_seen, seconds, cpu_seconds, generator, newest_grid and
    best_epoch; after a --dry-run the plan.

    Example:
        artgan train --local --size 64
        artgan train flowers --time 20m --tag mood=calm
        artgan train --until-good
        artgan train --resume @last --kimg 1200
        artgan train still-life --init landscapes-64-k3f9x2
    """
    console.say("going on with " + resume if resume else "getting ready ...")
    for sentence in unknown_settings(settings):
        console.warn(sentence)
    tags = tags_of(tag or [])
    # A run that goes on has its own configuration; only what is typed may change it.
    options = given if resume else values_of(settings, given)
    place = str(dataset_of(settings, dataset).path) if dataset or not resume else None

    from artgan.cli.training_view import view_for
    from artgan.training.loop import train as events_of

    view = view_for(console)
    with stop_on_signal(view) as asked, hushed(console):
        events = events_of(
            place, options, datasets_dir=settings.datasets_dir, runs_dir=settings.runs_dir, name=name, tags=tags,
            resume=resume, init=init, cache_dir=settings.cache_dir, should_stop=asked.is_set, dry_run=dry_run,
        )  # fmt: skip
        last = console.finish(leaving_early(events, asked), view)
    if isinstance(last, Trained):
        _conclude(console, last, interrupted=asked.is_set() and last.state == "stopped")
    else:
        console.result(last)
        console.say("nothing was written: this was a dry run")


def _conclude(console: Console, done: Trained, *, interrupted: bool) -> None:
    """Say what was made, where, what it cost, and how to go on."""
    console.say()
    console.say(
        f"{done.state} after {words.duration(done.seconds)} ({words.duration(done.cpu_seconds)} of processor time): "
        f"epoch {words.number(done.epoch)}, {words.count(done.images_seen, 'image')} seen"
    )
    better = done.best_epoch is not None and done.best_epoch != done.epoch
    console.pairs(
        [
            ("why", done.reason),
            ("newest sheet", str(done.newest_grid or "")),
            ("generator", str(done.generator)),
            ("the best", f"epoch {words.number(done.best_epoch or 0)}, by its KID" if better else ""),
        ]
    )
    console.result(done, str(done.path))
    if interrupted:
        console.say(f"go on with: artgan train --resume {done.run}")
    console.next(f"artgan sample --run {done.run}{' --epoch best' if better else ''} -n 10")
    if interrupted:
        raise typer.Exit(INTERRUPTED)
