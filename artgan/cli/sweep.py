"""``artgan sweep``: many runs that differ in what is varied, as one named thing."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import terminal, words
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.failures import GOES_ON
from artgan.cli.groups import options_of
from artgan.cli.names import DryRun, Yes, complete_dataset, dataset_of
from artgan.cli.options import fields, is_whole, tags_of, train_options, unknown_settings, values_of
from artgan.cli.sweeps import table_of
from artgan.cli.watching import watch
from artgan.cli.where import Where
from artgan.errors import ArtganError, UsageError
from artgan.settings import Settings
from artgan.training.config import LENGTHS, parse_duration

if TYPE_CHECKING:
    from artgan.compute.backend import Backend, Target
    from artgan.compute.submitting import Submission
    from artgan.compute.sweeps.record import SweepFolder, SweepPlan
    from artgan.compute.sweeps.tending import Places

_SHOWN = 24
_EVAL_S = 300.0
_DAY_H = 24.0
_LOOK_S, _LOOK_REMOTE_S = 1.0, 15.0


@command
@given_again(GOES_ON)
@train_options
@options_of(Where, "where")
def start(
    console: Console,
    settings: Settings,
    given: dict[str, Any],
    where: Where,
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--over",
            metavar="FIELD=VALUES",
            help="What to vary: size=64,128, seed=0..4, lr=1e-4..1e-3:5, lr=1e-5..1e-3:log; may be repeated.",
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset", metavar="NAME,...", help="The datasets: each run has one.", autocompletion=complete_dataset
        ),
    ] = None,
    random: Annotated[
        int | None, typer.Option("--random", min=1, metavar="N", help="Draw N runs at random; not given: all.")
    ] = None,
    draw_seed: Annotated[int, typer.Option("--draw-seed", metavar="N", help="Names the draws. [0]")] = 0,
    max_concurrent: Annotated[
        int, typer.Option("--max-concurrent", min=1, metavar="N", help="Runs at once on this machine. [1]")
    ] = 1,
    keep_best: Annotated[
        int,
        typer.Option(
            "--keep-best",
            min=0,
            metavar="K",
            help="End all but the K best, of each dataset and size, when they are compared.",
        ),
    ] = 0,
    after: Annotated[
        str | None, typer.Option("--after", metavar="TIME", help="Training time at which runs are compared. [30m]")
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            "--init", metavar="RUN|FILE|URL", help="What each run begins with, as for artgan train; none: nothing."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="What the sweep's name begins with.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="A[=B]", help="A word to find the runs by; may be repeated.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Do not follow.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Train many runs that differ in what you vary; the word start may be left out.

    Takes every option of artgan submit; what is not varied is the same for all. On this machine a queue in the
    background begins the runs one after the other, or --max-concurrent at once; a cluster has a queue of its own. The
    plan is said first. The same command again goes on with a sweep that is not over, and sends nothing twice. With
    --keep-best K the K best go on and the others are ended, by their KID at the age of --after: here always, on a
    cluster while this command follows; artgan sweep prune does it by hand. On a cluster each run has a --max-hours, by
    default an hour more than --time, or 24. With --json: an object with sweep and runs,
    an array of objects with point, run, state and values; with --dry-run one with over, points and target.

    Example:
        artgan sweep --over size=64,128 --over lr=1e-4,2e-4
        artgan sweep --over seed=0..4 --dataset flowers,portraits --time 20m --max-concurrent 2
        artgan sweep --over lr=1e-5..1e-3:log --over gamma=0.1..10:log --random 8 --cluster gpu-nc6 --max-hours 4
        artgan sweep --over preset=fast,dcgan --time 1h --keep-best 1 --after 20m
    """
    console.say("getting ready ...")
    for sentence in unknown_settings(settings):
        console.warn(sentence)
    from artgan.compute.sweeps import record, tending

    after_s = _seconds(after, keep_best)
    if keep_best and "eval_every" not in given:
        given = {**given, "eval_every": min(_EVAL_S, after_s)}
    backend = where.place(settings)
    places = tending.Places(settings.datasets_dir, settings.runs_dir, settings.cache_dir)
    plan = _plan(settings, given, over or [], dataset, random, draw_seed).model_copy(
        update={
            "init": init, "backend": backend.name, "home": backend.home,
            "wishes": where.wishes(settings, backend, tags_of(tag or [])),
        }
    )  # fmt: skip
    submissions = [tending.submission_of(plan, index, places) for index in range(len(plan.points))]
    if backend.name != "local" and not plan.wishes.get("max_hours"):
        hours = _hours(submissions)
        plan = plan.model_copy(update={"wishes": {**plan.wishes, "max_hours": hours}})
        submissions = [replace(s, wishes={**s.wishes, "max_hours": hours}) for s in submissions]
    _check_lengths(submissions, keep_best, after_s)
    target = backend.target(submissions[0].spec())
    going = tending.unfinished(settings.runs_dir, plan)
    _say_plan(console, plan, submissions, backend, target, max_concurrent, keep_best, after_s, detach)
    if dry_run:
        console.result({"over": plan.over, "points": plan.points, "target": target})
        console.say("nothing was sent: this was a dry run")
        return
    if going:
        console.say(f"going on with {going.name}, which is not over")
    elif backend.name != "local":
        console.confirm(f"Send {words.count(len(plan.points), 'run')}?", yes=yes)
    sweep = going or record.new_sweep(
        settings.runs_dir, name or f"{submissions[0].dataset.name}-sweep", plan, at_once=max_concurrent,
        keep=keep_best, after_s=after_s,
    )  # fmt: skip
    followed = not detach and not console.as_json and terminal.is_person(sys.stdout)
    if backend.name == "local":
        _queue(console, sweep, places)
    else:
        _send(console, sweep, backend, target, places)
    if followed:
        _follow(console, sweep, backend, target, places)
    _conclude(console, sweep)


def _hours(submissions: Sequence[Submission]) -> float:
    """Return after how many hours a service shall end each of many runs, where nobody said so.

    An hour more than they train, for the node to start and the image to be built; a day, where that is not known.
    """
    times = [s.config.time for s in submissions]
    known = [time for time in times if time is not None]
    return float(math.ceil(max(known) / 3600 + 1)) if len(known) == len(times) else _DAY_H


def _seconds(after: str | None, keep_best: int) -> float:
    if after is None:
        return 1800.0 if keep_best else 0.0
    if not keep_best:
        raise UsageError("--after says when runs are compared, and nothing asks for that", "add --keep-best 2")
    seconds = parse_duration(after)
    try:
        return float(seconds)
    except ValueError as error:
        raise UsageError(f"--after {after!r} is not a time", "for example: --after 20m") from error


def _plan(
    settings: Settings, given: dict[str, Any], over: Sequence[str], dataset: str | None, random: int | None, seed: int
) -> SweepPlan:
    """Read what is varied; what is not is what ``artgan train`` would take."""
    from artgan.compute.sweeps.axes import Axis, draws, grid, read_axis
    from artgan.compute.sweeps.record import SweepPlan
    from artgan.compute.sweeps.tending import DATASET

    if not over and "," not in (dataset or ""):
        raise UsageError("a sweep varies something", "for example: artgan sweep --over size=64,128")
    axes: list[Axis] = []
    named = [piece.strip() for piece in (dataset or "").split(",") if piece.strip()]
    names = [dataset_of(settings, piece).name for piece in named] or [dataset_of(settings, None).name]
    if len(names) > 1:
        axes.append(Axis(DATASET, tuple(dict.fromkeys(names))))
    for text in over:
        field = text.partition("=")[0].strip().replace("-", "_")
        if "=" in text and field not in fields():
            raise UsageError(f"--over {text!r}: there is no field {field!r}", "see them with: artgan train --help")
        axes.append(read_axis(text, is_whole(field) if "=" in text else False))
    twice = [axis.field for number, axis in enumerate(axes) if axis.field in [other.field for other in axes[:number]]]
    if twice:
        raise UsageError(f"{twice[0]} is varied twice", f"give it once: --over {twice[0]}=A,B")
    both = [axis.field for axis in axes if axis.field in given]
    if both:
        raise UsageError(f"{both[0]} is varied, and given as well", f"leave out --{both[0].replace('_', '-')}")
    varied = {axis.field for axis in axes}
    values = {name: value for name, value in values_of(settings, given).items() if name not in varied}
    if varied & set(LENGTHS):
        values = {name: value for name, value in values.items() if name not in LENGTHS}
    points = draws(axes, random, seed) if random else grid(axes)
    return SweepPlan(over=tuple(over), points=tuple(points), given=values, dataset=names[0] if len(names) == 1 else "")


def _check_lengths(submissions: Sequence[Submission], keep: int, after_s: float) -> None:
    short = [s.config.time for s in submissions if s.config.time is not None and s.config.time <= after_s]
    if keep and short:
        raise UsageError(
            f"runs of {words.duration(short[0])} are over before they are compared, after {words.duration(after_s)}",
            f"for example: --after {max(1, round(short[0] / 120))}m",
        )


def _say_plan(
    console: Console,
    plan: SweepPlan,
    submissions: Sequence[Submission],
    backend: Backend,
    target: Target,
    at_once: int,
    keep: int,
    after_s: float,
    detach: bool,
) -> None:
    from artgan.cli.submit import recipe

    local, count = backend.name == "local", len(submissions)
    recipes = list(dict.fromkeys(recipe(s.config) for s in submissions))
    times = [s.config.time for s in submissions if s.config.time is not None]
    length = "; ".join(recipes[:3]) + (" ..." if len(recipes) > 3 else "")
    if len(times) == count:
        whole = sum(times) / (min(at_once, count) if local else 1)
        length += f"; in all {words.duration(whole)}" + ("" if local else " of the cluster's time")
    hours = plan.wishes.get("max_hours")
    watched = "always" if local else "while this command follows" if not detach else "by artgan sweep prune alone"
    console.pairs(
        [
            ("sweep", f"{words.count(count, 'run')}: {', '.join(plan.over) or 'one for each dataset'}"),
            ("datasets", ", ".join(dict.fromkeys(s.dataset.name for s in submissions))),
            ("each", length),
            *target.facts.items(),
            ("at once", f"{at_once}; the others wait" if local else "as many as the cluster has nodes for"),
            ("at most", f"{hours:g} hours each" if hours else ""),
            ("kept", f"the best {keep} of those that learned for {words.duration(after_s)}; {watched}" if keep else ""),
        ]
    )
    for number, point in enumerate(plan.points[:_SHOWN], 1):
        console.say(f"  {number:>3}  {' '.join(f'{name}={value}' for name, value in point.items())}")
    if count > _SHOWN:
        console.say(f"       ... and {count - _SHOWN} more")
    for warning in target.warnings:
        console.warn(warning)


def _queue(console: Console, sweep: SweepFolder, places: Places) -> None:
    from artgan.compute.sweeps import queue

    queue.start(sweep, places)
    console.say(f"sweep {sweep.name}: its queue is at work in the background")


def _send(console: Console, sweep: SweepFolder, backend: Backend, target: Target, places: Places) -> None:
    from artgan.compute.sweeps.tending import Swept, send_all

    try:
        for event in console.follow(send_all(sweep, backend, target, places)):
            if isinstance(event, Swept):
                console.say(f"sent {event.done} of {event.total}: {event.run}, {event.state}")
    except ArtganError:
        sent = sum(bool(point.run) for point in sweep.record().points)
        console.warn(f"{sent} of {len(sweep.record().points)} are sent; the same command goes on with {sweep.name}")
        raise


def _follow(console: Console, sweep: SweepFolder, backend: Backend, target: Target, places: Places) -> None:
    """Show how the runs stand until all are over; Ctrl-C leaves the table, never the runs."""
    if not watch(_frames(console, sweep, backend, target, places), "Ctrl-C leaves the table; the runs go on"):
        console.say(f"the sweep goes on; to look again: artgan sweep show {sweep.name}")
        if backend.name != "local" and sweep.record().keep:
            console.say(f"nobody compares its runs now: artgan sweep prune {sweep.name} --keep {sweep.record().keep}")


def _frames(
    console: Console, sweep: SweepFolder, backend: Backend, target: Target, places: Places
) -> Iterator[list[str]]:
    from artgan.compute.sweeps.ranking import best_first, standings
    from artgan.compute.sweeps.tending import Looked, tend

    def table() -> list[str]:
        columns, rows = table_of(best_first(standings(sweep, sweep.record())))
        return [f"sweep {sweep.name}", "", *console.table_lines(columns, rows)]

    if backend.name != "local":
        for event in tend(sweep, backend, target, places, _LOOK_REMOTE_S):
            if isinstance(event, Looked):
                yield table()
        return
    while True:
        yield table()
        if all(row.over for row in standings(sweep, sweep.record())):
            return
        time.sleep(_LOOK_S)


def _conclude(console: Console, sweep: SweepFolder) -> None:
    from artgan.compute.sweeps.ranking import standings

    rows = standings(sweep, sweep.record())
    runs = [
        {"point": row.index + 1, "run": row.point.run, "state": row.state, "values": row.point.values} for row in rows
    ]
    console.result({"sweep": sweep.name, "runs": runs}, sweep.name)
    for line in ("show", "report", "cancel"):
        console.next(f"artgan sweep {line} {sweep.name}")
