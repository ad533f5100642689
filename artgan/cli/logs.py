"""``artgan logs``: what a run wrote down."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.names import LastRun
from artgan.errors import NotFoundError, UsageError
from artgan.runs.folder import RunFolder
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings

_LOOK_AGAIN_S = 0.5


@command
def logs(
    console: Console,
    settings: Settings,
    run: LastRun = LAST,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing while the run goes on.")] = False,
    tail: Annotated[int | None, typer.Option("--tail", "-n", min=0, metavar="N", help="Only the last N lines.")] = None,
) -> None:
    """Print the log of a run.

    With --json: the run's ticks, the lines of its metrics.jsonl, as an array; --tail counts them.

    Example:
        artgan logs @last --tail 20
        artgan logs @last -f
    """
    folder = find_run(settings.runs_dir, run)
    if console.as_json:
        if follow:
            raise UsageError("--json prints one array and cannot --follow", f"tail -f {folder.metrics_path}")
        ticks = folder.ticks()
        console.result(ticks if tail is None else ticks[len(ticks) - min(tail, len(ticks)) :])
        return
    if not folder.log_path.is_file() and not follow:
        raise NotFoundError(f"run {folder.name} has no log yet", f"artgan show {folder.name}")
    _print(console, folder, follow, tail)


def _print(console: Console, folder: RunFolder, follow: bool, tail: int | None) -> None:
    """Print the log's lines; with ``follow`` until the run is over."""
    place = 0
    while True:
        # Asked before reading: what was written until then is printed before we stop.
        over = not follow or RunFolder(folder.path).current().state != "running"
        if folder.log_path.is_file():
            with open(folder.log_path, "rb") as file:
                if file.seek(0, 2) < place:
                    place = 0
                file.seek(place)
                text = file.read()
            # A line still being written waits for its end.
            whole = len(text) if over else text.rfind(b"\n") + 1
            place += whole
            lines = text[:whole].decode("utf-8", "replace").splitlines()
            if tail is not None:
                lines, tail = lines[len(lines) - min(tail, len(lines)) :], None
            if lines:
                console.out("\n".join(lines))
        if over:
            return
        time.sleep(_LOOK_AGAIN_S)
