"""``artgan doctor``: can this machine train, and what is wrong if not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from artgan.cli import checks, terminal
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.places import has_workspace, workspace_of
from artgan.errors import SetupError
from artgan.settings import Settings

_MARKS = {"good": ("ok", "green"), "note": ("note", "yellow"), "bad": ("BAD", "red")}


@command
def doctor(
    console: Console,
    settings: Settings,
    online: Annotated[
        bool,
        typer.Option("--online", help="Ask whether the sites that artgan uses, and your workspace, can be reached."),
    ] = False,
    sdk: Annotated[
        str | None,
        typer.Option(
            "--sdk", metavar="auto|v1|v2", help="With --online: by which of Azure's clients.", show_default=False
        ),
    ] = None,
) -> None:
    """Look whether this machine can train, and say what mends it.

    Exits with 3 when training cannot work. With --json: an array of objects with name, state (good, note or bad), text,
    mend and stops_training.

    Example:
        artgan doctor
        artgan doctor --online
    """
    found = []
    for check in _all(settings, online, sdk):
        found.append(check)
        if not console.as_json:
            word, colour = _MARKS[check.state]
            console.out(f"{terminal.style(word.ljust(4), colour)}  {check.name.ljust(15)}  {check.text}")
            if check.mend:
                console.out(f"{'':21}  {terminal.style('mend:', 'cyan')} {check.mend}")
    if console.as_json:
        console.result(found)
    broken = [check for check in found if check.stops_training]
    if broken:
        raise SetupError(f"training cannot work here: {', '.join(check.name for check in broken)}", broken[0].mend)
    console.say("everything that training needs is here")
    console.next("artgan demo")


def _all(settings: Settings, online: bool, sdk: str | None) -> Iterator[checks.Check]:
    yield from checks.examine(settings.datasets_dir, settings.runs_dir, online=online)
    if online and has_workspace(settings):
        for check in workspace_of(settings, sdk=sdk).check():
            yield checks.Check(check.name, "good" if check.good else "note", check.text, check.hint)
