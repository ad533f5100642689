"""``artgan logs``: what a run wrote down."""

from __future__ import annotations

import functools
import time
from typing import Annotated

import typer

from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.names import LastRun
from artgan.errors import NotFoundError, UsageError
from artgan.runs.folder import RunFolder
from artgan.runs.record import RunRecord
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings

_LOOK_AGAIN_S = 0.5
_LOOK_AGAIN_REMOTE_S = 5.0


@command
def logs(
    console: Console,
    settings: Settings,
    run: LastRun = LAST,
    follow_: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing while the run goes on.")] = False,
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
        if follow_:
            raise UsageError("--json prints one array and cannot --follow", f"tail -f {folder.metrics_path}")
        ticks = folder.ticks()
        console.result(ticks if tail is None else ticks[len(ticks) - min(tail, len(ticks)) :])
        return
    if folder.current().backend == "local" and not folder.log_path.is_file() and not follow_:
        raise NotFoundError(f"run {folder.name} has no log yet", f"artgan show {folder.name}")
    if follow_ and folder.current().backend != "local":
        follow(console, settings, folder.name)
    else:
        _print(console, settings, folder, follow_, tail)


def follow(console: Console, settings: Settings, run: str) -> None:
    """Print the log of a run while it goes on; Ctrl-C leaves the log, never the run."""
    try:
        _print(console, settings, find_run(settings.runs_dir, run), True, None)
    except KeyboardInterrupt:
        console.say(f"\nthe run goes on; to look again: artgan logs {run} -f")


def _print(console: Console, settings: Settings, folder: RunFolder, follow: bool, tail: int | None) -> None:
    """Print the log's lines; with ``follow`` until the run is over."""
    from artgan.cli.places import place_of
    from artgan.compute.following import follow_log

    remote = folder.current().backend != "local"
    wait = functools.partial(time.sleep, _LOOK_AGAIN_REMOTE_S if remote else _LOOK_AGAIN_S)
    rest = b""
    for found in follow_log(folder, place_of(settings, folder), wait, follow=follow):
        if isinstance(found, RunRecord):
            console.say(_how_it_is(found))
            continue
        text = rest + found
        cut = text.rfind(b"\n") + 1 if follow else len(text)  # a line still being written waits for its end
        rest, lines = text[cut:], text[:cut].decode("utf-8", "replace").splitlines()
        if tail is not None:
            lines, tail = lines[len(lines) - min(tail, len(lines)) :], None
        if lines:
            console.out("\n".join(lines))
    if rest:
        console.out(rest.decode("utf-8", "replace"))


def _how_it_is(record: RunRecord) -> str:
    more = "a new image takes Azure some minutes to build" if record.state == "preparing" else record.reason
    return f"{record.name} is {record.state}" + (f": {more}" if more else "")
