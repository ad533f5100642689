"""``artgan datasets export``: a dataset for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.failures import ANEW
from artgan.cli.names import DatasetName, dataset_of
from artgan.settings import Settings


@command
@given_again(ANEW)
def export(
    console: Console,
    settings: Settings,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="csv|parquet|zip|huggingface", help="A table, pictures in one file, or in a folder."
        ),
    ],
    dataset: DatasetName = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="PATH", help="The file or folder to write; default: here.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what was exported there before.")] = False,
) -> None:
    """Write a dataset for other programs, with whom to thank for each picture.

    csv (for spreadsheets) and parquet hold what is known of every painting in use; zip and huggingface its picture
    too: artgan import reads the zip, datasets.load_dataset("imagefolder", data_dir=PATH) the folder. With --json: an
    object with name, to, path, pictures, bytes and seconds.

    Example:
        artgan datasets export flowers --to csv
        artgan datasets export flowers --to huggingface --out my-flowers
    """
    folder = dataset_of(settings, dataset)
    console.say(f"exporting {folder.name} ...")
    from artgan.datasets.exporting import export as export_dataset

    done: Any = console.finish(export_dataset(folder, to, out.expanduser() if out else None, force=force))
    console.say(f"{words.count(done.pictures, 'painting')}, {words.size(done.bytes)}")
    console.result(done, str(done.path))
    if to == "zip":
        console.say(f"read it with: artgan import {done.path} --name NAME")
    elif to == "huggingface":
        console.say(f'read it with: datasets.load_dataset("imagefolder", data_dir="{done.path}")')
