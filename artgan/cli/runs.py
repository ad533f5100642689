"""``artgan runs delete``; the other commands of runs are those without the noun."""

from __future__ import annotations

from typing import Annotated

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.deleting import delete_all
from artgan.cli.names import DryRun, Yes, complete_run
from artgan.errors import BusyError, UsageError
from artgan.runs.store import STARTER, find_run
from artgan.settings import Settings


@command
def delete(
    console: Console,
    settings: Settings,
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Names, ids or their beginnings.", autocompletion=complete_run)
    ],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Delete runs with everything they made.

    With --json: an array of the folders.

    Example:
        artgan runs delete flowers-64-k3f9x2
        artgan runs delete k3f9x2 p8w2vd --yes
    """
    folders = [find_run(settings.runs_dir, run) for run in runs]
    for folder in folders:
        record = folder.current()
        if record.name == STARTER:
            raise UsageError(f"{STARTER} comes with artgan and stays", "name a run of yours: artgan list")
        if record.state in ("preparing", "running") and record.backend == "local":
            raise BusyError(f"run {folder.name} is being trained", f"end it first: artgan cancel {folder.name}")
        console.say(f"{folder.path}: {record.state}, {words.count(len(folder.generators()), 'generator')}")
    delete_all(console, "run", {folder.path: folder.delete for folder in folders}, yes=yes, dry_run=dry_run)
