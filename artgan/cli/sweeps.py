"""``artgan sweep list``, ``show``, ``prune``, ``cancel``, ``report``: sweeps that were started."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.names import DryRun, Yes
from artgan.cli.places import place_of
from artgan.cli.table import Column
from artgan.errors import UsageError
from artgan.runs.store import LAST
from artgan.settings import Settings

if TYPE_CHECKING:
    from artgan.compute.backend import Backend
    from artgan.compute.sweeps.ranking import Standing
    from artgan.compute.sweeps.record import SweepFolder


def _complete_sweep(incomplete: str) -> list[str]:
    import os

    from artgan import settings as settings_module
    from artgan.compute.sweeps.record import SWEEPS
    from artgan.errors import ArtganError

    try:
        place = settings_module.load(os.environ, Path.cwd()).runs_dir / SWEEPS
    except ArtganError:
        return []
    names = sorted(path.parent.name for path in place.glob("*/sweep.json")) if place.is_dir() else []
    return [name for name in [LAST, *names] if name.startswith(incomplete)]


SweepName = Annotated[
    str,
    typer.Argument(
        metavar="SWEEP", help="A sweep: its name, its id, the beginning of either; not given: @last.",
        autocompletion=_complete_sweep,
    ),
]  # fmt: skip


@command
def list_all(console: Console, settings: Settings) -> None:
    """List the sweeps, the newest first.

    With --json: an array of objects with name, created, backend, over, runs (counts by state) and cancelled.

    Example:
        artgan sweep list
    """
    from artgan.compute.sweeps.ranking import standings, told
    from artgan.compute.sweeps.record import list_sweeps

    found = [(sweep, sweep.record()) for sweep in reversed(list_sweeps(settings.runs_dir))]
    counted = [told(standings(sweep, record)) for sweep, record in found]
    value = [
        {
            "name": record.name, "created": record.created, "backend": record.plan.backend, "over": record.plan.over,
            "runs": counts, "cancelled": record.cancelled,
        }
        for (_, record), counts in zip(found, counted, strict=True)
    ]  # fmt: skip
    rows = [
        [
            record.name, str(len(record.points)), _counts(counts), record.plan.backend, words.age(record.created),
            " ".join(record.plan.over),
        ]
        for (_, record), counts in zip(found, counted, strict=True)
    ]  # fmt: skip
    columns = [
        Column("name", shrinks=True), Column("runs", right=True), Column("state"), Column("where"),
        Column("age", right=True), Column("over", shrinks=True),
    ]  # fmt: skip
    console.table(value, columns, rows, "no sweep yet; start one with: artgan sweep --over size=64,128")


@command
def show(
    console: Console,
    settings: Settings,
    sweep: SweepName = LAST,
    refresh: Annotated[bool, typer.Option("--refresh", "-r", help="Ask the service first.")] = False,
) -> None:
    """Show the runs of a sweep, the best first.

    The best is the one with the lowest KID, as it was judged while it learned; runs that were not judged stand in the
    order of the plan. Only runs of one dataset and one size can be compared, so these stand together. With --json: an
    array of objects with point, run, state, values, epoch, images_seen, kid, kid_error and kid_epoch.

    Example:
        artgan sweep show
        artgan sweep show flowers-sweep-k3f9 --refresh
    """
    from artgan.compute.sweeps.ranking import best_first, told
    from artgan.compute.sweeps.record import find_sweep

    folder = find_sweep(settings.runs_dir, sweep)
    rows = best_first(_rows(folder, _place(settings, folder) if refresh else None))
    columns, lines = table_of(rows)
    console.say(f"sweep {folder.name}: {_counts(told(rows))}")
    console.table([_as_json(row) for row in rows], columns, lines)
    if any(row.state == "waiting" for row in rows) and not folder.record().cancelled and not folder.is_tended():
        console.warn("nobody begins the runs that wait; the command that started the sweep goes on with it")


@command
def prune(
    console: Console,
    settings: Settings,
    sweep: SweepName = LAST,
    keep: Annotated[
        int, typer.Option("--keep", min=1, metavar="K", help="How many go on, of each dataset and size.")
    ] = 1,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """End all runs of a sweep but the best ones.

    Compared is the lowest KID of each so far. A run that was not judged yet goes on. What the others made stays. With
    --json: an array of the runs that were ended.

    Example:
        artgan sweep prune --keep 2
        artgan sweep prune flowers-sweep-k3f9 --keep 1 --dry-run
    """
    from artgan.compute.sweeps.ranking import losers
    from artgan.compute.sweeps.record import find_sweep
    from artgan.compute.sweeps.tending import end

    folder = find_sweep(settings.runs_dir, sweep)
    place = _place(settings, folder)
    rows = _rows(folder, place)
    unjudged = [row for row in rows if row.going and row.judged is None]
    if unjudged:
        console.say(f"not judged yet, so going on: {', '.join(row.point.run for row in unjudged)}")
    ended = losers(rows, keep)
    for row in ended:
        assert row.judged is not None
        console.say(f"{row.point.run}: {row.point}, KID {row.judged.kid:.4f}")
    if ended and place and not dry_run:
        console.confirm(f"End {words.count(len(ended), 'run')}?", yes=yes)
        console.finish(end(ended, place, f"{keep} of its sweep are better"))
    elif not ended:
        console.say("no run that goes on is worse than those that are kept")
    console.result([row.point.run for row in ended])


@command
def cancel(console: Console, settings: Settings, sweep: SweepName = LAST, yes: Yes = False) -> None:
    """End the runs of a sweep, and begin no more.

    What they made stays. With --json: an array of the runs that were ended.

    Example:
        artgan sweep cancel
        artgan sweep cancel flowers-sweep-k3f9 --yes
    """
    from artgan.compute.sweeps.ranking import standings
    from artgan.compute.sweeps.record import find_sweep
    from artgan.compute.sweeps.tending import end

    folder = find_sweep(settings.runs_dir, sweep)
    rows = standings(folder, folder.record())
    going, waiting = [row for row in rows if row.going], [row for row in rows if row.state == "waiting"]
    if not going and not waiting:
        console.say(f"{folder.name} is over already")
        console.result([])
        return
    what = f"End {words.count(len(going), 'run')} of {folder.name}" + (
        f", and begin none of the {len(waiting)} that wait" if waiting else ""
    )
    console.confirm(f"{what}?", yes=yes)
    folder.update(lambda record: {"cancelled": True})
    # Read again: the queue may have begun one more meanwhile.
    going = [row for row in standings(folder, folder.record()) if row.going]
    place = _place(settings, folder)
    if place:
        console.finish(end(going, place, "its sweep was cancelled"))
    console.result([row.point.run for row in going])


@command
def report(
    console: Console,
    settings: Settings,
    sweep: SweepName = LAST,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write it. [SWEEP.html]")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="With what is here; ask no service.")] = False,
) -> None:
    """Write a page with the newest pictures of all runs of a sweep, side by side.

    Pictures in the same place of two sheets are of the same seed, where the runs have latents of one size. The page is
    one file that opens anywhere. With --json: an object with page and runs.

    Example:
        artgan sweep report
        artgan sweep report flowers-sweep-k3f9 --out lr.html
    """
    from artgan.compute.sweeps.ranking import best_first
    from artgan.compute.sweeps.record import find_sweep
    from artgan.report.sweep import Shown, write_sweep_page

    folder = find_sweep(settings.runs_dir, sweep)
    rows = _rows(folder, None if offline else _place(settings, folder), sheets=True)
    page = (out or Path(f"{folder.name}.html")).expanduser()
    if page.is_dir():
        raise UsageError(f"--out {page} is a folder", f"for example: --out {page / folder.name}.html")
    shown = [Shown(**_shown(row)) for row in best_first(rows)]
    write_sweep_page(page, folder.name, folder.record().plan.over, shown)
    console.result({"page": str(page), "runs": len(shown)}, str(page))


def table_of(rows: Sequence[Standing]) -> tuple[list[Column], list[list[str]]]:
    """Return the columns and the rows of a table of runs, in the order given."""
    varied = list(rows[0].point.values) if rows else []
    columns = [
        Column("#", right=True), *(Column(name, right=True) for name in varied), Column("KID", right=True),
        Column("at epoch", right=True), Column("state"), Column("epoch", right=True),
        Column("images seen", right=True), Column("run", shrinks=True),
    ]  # fmt: skip
    return columns, [_row(row, varied) for row in rows]


def _row(row: Standing, varied: Sequence[str]) -> list[str]:
    record, judged = row.record, row.judged
    return [
        str(row.index + 1), *(row.point.values.get(name, "") for name in varied),
        f"{judged.kid:.4f} ±{judged.error:.4f}" if judged else "", str(judged.epoch) if judged else "",
        row.state, str(record.epoch) if record else "", words.number(record.images_seen) if record else "",
        row.point.run,
    ]  # fmt: skip


def _as_json(row: Standing) -> dict[str, Any]:
    record, judged = row.record, row.judged
    return {
        "point": row.index + 1, "run": row.point.run, "state": row.state, "values": row.point.values,
        "epoch": record.epoch if record else None, "images_seen": record.images_seen if record else None,
        "kid": judged.kid if judged else None, "kid_error": judged.error if judged else None,
        "kid_epoch": judged.epoch if judged else None,
    }  # fmt: skip


def _shown(row: Standing) -> dict[str, Any]:
    record, judged = row.record, row.judged
    return {
        "run": row.point.run or f"run {row.index + 1}", "values": row.point.values, "state": row.state,
        "sheet": row.folder.newest_grid() if row.folder else None, "epoch": record.epoch if record else None,
        "images_seen": record.images_seen if record else None, "kid": (judged.kid, judged.error) if judged else None,
    }  # fmt: skip


def _counts(counts: Any) -> str:
    return ", ".join(f"{number} {state}" for state, number in counts.items())


def _rows(sweep: SweepFolder, place: Backend | None, *, sheets: bool = False) -> list[Standing]:
    """Return how the runs stand: as the place says, where one is to be asked, else as is known here."""
    from artgan.compute.sweeps.ranking import standings
    from artgan.compute.sweeps.tending import look

    return look(sweep, place, sheets=sheets) if place else standings(sweep, sweep.record())


def _place(settings: Settings, sweep: SweepFolder) -> Backend | None:
    """Return where its runs execute; None while it has none."""
    from artgan.compute.sweeps.ranking import standings

    for row in standings(sweep, sweep.record()):
        if row.folder is not None and row.record is not None:
            return place_of(settings, row.folder)
    return None
