"""``artgan list``: the runs of the folder, without loading anything heavy."""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any

import typer

from artgan.cli import terminal, words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.table import Column
from artgan.errors import UsageError
from artgan.runs.record import RunRecord
from artgan.runs.store import list_runs as folders_of
from artgan.settings import Settings

_COLUMNS = [
    Column("name", shrinks=True),
    Column("state"),
    Column("dataset", shrinks=True),
    Column("size", right=True),
    Column("preset"),
    Column("epoch", right=True),
    Column("images seen", right=True),
    Column("age", right=True),
    Column("tags", shrinks=True),
]
_STATES = ("running", "finished", "stopped", "failed", "lost", "damaged")


@command
def list_runs(
    console: Console,
    settings: Settings,
    status: Annotated[
        list[str] | None, typer.Option("--status", metavar="STATE", help=f"Only runs that are: {', '.join(_STATES)}.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="A[=B]", help="Only runs with this tag.")] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it again every two seconds.")] = False,
) -> None:
    """List the runs, the newest first.

    A run is running, finished, stopped (it can go on), failed, lost (its process is gone) or damaged (its record cannot
    be read). With --json: an array of objects with id, name, state, reason, dataset, size, preset, epoch, step,
    images_seen, seconds, created, ended and tags.

    Example:
        artgan list
        artgan list --status running --watch
        artgan list --json
    """
    unknown = [state for state in status or [] if state not in _STATES]
    if unknown:
        raise UsageError(f"state {unknown[0]!r} is not one of {', '.join(_STATES)}", "artgan list --status finished")

    def gather() -> list[RunRecord]:
        found = [folder.current() for folder in reversed(folders_of(settings.runs_dir))]
        return [r for r in found if (not status or r.state in status) and _has_tags(r, tag or [])]

    if watch and not console.as_json and terminal.is_person(sys.stdout):
        _watch(console, gather)
    records = gather()
    empty = "no run fits" if status or tag else f"no run in {settings.runs_dir} yet; start one with: artgan train"
    console.table([as_json(r) for r in records], _COLUMNS, [_row(r) for r in records], empty)


def as_json(record: RunRecord) -> dict[str, Any]:
    """Return what ``--json`` says of a run."""
    names = "id name state reason dataset size preset epoch step images_seen seconds created ended tags"
    return {name: getattr(record, name) for name in names.split()}


def _row(record: RunRecord) -> list[str]:
    damaged = record.state == "damaged"
    return [
        record.name,
        record.state,
        record.dataset,
        str(record.size or ""),
        record.preset,
        "" if damaged else str(record.epoch),
        "" if damaged else words.number(record.images_seen),
        words.age(record.created),
        " ".join(f"{name}={value}" if value else name for name, value in record.tags.items()),
    ]


def _has_tags(record: RunRecord, wanted: list[str]) -> bool:
    for text in wanted:
        name, equals, value = text.partition("=")
        if name not in record.tags or (equals and record.tags[name] != value):
            return False
    return True


def _watch(console: Console, gather: Any) -> None:
    """Redraw the table on the terminal's other screen until Ctrl-C."""
    sys.stdout.write("\033[?1049h\033[?25l")
    try:
        while True:
            lines = console.table_lines(_COLUMNS, [_row(r) for r in gather()])
            lines = lines[: max(1, terminal.height() - 2)]
            lines.append(terminal.style("Ctrl-C ends the watch", "dim"))
            sys.stdout.write("\033[H\033[J" + "\n".join(lines))
            sys.stdout.flush()
            time.sleep(2)
    except KeyboardInterrupt:
        return
    finally:
        sys.stdout.write("\033[?25h\033[?1049l")
