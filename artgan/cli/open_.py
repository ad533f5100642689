"""``artgan open``: the newest pictures of a run, in the viewer of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.names import LastRun
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings


@command
def open_run(
    console: Console,
    settings: Settings,
    run: LastRun = LAST,
    folder: Annotated[bool, typer.Option("--folder", help="Open the run's folder instead.")] = False,
) -> None:
    """Open the newest pictures of a run.

    Of a run elsewhere the page of the service. Prints the path or the address too; where there is no viewer that is all
    it does. With --json: an object with path and opened.

    Example:
        artgan open @last
        artgan open @last --folder
    """
    found = find_run(settings.runs_dir, run)
    portal = found.current().remote.get("portal_url")
    if portal and not folder:
        opened = webbrowser.open(portal) if find_opener() else False
        console.result({"path": portal, "opened": opened}, portal)
        return
    path = (found.path if folder else found.newest_grid() or found.path).absolute()
    opened = open_path(console, path)
    if not opened and path.is_file():
        from artgan.cli import inline

        inline.show(console, [path], setting=settings.get("show"))
    console.result({"path": path, "opened": opened}, str(path))


def open_path(console: Console, path: Path) -> bool:
    """Open a file or a folder in this machine's viewer; return whether there is one, and say so where there is none."""
    opener = find_opener()
    if opener:
        subprocess.Popen(
            [*opener, str(path.absolute())], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    else:
        console.say("there is no viewer here to open it with")
    return bool(opener)


def find_opener() -> list[str] | None:
    """Return the command that opens a file on this machine, or None."""
    if sys.platform == "darwin":
        return ["open"]
    if sys.platform == "win32":
        return ["explorer"]
    if shutil.which("wslview"):
        return ["wslview"]
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        for name, *rest in (["xdg-open"], ["gio", "open"]):
            if shutil.which(name):
                return [name, *rest]
    return None
