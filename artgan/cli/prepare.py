"""``artgan prepare``: paintings become square images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.failures import GOES_ON
from artgan.cli.hush import hushed
from artgan.cli.names import DatasetName, DryRun, dataset_of
from artgan.datasets.manifest import DatasetFolder
from artgan.errors import UsageError
from artgan.settings import Settings

_SHOWN = 8
"""Rows and columns of an augmented sheet."""


@command
@given_again(GOES_ON)
def prepare(
    console: Console,
    settings: Settings,
    dataset: DatasetName = None,
    size: Annotated[
        int | None, typer.Option("--size", metavar="N", help="Side of the images: 8, 16, 32, ... 1024. [64]")
    ] = None,
    fit: Annotated[
        str, typer.Option("--fit", metavar="crop|pad|stretch|smart", help="How an oblong painting becomes a square.")
    ] = "crop",
    mode: Annotated[str, typer.Option("--mode", metavar="rgb|grey", help="Colour or grey.")] = "rgb",
    aspect_max: Annotated[
        float, typer.Option("--aspect-max", metavar="X", help="Leave out paintings longer than X to 1.")
    ] = 2.0,
    min_side: Annotated[
        int | None, typer.Option("--min-side", metavar="PIXELS", help="Leave out what has a shorter side than this.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="At most so many paintings.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Make every image anew.")] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Write a sheet of what the network will see, and say where.")
    ] = False,
    augment: Annotated[
        bool, typer.Option("--augment", help="The sheet shows them mirrored and augmented, as training does it.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, metavar="N", help="Threads; default: all processors.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Make the square images that a network learns from.

    What is there already and up to date stays. --fit crop takes the centre; pad adds a border; stretch keeps all of
    the painting and remembers its usual shape; smart looks for the window with most in it. With --json: an object with
    name, size, path, made, kept, removed, skipped, cut_away, fingerprint and seconds; with --dry-run name, size, path,
    images and up_to_date.

    Example:
        artgan prepare flowers --size 64
        artgan prepare flowers --size 128 --fit smart --preview
        artgan prepare flowers --preview --augment
    """
    folder = dataset_of(settings, dataset)
    side = size if size is not None else _size_from(settings)
    console.say(f"preparing {folder.name} at {side} px ...")
    options: dict[str, Any] = {
        "fit": fit, "mode": mode, "aspect_max": aspect_max, "min_side": min_side, "limit": limit,
    }  # fmt: skip
    if dry_run:
        _foretell(console, folder, side, options)
        return
    from artgan.datasets.preparing import prepare as prepare_images

    sheet = folder.path / f"preview-{side}{'-augmented' if augment else ''}.png" if preview or augment else None
    plain = None if augment else sheet
    done: Any = console.finish(
        prepare_images(folder, size=side, force=force, workers=workers, preview=plain, **options)
    )
    if augment and sheet:
        _write_augmented(console, settings, folder, side, sheet)
    made = f"{words.count(done.made, 'image')} made"
    more = [f"{n} {what}" for n, what in ((done.kept, "already there"), (done.removed, "removed")) if n]
    console.say(f"{', '.join([made, *more])}; {words.duration(done.seconds)}")
    if sheet:
        console.say(f"what the network will see: {sheet}")
    console.result(done, str(done.path))
    console.next(f"artgan train {folder.name} --size {side}")


def _write_augmented(console: Console, settings: Settings, folder: DatasetFolder, size: int, path: Path) -> None:
    """Write a sheet with a painting in every row: first as it is, then as training would show it to the critic."""
    from artgan.cli.options import values_of
    from artgan.models.presets import AUTO, choose
    from artgan.training.resolving import resolve, settled

    config = resolve({**values_of(settings, {}), "size": size})
    with hushed(console):
        import numpy as np

        from artgan import images
        from artgan.datasets.prepared import open_prepared
        from artgan.training import machine
        from artgan.training.augment import as_seen

        pictures = open_prepared(folder, size).images
        if config.preset == AUTO:
            gpu = machine.choose_device(config.device).startswith("GPU")
            config = settled(config, choose(gpu, size, len(pictures))[0])
        shown = pictures[:: -(-len(pictures) // _SHOWN)]
        repeated = np.repeat(shown, _SHOWN, axis=0)
        seen = as_seen(repeated, config).reshape(len(shown), _SHOWN, size, size, 3)
        seen[:, 0] = shown
        images.write(path, images.grid(seen.reshape(repeated.shape), _SHOWN))
    strength = "at most 0.8, as auto may" if config.augment_p == "auto" else f"with probability {config.augment_p:g}"
    console.say(f"augmented with {config.augment}, {strength}" if config.augment else "this recipe augments nothing")


def _size_from(settings: Settings) -> int:
    text = settings.get("size", 64)
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"size {text!r} is not a number", f"it comes from {settings.origin('size')}") from None


def _foretell(console: Console, folder: DatasetFolder, size: int, options: dict[str, Any]) -> None:
    from artgan.datasets.prepared import is_prepared
    from artgan.datasets.squares import PrepareOptions, check_options

    check_options(PrepareOptions(size=size, **options))
    pictures = len(folder.in_use())
    most = min(pictures, options["limit"] or pictures)
    done = is_prepared(folder, size, **options)
    plan = {"name": folder.name, "size": size, "path": folder.prepared(size), "images": most, "up_to_date": done}
    said = "nothing to do: they are up to date" if done else f"would make up to {words.count(most, 'image')} in"
    console.say(said)
    console.result(plan, str(folder.prepared(size)))
