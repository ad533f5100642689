"""What ``datasets remove`` and ``runs delete`` have in common once they have said what would go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from artgan import files
from artgan.cli import words
from artgan.cli.console import Console


def delete_all(
    console: Console, noun: str, folders: Mapping[Path, Callable[[], None]], *, yes: bool, dry_run: bool
) -> None:
    """Ask, delete, and say so.

    Args:
        console: asks and prints.
        noun: what is deleted, in the singular.
        folders: each folder, and what deletes it.
        yes: do not ask.
        dry_run: delete nothing.
    """
    how_many = words.count(len(folders), noun)
    if dry_run:
        console.say("nothing was deleted")
    else:
        console.confirm(f"Delete {how_many} for ever?", yes=yes)
        for path, delete in folders.items():
            try:
                delete()
            except OSError as error:
                raise files.storage_error(error, path) from error
        console.say(f"deleted {how_many}")
    console.result(list(folders))
