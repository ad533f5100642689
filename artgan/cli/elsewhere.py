"""Runs that execute elsewhere, for the commands that need what they made."""

from __future__ import annotations

import time

from artgan.cli.console import Console
from artgan.cli.places import place_of
from artgan.errors import NotFoundError
from artgan.runs.folder import RunFolder
from artgan.runs.record import BEST, GOING
from artgan.settings import Settings

_LOOK_AGAIN_S = 15.0


def is_elsewhere(folder: RunFolder) -> bool:
    """Say whether a run executes, or executed, elsewhere and was sent there."""
    record = folder.current()
    return record.backend != "local" and bool(record.remote_id)


def bring_home(
    console: Console,
    settings: Settings,
    folder: RunFolder,
    *,
    epoch: int | str | None = None,
    samples: bool = False,
    everything: bool = False,
    watch: bool = False,
) -> None:
    """Bring what a run made into its folder here; with ``watch`` until it is over.

    Raises:
        NotFoundError: it has no generator yet, or none of that epoch.
        RemoteError: the service does not answer.
    """
    from artgan.compute import following

    console.say(f"asking for what {folder.name} made ...")
    backend = place_of(settings, folder)
    while True:
        over = following.refresh(folder, backend).state not in GOING
        try:
            console.finish(following.bring_home(folder, backend, epoch=epoch, samples=samples, everything=everything))
        except NotFoundError:
            if over or not watch:
                raise
        if over or not watch:
            return
        time.sleep(_LOOK_AGAIN_S)


def make_present(console: Console, settings: Settings, folder: RunFolder, epoch: int | str | None) -> None:
    """See to it that a generator of a run elsewhere is here; one that is here already is enough."""
    have: set[int | str] = {checkpoint.epoch for checkpoint in folder.generators()}
    have |= {BEST} if folder.best() else set()
    if is_elsewhere(folder) and (not have if epoch is None else epoch not in have):
        bring_home(console, settings, folder, epoch=epoch)
