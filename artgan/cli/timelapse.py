"""``artgan timelapse``: a film of a network learning."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import films
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.elsewhere import bring_home, is_elsewhere
from artgan.cli.failures import ANEW
from artgan.cli.hush import hushed
from artgan.cli.names import LastRun, Psi
from artgan.errors import NotFoundError
from artgan.runs.folder import RunFolder
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings

if TYPE_CHECKING:
    from artgan.sampling.stages import Stages


@command
@given_again(ANEW)
def timelapse(
    console: Console,
    settings: Settings,
    run: LastRun = LAST,
    seeds: Annotated[
        str | None,
        typer.Option("--seeds", metavar="LIST", help="Which pictures, by number: 0-5. Default: as many as fill it."),
    ] = None,
    grid: films.Grid = None,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", metavar="S", help="How long; default 20, less for a few checkpoints."),
    ] = None,
    fps: films.Fps = 24,
    psi: Psi = 1.0,
    class_: Annotated[
        str | None, typer.Option("--class", metavar="NAME", help="Paint this class, or mixture of classes.")
    ] = None,
    scale: films.Scale = None,
    no_epoch: Annotated[bool, typer.Option("--no-epoch", help="Leave out the line with the epoch.")] = False,
    format: films.Format = None,
    out: films.Out = None,
    no_metadata: films.NoMetadata = False,
    force: films.Force = False,
) -> None:
    """Film how a network learned: the same seeds, checkpoint after checkpoint.

    Each checkpoint is shown for the same time, the last one longer, with a short fade to the next: all else is what the
    network painted. They are kept evenly in log time, so the film begins slowly enough to see something. RUN may also
    be a folder of keragan's img_<i>_<epoch>_<confidence>.png; then --seeds are its first numbers. With --json: an
    object with path, format, frames, fps, width, height, bytes, seconds, found, damaged, epochs, starts, seeds and run.

    Example:
        artgan timelapse @last
        artgan timelapse flowers-64-k3f9x2 --seeds 3,17,42 --grid 3x1 --seconds 12 --format webm
        artgan timelapse old/samples --fps 12 --out learning.gif
    """
    from artgan.seeds import parse_seeds

    chosen = parse_seeds(seeds) if seeds else None
    folder = _keragan(settings, run) or find_run(settings.runs_dir, run)
    name = folder.resolve().name if isinstance(folder, Path) else folder.name
    film = films.film_of(console, out, format, f"{name}-timelapse", fps, force)
    if isinstance(folder, RunFolder) and is_elsewhere(folder):
        bring_home(console, settings, folder, everything=True)
    console.say(f"looking at {name} ...")
    with hushed(console):
        from artgan.sampling import stages, timelapse

        what: Stages = (
            stages.KeraganSamples(folder)
            if isinstance(folder, Path)
            else stages.Checkpoints(folder, psi=psi, classes=class_)
        )
        wanted = timelapse.Wanted(chosen, grid, seconds, scale, words=not no_epoch, metadata=not no_metadata)
        films.tell(console, timelapse.timelapse(what, film, wanted), film, {"run": name})
    quoted = shlex.quote(name)
    console.next(f"artgan interpolate {quoted} --seeds 0-4 --loop" if isinstance(folder, RunFolder) else "artgan train")


def _keragan(settings: Settings, text: str) -> Any:
    """Return the folder of keragan's samples that is meant; None where it is a run."""
    folder = Path(text).expanduser()
    if not folder.is_dir():
        return None
    try:
        find_run(settings.runs_dir, text)
    except NotFoundError:
        return folder if _holds_samples(folder) else None
    return None


def _holds_samples(folder: Path) -> bool:
    # As stages.KeraganSamples has it, which would load TensorFlow.
    return any(path.name.startswith("img_") and path.suffix == ".png" for path in folder.iterdir())
