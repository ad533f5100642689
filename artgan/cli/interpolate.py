"""``artgan interpolate``: a film of a walk through what a network knows."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import films
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.elsewhere import make_present
from artgan.cli.failures import ANEW
from artgan.cli.hush import hushed
from artgan.cli.names import Epoch, LastRun, Psi
from artgan.errors import UsageError
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings

if TYPE_CHECKING:
    from artgan.runs.folder import RunFolder

_SEEDS = "0-4"


@command
@given_again(ANEW)
def interpolate(
    console: Console,
    settings: Settings,
    run: LastRun = LAST,
    seeds: Annotated[
        str | None,
        typer.Option("--seeds", metavar="LIST", help=f"The pictures to walk by: 3,17,42. Default: {_SEEDS}."),
    ] = None,
    latents: Annotated[
        Path | None,
        typer.Option("--latents", metavar="FILE.npy", help="Walk by these latents (n, latent_dim) instead."),
    ] = None,
    path: Annotated[
        str,
        typer.Option(
            "--path",
            metavar="slerp|spline|noise-loop",
            help="Straight from one to the next; in smooth curves; or wandering, on a loop.",
        ),
    ] = "slerp",
    loop: Annotated[bool, typer.Option("--loop", help="Come back: the last frame is the first one again.")] = False,
    frames: Annotated[int, typer.Option("--frames", min=1, metavar="N", help="How many pictures the film has.")] = 240,
    fps: films.Fps = 24,
    grid: films.Grid = None,
    psi: Psi = 1.0,
    class_: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="NAME",
            help="A class, a mixture, or a walk, landscape..still-life. Default: each seed has its own.",
        ),
    ] = None,
    epoch: Epoch = None,
    scale: films.Scale = None,
    format: films.Format = None,
    out: films.Out = None,
    no_metadata: films.NoMetadata = False,
    force: films.Force = False,
) -> None:
    """Film a walk through what a network knows.

    Each seed stands on a frame of its own, which is the very picture that sample paints. In a grid the second walk goes
    by the seeds that follow those of the first (4, 18, 43 after 3, 17, 42), and so on; given latents are shared out.
    The same seeds and options give the same frames. With --json: an object with path, format, frames, fps, width,
    height, bytes, seconds, key_frames, seeds, run and epoch.

    Example:
        artgan interpolate @starter --seeds 3,17,42 --loop
        artgan interpolate @last --seeds 0-9 --path spline --frames 480 --format webm
        artgan interpolate @last --seeds 7 --path noise-loop --grid 3x2 --format gif
        artgan interpolate @last --seeds 7,8 --class landscape..still-life
    """
    if seeds is not None and latents is not None:
        raise UsageError("--seeds and --latents both say which pictures", "give one of them")
    folder = find_run(settings.runs_dir, run)
    make_present(console, settings, folder, epoch)
    checkpoint = folder.generator(epoch)
    name = _name(folder, checkpoint.epoch, latents.stem if latents else seeds or _SEEDS, path, loop)
    film = films.film_of(console, out, format, name, fps, force)
    console.say(f"opening {folder.name} ...")
    with hushed(console):
        from artgan.sampling import interpolating, samples
        from artgan.seeds import parse_seeds

        chosen = samples.read_latents(latents) if latents else parse_seeds(seeds or _SEEDS)
        source = samples.open_source(folder, epoch=epoch)
        wanted = interpolating.Wanted(
            chosen, path, loop, frames, grid or (1, 1), psi, class_, scale, not no_metadata, latents
        )
        events = interpolating.interpolate(source, film, wanted)
        more = {"seeds": None if latents else chosen, "run": folder.name, "epoch": source.epoch}
        films.tell(console, events, film, more)
    console.next(_more(folder, epoch, seeds, latents, path))


def _name(folder: RunFolder, epoch: int, which: str, path: str, loop: bool) -> str:
    """Return what the film is called: by whom, through what, how."""
    pieces = [f"{folder.name}-{epoch:06d}", "walk", which.replace(" ", "").replace(",", "-")]
    return "-".join([*pieces, path, *(["loop"] if loop and path != "noise-loop" else [])])


def _more(folder: RunFolder, epoch: Any, seeds: str | None, latents: Path | None, path: str) -> str:
    """Return a command that makes another film of the same pictures."""
    which = f"--latents {shlex.quote(str(latents))}" if latents else f"--seeds {(seeds or _SEEDS).replace(' ', '')}"
    other = "--path spline --loop" if path != "spline" else "--path noise-loop"
    at = f" --epoch {epoch}" if epoch is not None else ""
    return f"artgan interpolate {shlex.quote(folder.name)}{at} {which} {other}"
