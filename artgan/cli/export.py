"""``artgan export``: a generator for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.failures import ANEW
from artgan.cli.hush import hushed
from artgan.cli.names import Epoch, LastRun
from artgan.errors import UsageError
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings

_ENDINGS = {"keras": ".keras", "h5": ".h5", "savedmodel": "", "onnx": ".onnx", "web": "-web"}


@command
@given_again(ANEW)
def export(
    console: Console,
    settings: Settings,
    run: LastRun = LAST,
    model: Annotated[
        Path | None, typer.Option("--model", metavar="FILE", help="A generator's file, old keragan .h5 files too.")
    ] = None,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="|".join(_ENDINGS), help="Keras, TensorFlow's saved model, HDF5, ONNX, or a page."
        ),
    ] = "keras",
    epoch: Epoch = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="PATH", help="The file, or the folder of a saved model or a page."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Write the generator of a run for other programs.

    Or that of a file, with --model. It is read back and both are run: what was written paints the same. --to web makes
    a folder whose index.html opens by a double click and paints in any browser, without a server and without Python.
    With --json: an object with path, to, epoch, max_difference and bytes.

    Example:
        artgan export @last --to savedmodel
        artgan export flowers-64-k3f9x2 --to h5 --out flowers.h5
        artgan export @last --to web --out my-painter
        artgan export --model gen_10100.h5 --to onnx
    """
    if to not in _ENDINGS:
        raise UsageError(f"--to {to!r} is not one of {', '.join(_ENDINGS)}", "artgan export RUN --to keras")
    if model is not None and (run != LAST or epoch is not None):
        raise UsageError("a run or a file, one of them", "artgan export RUN, or artgan export --model FILE")
    source, number, name, classes = (model, None, model.name, []) if model else _of_run(settings, run, epoch)
    path = out or Path(f"{source.stem if model else f'{name}-{source.stem}'}{_ENDINGS[to]}")
    console.say(f"writing {name if number is None else f'epoch {number} of {name}'} to {path} ...")
    with hushed(console):
        from artgan import __version__
        from artgan.sampling.export import export_generator
        from artgan.sampling.web.page import Facts

        facts = Facts(name, number, classes, __version__)
        format: Any = to
        done = export_generator(source, format, path, force=force, facts=facts)
    same = (
        f"the same to within {done.max_difference:.0e} of a range of 2" if done.max_difference else "exactly the same"
    )
    console.say(f"{words.size(done.bytes)}; read back, it paints {same}")
    value = {"path": done.path, "to": to, "epoch": number, "max_difference": done.max_difference}
    if to == "web":
        console.say(f"open {done.path / 'index.html'} with a double click")
    console.result({**value, "bytes": done.bytes}, str(done.path))


def _of_run(settings: Settings, run: str, epoch: int | str | None) -> tuple[Path, int, str, list[str]]:
    """Return the file of a run's generator, its epoch, the run's name and its classes."""
    folder = find_run(settings.runs_dir, run)
    checkpoint = folder.generator(epoch)
    return checkpoint.path, checkpoint.epoch, folder.name, folder.current().classes
