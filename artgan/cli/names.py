"""Arguments that several commands share, and how the shell completes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from artgan import settings as settings_module
from artgan.datasets.manifest import DatasetFolder, find_dataset
from artgan.errors import ArtganError, NotFoundError, UsageError
from artgan.runs.record import BEST
from artgan.runs.store import LAST, STARTER
from artgan.settings import Settings


def _folders(which: str, marker: str) -> list[str]:
    """Return the names that Tab offers: folders only, nothing is opened."""
    try:
        found = settings_module.load(os.environ, Path.cwd())
    except ArtganError:
        return []
    folder = found.runs_dir if which == "runs" else found.datasets_dir
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if (path / marker).is_file())


def dataset_of(settings: Settings, name: str | None) -> DatasetFolder:
    """Return the dataset of that name, the configured one, or the only one.

    Raises:
        NotFoundError: there is none; a folder of pictures is answered with the way to import it.
        UsageError: several exist and none was named.
    """
    wanted = name or settings.get("dataset")
    try:
        return find_dataset(settings.datasets_dir, str(wanted) if wanted else None)
    except NotFoundError as error:
        if wanted and Path(wanted).expanduser().is_dir():
            new = Path(wanted).expanduser().resolve().name
            raise NotFoundError(
                f"{wanted} is a folder, not a dataset yet", f"artgan import {wanted} --name {new}"
            ) from error
        raise


def complete_run(incomplete: str) -> list[str]:
    return [name for name in [LAST, STARTER, *_folders("runs", "run.json")] if name.startswith(incomplete)]


def complete_dataset(incomplete: str) -> list[str]:
    return [name for name in _folders("datasets", "dataset.json") if name.startswith(incomplete)]


def epoch_of(text: str) -> int | str:
    """Read what ``--epoch`` was given: a number, or "best".

    Raises:
        UsageError: it is neither.
    """
    if text == BEST:
        return text
    if text.isascii() and text.isdecimal():
        return int(text)
    raise UsageError(f"--epoch {text!r} is neither a number nor {BEST}", "see which there are: artgan show RUN")


def complete_epoch(incomplete: str) -> list[str]:
    return [word for word in (BEST,) if word.startswith(incomplete)]


RUN_HELP = "A run: its name, its id, the beginning of either, @last, @starter, or a folder."
DATASET_HELP = "A dataset: its name or its folder; not needed when there is one."

Run = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=complete_run)]
LastRun = Annotated[
    str, typer.Argument(metavar="RUN", help=f"{RUN_HELP} Not given: @last.", autocompletion=complete_run)
]
Runs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN...",
        help=f"{RUN_HELP} Several stand side by side. Not given: @last.",
        autocompletion=complete_run,
    ),
]
DatasetName = Annotated[
    str | None, typer.Argument(metavar="DATASET", help=DATASET_HELP, autocompletion=complete_dataset)
]
Epoch = Annotated[
    Any,
    typer.Option(
        "--epoch", metavar=f"N|{BEST}", parser=epoch_of, autocompletion=complete_epoch,
        help="The generator of this epoch, or the one judged best; default: the highest.",
    ),
]  # fmt: skip
"""An int, "best" or None."""
Psi = Annotated[float, typer.Option("--psi", help="Scales the latents: below 1 plays safe, above 1 is bolder.")]
Seeds = Annotated[
    str | None, typer.Option("--seeds", metavar="LIST", help="Which pictures, by number: 0-9,42. Default: from 0 on.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
