"""``artgan sample``: paint pictures with a trained generator."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.article import Old
from artgan.cli.choosing import Choosing
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.elsewhere import make_present
from artgan.cli.failures import KEEPS
from artgan.cli.finish import Finish
from artgan.cli.groups import options_of
from artgan.cli.hush import hushed
from artgan.cli.names import RUN_HELP, Epoch, Psi, Seeds, complete_run
from artgan.errors import UsageError
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings

if TYPE_CHECKING:
    from artgan.sampling.samples import Sample, Source


@command
@given_again(KEEPS)
@options_of(Choosing, "choosing")
@options_of(Finish, "finish")
def sample(
    console: Console,
    settings: Settings,
    choosing: Choosing,
    finish: Finish,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help=f"{RUN_HELP} Not given: @last.", autocompletion=complete_run),
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", metavar="FILE", help="A generator's file, old keragan .h5 files too.")
    ] = None,
    count: Annotated[
        int | None, typer.Option("-n", "--count", min=1, metavar="N", help="How many pictures; default 10.")
    ] = None,
    seeds: Seeds = None,
    latents: Annotated[
        Path | None, typer.Option("--latents", metavar="FILE.npy", help="Paint these latents (n, latent_dim) instead.")
    ] = None,
    psi: Psi = 1.0,
    class_: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="NAME",
            help="A class; a mixture, still-life:0.5,landscape:0.5; or a walk of one seed, landscape..still-life.",
        ),
    ] = None,
    epoch: Epoch = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Where to; default: pictures/RUN-EPOCH.")
    ] = None,
    format: Annotated[str, typer.Option("--format", metavar="png|jpg|webp", help="The format of the files.")] = "png",
    grid: Annotated[bool, typer.Option("--grid", help="Lay all pictures out on one sheet, too.")] = False,
    scale: Annotated[
        int, typer.Option("--scale", metavar="K", help="So many times larger: more pixels, no more detail.")
    ] = 1,
    aspect: Annotated[
        str, typer.Option("--aspect", metavar="square|original", help="Original: stretch back to the paintings' shape.")
    ] = "square",
    channels: Annotated[
        str, typer.Option("--channels", metavar="rgb|bgr|both", help="bgr exchanges red and blue.")
    ] = "rgb",
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="auto|tensorflow|numpy|onnx",
            help="What computes; auto does not wait for TensorFlow where another paints the same.",
        ),
    ] = "auto",
    force: Annotated[bool, typer.Option("--force", help="Replace other pictures of the same name.")] = False,
) -> None:
    """Paint pictures with a trained generator.

    A seed names a picture: the same run, epoch and seed paint it again. Without a mapping network, as in the presets
    there are now, psi scales the latent itself. A generator that was trained with --condition paints its classes in
    turn: seed 0 the first, seed 1 the second. Variations and mixtures are made of latents, as there is no mapping
    network. With --json: an array of objects with path, seed, psi, class, run, epoch, and, with --sort,
    score and copy_of.

    Example:
        artgan sample --run @last -n 10
        artgan sample --run flowers-64-k3f9x2 --seeds 3,17,42 --scale 4 --sign signature.png
        artgan sample --sort variety --keep 24
        artgan sample --vary 42 --strength 0.3 -n 12
        artgan sample --mix 3,17 --amount 0.4
        artgan sample --class still-life -n 10
        artgan sample --class landscape..still-life --seeds 7 -n 12 --grid
    """
    from artgan.sampling.classes import WALK, is_walk

    walks = WALK in (class_ or "") and latents is None
    _check(format, aspect, None if walks else seeds, latents, count)
    finish.check()
    choosing.check(seeds, latents, count, walks)
    folder = find_run(settings.runs_dir, run or LAST) if model is None or run else None
    if folder:
        make_present(console, settings, folder, epoch)
    console.say(f"opening {folder.name if folder else model} ...")
    with hushed(console):
        from artgan.sampling import samples

        source = samples.open_source(folder, model, epoch=epoch, engine=engine, cache_dir=settings.cache_dir)
        walks = walks and is_walk(class_, source.classes)
        which = _walked(seeds, count) if walks else choosing.chosen(source, seeds, latents, count)
        extras, classes = None, class_
        if choosing.sort:
            which, extras = choosing.best(console, settings, source, which, folder, psi, class_)
            classes = None  # each that is kept has its own
        choosing.save(console, source, which, classes, force)
        pictures = samples.sample(source, which, psi=psi, scale=scale, aspect=aspect, classes=classes)
        pictures = finish.apply(pictures, channels)
        where = out or Path("pictures") / (f"{source.run}-{source.epoch:06d}" if source.run else source.path.stem)
        sheet = {"class": class_, "latents": latents and latents.name, **finish.told()} if grid else None
        rows, there = _write(pictures, source, where, format, finish, sheet, force, extras)
    epoch_text = f", epoch {source.epoch}" if source.epoch is not None else ""
    console.say(f"{words.count(len(rows), 'picture')} by {source.run or source.path.name}{epoch_text}, in {where}")
    best = folder.best() if folder and epoch is None else None
    if best and best.epoch != source.epoch:
        console.say(f"epoch {best.epoch} is the best by its KID: --epoch best paints with that")
    if there:
        console.say(f"{there} of them were there already, the same")
    console.result(rows, "\n".join(str(row["path"]) for row in rows))
    finish.display(console, [row["path"] for row in rows if row["psi"] is not None], settings.get("show"))
    seeds_there = [row["seed"] for row in rows if row["seed"] is not None]
    console.next(_more(source.run, model, class_, seeds_there, walks, choosing.more(seeds, latents, count)))


def _walked(seeds: str | None, count: int | None) -> list[int]:
    """Return the one seed of a walk across classes, as often as it has steps."""
    from artgan.seeds import parse_seeds

    chosen = parse_seeds(seeds or "0")
    if len(chosen) > 1:
        raise UsageError(
            f"--seeds {seeds} are {len(chosen)}, and a walk across classes is one seed's", "--seeds 7 -n 12"
        )
    return chosen * (count or 10)


def _write(
    pictures: Iterable[Sample],
    source: Source,
    where: Path,
    format: str,
    finish: Finish,
    sheet: dict[str, Any] | None,
    force: bool,
    extras: Sequence[dict[str, Any]] | None,
) -> tuple[list[dict[str, Any]], int]:
    """Write the pictures, and a sheet of all when asked; return a row for each file and how many were there already.

    ``extras`` is what their rows say beside the rest; ``sheet`` is what a sheet tells beside what its pictures have in
    common, None where none is wanted.
    """
    import numpy as np

    from artgan import images
    from artgan.sampling import samples

    rows: list[dict[str, Any]] = []
    painted, there = [], 0
    common = {"run": source.run, "epoch": source.epoch}
    options: dict[str, Any] = {"format": format, "metadata": finish.metadata, "dpi": finish.dpi}
    for picture, extra in zip(pictures, extras or repeat({}), strict=False):
        for path, new in samples.write(picture, source, where, force=force, **options):
            there += not new
            row = {"path": path, "seed": picture.seed, "psi": picture.psi, "class": picture.shows, **common}
            rows.append({**row, **extra})
        if sheet is not None:
            painted.append(picture)
    if sheet is not None:
        path = where / f"grid.{format}"
        facts = samples.sheet_facts(source, painted, **sheet, dpi=finish.dpi) if finish.metadata else None
        data = images.encode(images.grid(np.stack([p.image for p in painted])), format, facts, dpi=finish.dpi)
        there += not samples.write_once(path, data, force)
        rows.append({"path": path, "seed": None, "psi": None, "class": None, **common})
    return rows, there


def _check(format: str, aspect: str, seeds: str | None, latents: Path | None, count: int | None) -> None:
    """Refuse what does not go together, before anything is loaded."""
    if aspect not in {"square", "original"}:
        raise UsageError(f"--aspect {aspect!r} is not square or original", "leave it out for square")
    if format not in {"png", "jpg", "webp"}:
        raise UsageError(f"--format {format!r} is not one of png, jpg, webp", "--format png")
    given = [name for name, value in (("-n", count), ("--seeds", seeds), ("--latents", latents)) if value is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} both say which pictures", "give one of them")


def _more(run: str | None, model: Path | None, class_: str | None, seeds: list[int], walks: bool, other: str) -> str:
    """Return the command that paints as many pictures that are not there yet."""
    which = (f"--run {run}" if run else f"--model {model}") + (f" --class {shlex.quote(class_)}" if class_ else "")
    first, many = max(seeds, default=-1) + 1, max(len(seeds), 10)
    if other:
        return f"artgan sample {which} {other}"
    if walks:
        return f"artgan sample {which} --seeds {first} -n {len(seeds)}"
    return f"artgan sample {which} --seeds {first}-{first + many - 1}"


sample.old_flags = {  # type: ignore[attr-defined]
    "--file": Old("--model"),
    "--ext": Old("--format"),
    "--colour": Old("--channels"),
}
