"""``artgan datasets drop``: take pictures out of a dataset by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.names import DATASET_HELP, DryRun, complete_dataset, dataset_of
from artgan.settings import Settings


@command
def drop(
    console: Console,
    settings: Settings,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help=DATASET_HELP, autocompletion=complete_dataset)],
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of pictures, or the beginnings of ids.")],
    undo: Annotated[bool, typer.Option("--undo", help="Take pictures that were dropped back in.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Leave pictures out of a dataset, for ever or until --undo.

    Their files stay, and no later import, fetch or update takes them in again. An id is the name of a picture's file in
    originals/ without its ending. With --json: an object with name, dropped or (with --undo) restored, unchanged and
    left.

    Example:
        artgan datasets drop flowers 577271cfedc2cb3880c2de61
        artgan datasets drop flowers 577271cf --undo
    """
    folder = dataset_of(settings, dataset)
    from artgan.datasets.credits import attribution
    from artgan.datasets.dropping import drop as drop_pictures

    done = drop_pictures(folder, ids, undo=undo, dry_run=dry_run)
    changed = [record.id for record in done.changed]
    unchanged = [record.id for record in done.before]
    for record in done.changed:
        console.say(f"{'back in' if undo else 'out'}: {record.id}: {attribution(record)}")
    for name in unchanged:
        console.say(f"{name} is {'in use' if undo else 'dropped'} already")
    console.say("nothing was changed" if dry_run else f"in use now: {words.count(done.left, 'painting')}")
    value = {"name": folder.name, "restored" if undo else "dropped": changed, "unchanged": unchanged}
    console.result({**value, "left": done.left}, "\n".join(changed))
    if changed and not dry_run:
        console.next(f"artgan prepare {folder.name}")
