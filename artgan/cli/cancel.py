"""``artgan cancel``: end runs that go on in the background."""

from __future__ import annotations

from typing import Annotated

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.names import Yes, complete_run
from artgan.cli.places import place_of
from artgan.compute.following import end_run
from artgan.errors import UsageError
from artgan.runs.folder import RunFolder
from artgan.runs.record import GOING
from artgan.runs.store import find_run, list_runs
from artgan.settings import Settings


@command
def cancel(
    console: Console,
    settings: Settings,
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN...", help="Names, ids or their beginnings.", autocompletion=complete_run),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All runs that are going on.")] = False,
    yes: Yes = False,
) -> None:
    """End runs that go on in the background.

    A worker here finishes its step and saves; what a run made stays. A run that is over already is left as it is, and
    said to be. With --json: an array of objects with run, cancelled and state.

    Example:
        artgan cancel flowers-64-k3f9x2
        artgan cancel --all --yes
    """
    if bool(runs) == everything:
        raise UsageError("which run?" if not runs else "--all and names contradict each other", "artgan cancel RUN")
    if everything:
        folders = [folder for folder in list_runs(settings.runs_dir) if folder.current().state in GOING]
        for folder in folders:
            console.say(f"{folder.name}: {folder.current().state}")
        if folders:
            console.confirm(f"End {words.count(len(folders), 'run')}?", yes=yes)
    else:
        folders = [find_run(settings.runs_dir, text) for text in runs or []]
    rows = []
    for folder in folders:
        going = end_run(folder, place_of(settings, folder))
        state = RunFolder(folder.path).current().state
        console.say(f"{folder.name}: {'cancelled' if going else f'was over already: {state}'}")
        rows.append({"run": folder.name, "cancelled": going, "state": state})
    if not rows:
        console.say("no run is going on")
    console.result(rows)
