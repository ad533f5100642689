"""``artgan project``: the latent that paints most like a picture."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.elsewhere import make_present
from artgan.cli.failures import ANEW, INTERRUPTED
from artgan.cli.hush import hushed
from artgan.cli.names import RUN_HELP, Epoch, complete_run
from artgan.errors import DiskFullError, UsageError
from artgan.files import safe_name, sha256_file, storage_error
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings
from artgan.training.stopping import stop_on_signal

if TYPE_CHECKING:
    import numpy as np

    from artgan.sampling.projecting import Found
    from artgan.sampling.samples import Source

_NAMES = ("target.png", "way.png", "latent.npy", "found.png")  # the last tells that all are there
_FRAMES, _SMALLEST_SIDE = 8, 128


@command
@given_again(ANEW)
def project(
    console: Console,
    settings: Settings,
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", help="A picture of any common format.")],
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help=f"{RUN_HELP} Not given: @last.", autocompletion=complete_run),
    ] = None,
    model: Annotated[Path | None, typer.Option("--model", metavar="FILE", help="A generator's file.")] = None,
    class_: Annotated[
        str | None, typer.Option("--class", metavar="NAME", help="A class, or a mixture; default: the nearest.")
    ] = None,
    epoch: Epoch = None,
    steps: Annotated[
        int | None, typer.Option("--steps", min=0, metavar="N", help="More come nearer; default 200, half a minute.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Another number begins elsewhere.")] = 0,
    fit: Annotated[
        str | None,
        typer.Option(
            "--fit", metavar="crop|pad|stretch|smart", help="How it becomes square; default: as the paintings did."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Where to; default: pictures/RUN-EPOCH/project-PICTURE."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Find the latent that paints most like a picture.

    Of 256 seeds the nearest four are followed downhill, by pixels and by what a feature network sees, while they stay
    as long as latents are. What is found is what this network can paint of it: its own pictures come back as they were,
    others as it would have painted them. Written are target.png (the picture as the network sees it), found.png,
    way.png (the target, then the way) and latent.npy, which sample takes wherever it takes seeds. Ctrl-C ends early and
    keeps what was found. The same command finds the same. With --json: an object with folder, latent, loss, start and
    random (losses of the best and of the median seed), pixels, length, class and steps.

    Example:
        artgan project painting.jpg --run @starter
        artgan project painting.jpg --run flowers-64-k3f9x2 --steps 1000
    """
    folder = find_run(settings.runs_dir, run or LAST) if model is None or run else None
    if folder:
        make_present(console, settings, folder, epoch)
    console.say(f"opening {folder.name if folder else model} ...")
    with stop_on_signal() as asked, hushed(console):
        from artgan.sampling import classes, projecting, samples

        source = samples.open_source(folder, model, epoch=epoch)
        size = source.painter.size
        target = projecting.read_target(picture, size, fit or ("stretch" if source.typical_aspect else "crop"))
        where = out or _place(source, picture)
        wanted = projecting.STEPS if steps is None else steps
        told = None if class_ is None else classes.shares_of(class_, source.classes, 1, source.run or str(model))[0]
        asked_for = {
            "target": sha256_file(picture)[:16], "begun": seed, "steps": wanted, "fit": fit, "asked": class_,
            "run": source.run, "epoch": source.epoch,
        }  # fmt: skip
        _check_room(where, asked_for, force)
        found = console.outcome(
            projecting.project(source, target, steps=wanted, seed=seed, shares=told, should_stop=asked.is_set)
        )
        shows = _write(source, target, found, where, {**asked_for, "steps": found.steps})
    early = found.steps < wanted
    console.say(
        f"loss {found.loss:.3f} after {words.count(found.steps, 'step')}; {found.start:.3f} was the best of"
        f" {found.tried} seeds, {found.random:.3f} their median; pixels differ by {found.pixels:.1%}"
    )
    if early:
        console.say(f"ended before its {words.count(wanted, 'step')}: the same command goes all of them")
    value = {
        "folder": where, "latent": where / "latent.npy", "loss": found.loss, "start": found.start,
        "random": found.random, "pixels": found.pixels, "length": found.length, "class": shows, "steps": found.steps,
    }  # fmt: skip
    console.result(value, "\n".join(str(where / name) for name in _NAMES))
    how = f" --epoch {epoch}" if epoch is not None else ""
    how += f" --class {shlex.quote(shows)}" if shows else ""
    latent = shlex.quote(str(where / "latent.npy"))
    which = f"--run {shlex.quote(source.run)}" if source.run else f"--model {shlex.quote(str(model))}"
    console.next(f"artgan sample {which}{how} --vary {latent} -n 12")
    if source.run:  # a film is a run's
        console.next(f"artgan interpolate {shlex.quote(source.run)}{how} --latents {latent} --path noise-loop")
    if early:
        raise typer.Exit(INTERRUPTED)


def _place(source: Source, picture: Path) -> Path:
    whose = f"{source.run}-{source.epoch:06d}" if source.run else source.path.stem
    return Path("pictures") / whose / f"project-{safe_name(picture.stem, longest=40)}"


def _check_room(where: Path, asked_for: dict[str, Any], force: bool) -> None:
    """Refuse before the work, not after it, to replace what was found of another picture or in another way.

    Raises:
        UsageError: something else is there.
    """
    from artgan import images

    if where.exists() and not where.is_dir():
        raise UsageError(f"{where} is a file, and what is found goes into a folder", "choose another --out")
    there = [where / name for name in _NAMES if (where / name).exists()]
    if force or not there:
        return
    same = False
    if (where / "found.png").is_file():
        try:
            fields = images.read_metadata(where / "found.png")
        except (OSError, SyntaxError, ValueError):
            fields = {}
        # One that was ended early may be taken up again: then it went fewer steps.
        steps = fields.pop("steps", "")
        wanted = {name: str(value) for name, value in asked_for.items() if value is not None and name != "steps"}
        same = {name: fields[name] for name in fields.keys() & asked_for.keys()} == wanted
        same = same and steps.isdecimal() and int(steps) <= asked_for["steps"]
    if not same:
        raise UsageError(f"{there[-1]} is there already", "choose another --out, or replace it with --force")


def _write(source: Source, target: np.ndarray, found: Found, where: Path, fields: dict[str, Any]) -> str | None:
    """Write what was found, and return its class."""
    import numpy as np

    from artgan import images
    from artgan.provenance import COMPOSITE_SOURCE_TYPE, latent_text
    from artgan.sampling import projecting, samples
    from artgan.sampling.latents import TEXT, Latent, write_latents

    own = {name: value for name, value in fields.items() if name not in ("run", "epoch")}  # all its pictures tell those
    named = {name: str(value) for name, value in own.items() if value is not None}
    named |= {"loss": f"{found.loss:.6g}", TEXT: latent_text(found.latent)}
    (picture,) = samples.sample(source, [Latent("found", found.latent, fields=named, shares=found.shares)])
    frames = projecting.along(found.way, _FRAMES)
    shares = None if found.shares is None else np.tile(found.shares, (len(frames), 1))
    strip = np.concatenate([target[None], source.painter.paint(frames, shares)])
    side = max(_SMALLEST_SIDE, target.shape[0])
    sheet = images.grid(images.enlarge(strip, (side, side)), len(strip), gap=4)
    # It begins with the picture that was given, which no algorithm has to have made.
    told = source.facts(sheet="way")
    with _all_or_none(where) as part:
        images.write(part / "target.png", target)
        images.write(part / "way.png", sheet, told, source_type=COMPOSITE_SOURCE_TYPE)
        write_latents(part / "latent.npy", found.latent[None])
        samples.write(picture, source, part)
    return picture.shows


@contextlib.contextmanager
def _all_or_none(where: Path) -> Iterator[Path]:
    """Give a folder to write ``_NAMES`` into; on leaving they lie in ``where``, or what lies there is as it was."""
    # Its own for each process: two that look for the same picture find the same, and end at the same time.
    part = where.with_name(f"{where.name}.{os.getpid()}.part")
    try:
        yield part
        try:
            part.rename(where)
        except OSError:  # something is there: what may be replaced, as was asked before the work
            where.mkdir(exist_ok=True)
            for name in _NAMES:
                os.replace(part / name, where / name)
    except DiskFullError as error:
        raise DiskFullError(error.message.replace(str(part), str(where)), error.hint) from error
    except OSError as error:
        raise storage_error(error, where) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
