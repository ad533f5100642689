"""``artgan pull``: what a run made, copied next to you."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from artgan import files
from artgan.cli import words
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.elsewhere import bring_home, is_elsewhere
from artgan.cli.failures import GOES_ON
from artgan.cli.names import Epoch, LastRun
from artgan.errors import UsageError
from artgan.runs.folder import RunFolder
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings


@command
@given_again(GOES_ON)
def pull(
    console: Console,
    settings: Settings,
    run: LastRun = LAST,
    epoch: Epoch = None,
    samples: Annotated[
        bool, typer.Option("--samples", help="Copy the sheets of samples too, into a folder named like the run.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Copy the whole run, into a folder named like it.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Of a run elsewhere: pull whatever is new until it is over.")
    ] = False,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where to put it.", show_default=False)
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there and differ.")] = False,
) -> None:
    """Copy the highest-epoch generator of a run next to you.

    What a run elsewhere made is brought home first, into its folder here, also while it goes on. Prints the paths. A
    file that is there already and the same is left alone. With --json: an array of objects with path, epoch (null for
    what is no generator) and copied.

    Example:
        artgan pull @last
        artgan pull flowers-64-k3f9x2 --samples --out results
    """
    folder = find_run(settings.runs_dir, run)
    if is_elsewhere(folder):
        bring_home(console, settings, folder, epoch=epoch, samples=samples, everything=everything, watch=watch)
        folder = find_run(settings.runs_dir, run)
    pairs = list(_wanted(folder, epoch, samples, everything, out))
    epochs = {checkpoint.path: checkpoint.epoch for checkpoint in folder.generators()}
    if epoch is not None:
        epochs |= [(checkpoint.path, checkpoint.epoch) for checkpoint in (folder.generator(epoch),)]
    # All are looked at before any is written: either the pull is refused or it is done.
    missing = [(source, target) for source, target in pairs if not _same(source, target)]
    taken = [target for _, target in missing if target.exists()]
    if taken and not force:
        raise UsageError(
            f"{taken[0]} is there already and differs from that of run {folder.name}",
            "put it elsewhere with --out DIR, or replace it with --force",
        )
    for source, target in missing:
        files.copy_file(source, target)
    new = {target for _, target in missing}
    value = [{"path": target, "epoch": epochs.get(source), "copied": target in new} for source, target in pairs]
    already = len(pairs) - len(missing)
    if missing:
        more = f", {already} already there" if already else ""
        console.say(f"{words.count(len(missing), 'file')} of run {folder.name} copied{more}")
    else:
        console.say("already here: nothing to copy")
    shown = sorted({_top(target, out, folder.name) for _, target in pairs})
    console.result(value, "\n".join(map(str, shown)))
    generators = [(epochs[source], target) for source, target in pairs if source in epochs]
    if generators:
        console.next(f"artgan sample --model {max(generators)[1]} -n 10")


def _wanted(
    folder: RunFolder, epoch: int | str | None, samples: bool, everything: bool, out: Path
) -> Iterator[tuple[Path, Path]]:
    """Yield each file to copy and where to."""
    if everything:
        for path in sorted(folder.path.rglob("*")):
            if path.is_file() and path.suffix != ".part" and path.name != ".lock":
                yield path, out / folder.name / path.relative_to(folder.path)
        return
    checkpoint = folder.generator(epoch)
    # Whatever it is called in its run: beside another run's, a number tells more than "best".
    numbered = checkpoint.path.name if checkpoint in folder.generators() else f"gen_{checkpoint.epoch:06d}.keras"
    yield checkpoint.path, out / numbered
    if samples and folder.samples.is_dir():
        for path in sorted(folder.samples.iterdir()):
            if path.is_file() and path.suffix != ".part":
                yield path, out / folder.name / "samples" / path.name


def _same(source: Path, target: Path) -> bool:
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        return False
    return target.samefile(source) or files.sha256_file(target) == files.sha256_file(source)


def _top(target: Path, out: Path, name: str) -> Path:
    """Return what is named to the person: the file itself, or the folder of the run it went into."""
    return out / name if target.is_relative_to(out / name) else target
