"""``artgan studio``: a page in the browser on which a trained network is played."""

from __future__ import annotations

import gc
import os
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.hush import hushed
from artgan.cli.names import LastRun
from artgan.cli.open_ import find_opener
from artgan.cli.places import place_of
from artgan.errors import ArtganError, SetupError
from artgan.runs.folder import RunFolder
from artgan.runs.store import LAST, STARTER, find_run
from artgan.settings import Settings

if TYPE_CHECKING:
    from artgan.compute.backend import Backend

_EXTRA = 'pip install "artgan[studio]"'


@command
def studio(
    console: Console,
    settings: Settings,
    run: LastRun = LAST,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, metavar="N", help="Listen here. [8642, else any]")
    ] = None,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where pictures and films go.")] = Path(
        "pictures"
    ),
) -> None:
    """Play a trained network on a page in the browser.

    A wall of pictures by seed, and one of them in the hand: vary it, mix it, move it along what the network knows,
    walk, film, keep. The page is for this machine and for who has its address, which holds a token; it asks nothing of
    any other machine, and Ctrl-C closes it. With --json: an object with address and run, before it listens.

    Example:
        artgan studio
        artgan studio @starter --no-open
    """
    folder = _first(settings, run)
    console.say(f"opening {folder.name} ...")
    try:
        with hushed(console):  # the networks' library, which takes seconds
            from artgan.studio import serving
            from artgan.studio.app import App, Studio
            from artgan.studio.easel import Easel
            from artgan.studio.guard import Guard
            from artgan.studio.tending import Tending
    except ModuleNotFoundError as error:
        if error.name not in ("werkzeug", "waitress"):
            raise
        raise SetupError(f"the studio needs {error.name}, which is not installed", _EXTRA) from error
    listen = serving.free_port(port)
    guard = Guard(listen)
    elsewhere = folder.name != STARTER and folder.path.absolute().parent != settings.runs_dir.absolute()
    easel = Easel(settings.runs_dir, {folder.name: folder} if elsewhere else None)
    playing = Studio(easel, guard, out, folder.name, Tending(*_hands(settings)), _signing(settings))
    with serving.serving(App(playing), listen) as server:
        console.say(f"the studio of {folder.name} is open; Ctrl-C closes it")
        if os.environ.get("SSH_CONNECTION"):
            console.say(f"from your own machine: ssh -L {listen}:127.0.0.1:{listen} {socket.gethostname()}")
        console.result({"address": guard.address(), "run": folder.name}, guard.address())
        if open_page and find_opener():
            webbrowser.open(guard.address())
        # A drift goes on for days, and each question leaves some circles: what is loaded is looked at no more, and what
        # comes after it often, or garbage would grow to a hundred thousand objects first.
        gc.freeze()
        gc.set_threshold(5_000, 10, 10)
        try:
            server.run()
        finally:
            playing.close()
    console.say("the studio is closed")


def _first(settings: Settings, run: str) -> RunFolder:
    """Return the run that the page opens: the starter where there is none of one's own yet."""
    try:
        return find_run(settings.runs_dir, run)
    except ArtganError:
        if run != LAST:
            raise
        return find_run(settings.runs_dir, STARTER)


def _hands(settings: Settings) -> tuple[Callable[[RunFolder], bool], Callable[[RunFolder], object]]:
    """Return what ends a run, and what brings home how a run elsewhere is."""
    from artgan.compute.following import end_run, glance, refresh

    places: dict[Path, Backend] = {}  # to sign in once, not with every look

    def look(folder: RunFolder) -> None:
        backend = places.get(folder.path) or place_of(settings, folder)
        places[folder.path] = backend
        refresh(folder, backend)
        glance(folder, backend, sheet=True)

    return lambda folder: end_run(folder, place_of(settings, folder)), look


def _signing(settings: Settings):  # type: ignore[no-untyped-def]
    """Return what signs a picture, where a signature is configured."""
    from artgan.cli.finish import Hand

    path = settings.get("sign")
    return Hand().signer([Path(str(path)).expanduser()]) if path else None
