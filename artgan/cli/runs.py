"""``artgan runs delete``; the other commands of runs are those without the noun."""

from __future__ import annotations

import contextlib
import functools
from typing import Annotated

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.deleting import delete_all
from artgan.cli.names import DryRun, Yes, complete_run
from artgan.cli.places import place_of
from artgan.errors import BusyError, NotFoundError, UsageError
from artgan.runs.folder import RunFolder
from artgan.runs.store import STARTER, find_run
from artgan.settings import Settings


@command
def delete(
    console: Console,
    settings: Settings,
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Names, ids or their beginnings.", autocompletion=complete_run)
    ],
    remote: Annotated[
        bool, typer.Option("--remote", help="Archive their jobs in Azure ML too: out of sight there, not gone.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Delete runs with everything they made.

    A run that was sent elsewhere is deleted here; its job, and what it made there, stays, and artgan list --refresh
    takes it up again unless --remote archives it. With --json: an array of the folders.

    Example:
        artgan runs delete flowers-64-k3f9x2
        artgan runs delete k3f9x2 --remote
        artgan runs delete k3f9x2 p8w2vd --yes
    """
    folders = [find_run(settings.runs_dir, run) for run in runs]
    for folder in folders:
        record = folder.current()
        if record.name == STARTER:
            raise UsageError(f"{STARTER} comes with artgan and stays", "name a run of yours: artgan list")
        if record.state in ("preparing", "running") and record.backend == "local":
            raise BusyError(f"run {folder.name} is being trained", f"end it first: artgan cancel {folder.name}")
        archived = ", and its job is archived" if remote and record.remote_id and record.backend != "local" else ""
        console.say(f"{folder.path}: {record.state}, {words.count(len(folder.generators()), 'generator')}{archived}")
    deletes = {folder.path: functools.partial(_delete, settings, folder, remote) for folder in folders}
    delete_all(console, "run", deletes, yes=yes, dry_run=dry_run)


def _delete(settings: Settings, folder: RunFolder, remote: bool) -> None:
    """Delete a run here, after its job was archived there: what cannot be archived stays here too."""
    record = folder.current()
    if remote and record.backend != "local" and record.remote_id:
        with contextlib.suppress(NotFoundError):  # gone there already
            place_of(settings, folder).archive(record.remote_id, record.remote)
    folder.delete()
