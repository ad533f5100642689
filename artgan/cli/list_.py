"""``artgan list``: the runs of the folder, without loading anything heavy."""

from __future__ import annotations

import sys
import time
import typing
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from artgan.cli import terminal, words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.table import Column
from artgan.cli.watching import watch as watch_frames
from artgan.errors import UsageError
from artgan.runs.record import GOING, RunRecord, State
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
_STATES = typing.get_args(State)


@command
def list_runs(
    console: Console,
    settings: Settings,
    status: Annotated[
        list[str] | None, typer.Option("--status", metavar="STATE", help=f"Only runs that are: {', '.join(_STATES)}.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="A[=B]", help="Only runs with this tag.")] = None,
    refresh: Annotated[bool, typer.Option("--refresh", "-r", help="Ask the services first.")] = False,
    experiment: Annotated[
        str | None, typer.Option("--experiment", metavar="NAME", help="All runs of this experiment; asks the service.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it again every two seconds.")] = False,
) -> None:
    """List the runs, the newest first.

    A run is submitting, queued or preparing; running; finished, stopped (it can go on), cancelled or failed; lost (its
    process is gone) or damaged (its record cannot be read). Runs elsewhere are listed as they were when last asked for;
    --refresh asks, and finds those that were sent from other machines. With --json: an array of objects with id, name,
    state, reason, backend, dataset, size, preset, epoch, step, images_seen, seconds, created, ended, asked and tags.

    Example:
        artgan list
        artgan list --status running --watch
        artgan list --json
    """
    unknown = [state for state in status or [] if state not in _STATES]
    if unknown:
        raise UsageError(f"state {unknown[0]!r} is not one of {', '.join(_STATES)}", "artgan list --status finished")

    if refresh or experiment:
        _ask(console, settings, experiment or "")

    def gather() -> list[RunRecord]:
        found = [folder.current() for folder in reversed(folders_of(settings.runs_dir))]
        return [r for r in found if (not status or r.state in status) and _has_tags(r, tag or [])]

    if watch and not console.as_json and terminal.is_person(sys.stdout):
        watch_frames(_frames(console, gather))
    records = gather()
    _say_age(console, records)
    empty = "no run fits" if status or tag else f"no run in {settings.runs_dir} yet; start one with: artgan train"
    if console.as_json:
        console.result([as_json(r) for r in records])
    else:
        console.table([], _COLUMNS, [_row(r) for r in records], empty)


def _ask(console: Console, settings: Settings, experiment: str) -> None:
    """Ask the workspaces that runs were sent to, and the one that is configured, how all runs are."""
    from artgan.cli.places import has_workspace, place_of, workspace_of
    from artgan.compute.following import refresh_all

    sent = [folder for folder in folders_of(settings.runs_dir) if folder.current().backend != "local"]
    backends = [place_of(settings, folder) for folder in sent if folder.record.remote]
    if has_workspace(settings) and (experiment or not backends):
        backends.append(workspace_of(settings))
    for backend in {tuple(backend.home.values()): backend for backend in backends}.values():
        for which in dict.fromkeys(("", experiment)):
            console.finish(refresh_all(settings.runs_dir, backend, which))


def _say_age(console: Console, records: list[RunRecord]) -> None:
    """Say how old the answer is for runs elsewhere that may have changed since."""
    asked = [r.asked for r in records if r.backend != "local" and r.state in GOING and r.asked]
    if asked:
        console.say(f"runs elsewhere as of {words.age(min(asked))} ago; --refresh asks again")


def as_json(record: RunRecord) -> dict[str, Any]:
    """Return what ``--json`` says of a run."""
    names = "id name state reason backend dataset size preset epoch step images_seen seconds created ended asked tags"
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


def _frames(console: Console, gather: Any) -> Iterator[list[str]]:
    while True:
        yield console.table_lines(_COLUMNS, [_row(r) for r in gather()])
        time.sleep(2)
