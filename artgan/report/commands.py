"""The commands that a page hands out: typed anywhere in the studio, they mean the run that the page shows."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from artgan.errors import ArtganError
from artgan.runs.folder import RunFolder
from artgan.runs.store import find_run
from artgan.settings import Settings


@dataclass(frozen=True)
class Named:
    """A run, and how a command names it.

    Attributes:
        folder: of the run.
        words: what stands after ``--run``: its name, or its path where the name would not find it; and ``--runs-dir``
            where somebody had to say it.
    """

    folder: RunFolder
    words: tuple[str, ...]

    def sample(self, *options: str) -> str:
        """Return the command that paints with it."""
        return command("sample", "--run", *self.words, *options)


def command(*words: str) -> str:
    """Return words as a line for the shell, each one word again when it is typed."""
    return shlex.join(["artgan", *words])


def named(folder: RunFolder, settings: Settings) -> Named:
    """Find out how a command names a run."""
    if not folder.name:  # "." has none
        folder = RunFolder(folder.path.absolute())
    try:
        found = find_run(settings.runs_dir, folder.name)
        same = found.path.resolve() == folder.path.resolve()
    except ArtganError:
        same = False
    if not same:
        return Named(folder, (str(folder.path.absolute()),))
    moved = settings.origin("runs_dir").startswith("--") and settings.runs_dir.resolve() == folder.path.parent.resolve()
    words: Sequence[str] = ("--runs-dir", str(Path(settings.runs_dir).absolute())) if moved else ()
    return Named(folder, (folder.name, *words))
