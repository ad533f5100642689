"""``artgan datasets update``: what is new where a dataset came from."""

from __future__ import annotations

from typing import Annotated

import typer

from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.failures import GOES_ON
from artgan.cli.names import DatasetName, DryRun, dataset_of
from artgan.errors import UsageError
from artgan.settings import Settings


@command
@given_again(GOES_ON)
def update(
    console: Console,
    settings: Settings,
    dataset: DatasetName = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Another limit than before, for a fetched one.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Take up what is new where a dataset came from.

    A fetched dataset asks its site once more for what was asked for, with the same wishes; what is here already, and
    what was looked into before, is not asked for again. An imported one reads its folder again. What artgan datasets
    drop took out stays out. With --json: what artgan fetch or artgan import prints.

    Example:
        artgan datasets update flowers
        artgan datasets update flowers --dry-run
    """
    folder = dataset_of(settings, dataset)
    if "query" in folder.read().query:
        from artgan.cli.fetching import show_fetch
        from artgan.datasets.fetching import remembered

        query, wanted, human_names = remembered(folder)
        if limit is not None:
            wanted = wanted.model_copy(update={"limit": limit})
        show_fetch(console, settings, query, wanted, folder.name, human_names=human_names, dry_run=dry_run)
        return
    if dry_run or limit is not None:
        raise UsageError(
            f"{folder.name!r} was imported: --dry-run and --limit are for what was fetched", "leave them out"
        )
    from artgan.cli.import_ import show_import
    from artgan.datasets.importing import reimport

    console.say(f"importing {folder.name} again ...")
    show_import(console, settings, reimport(folder))
