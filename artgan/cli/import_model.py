"""``artgan import-model``: a generator's file becomes a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.hush import hushed
from artgan.settings import Settings


@command
def import_model(
    console: Console,
    settings: Settings,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="gen_<epoch>.h5 or .keras, of keragan or artgan.")],
    name: Annotated[str | None, typer.Option("--name", help="What the run's name begins with.")] = None,
) -> None:
    """Make a run of a generator's file, old keragan models too.

    All commands that take a run take it then. Nothing in the file is executed; a file that would is refused.
    With --json: an object with run, path, epoch and size.

    Example:
        artgan import-model gen_10100.h5 --name monet
    """
    console.say(f"opening {file} ...")
    with hushed(console):
        from artgan.sampling.adopting import import_model as adopt

        folder = adopt(file.expanduser(), runs_dir=settings.runs_dir, name=name)
    record = folder.record
    console.say(f"run {folder.name}: epoch {record.epoch}, {record.size} px")
    value = {"run": folder.name, "path": folder.path, "epoch": record.epoch, "size": record.size}
    console.result(value, str(folder.path))
    console.next(f"artgan sample --run {record.id} -n 10")
