"""All runs of a folder: making one, listing them, finding one by what a person types."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from artgan import files
from artgan.errors import NotFoundError, UsageError
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.record import RunRecord

# No vowels and no look-alikes: an id never spells a word and is easy to read aloud.
_ALPHABET = "bcdfghjkmnpqrstvwxz23456789"
_ID_LENGTH = 6
LAST = "@last"
STARTER = "@starter"
"""What a person writes for the run that comes with artgan."""
NOTHING = "none"
"""What a person writes where a run shall begin with no networks, also not with the starter's."""
_STARTER_PATH = Path(__file__).parents[1] / "starter" / STARTER


def new_run(
    runs_dir: Path, base: str, *, fill: Callable[[RunFolder], None] = lambda folder: None, **fields: Any
) -> RunFolder:
    """Make the folder and the record of a new run; never one that exists. It is seen whole or not at all.

    Args:
        runs_dir: the folder of runs; made when missing.
        base: what its name begins with, for example "flowers-64"; the id follows.
        fill: puts into the folder what it must have from its first moment on.
        fields: further fields of the ``RunRecord``.
    """
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        while True:
            run_id = new_id(_ID_LENGTH)
            path = runs_dir / f"{files.safe_name(base)}-{run_id}"
            if path.exists():
                continue
            # A folder whose name begins with a dot is no run yet.
            with tempfile.TemporaryDirectory(prefix=".new-", dir=runs_dir, ignore_cleanup_errors=True) as hidden:
                made = RunFolder(Path(hidden, path.name))
                record = RunRecord(id=run_id, name=path.name, created=now(), **process_fields(), **fields)
                files.write_text(made.record_path, record.model_dump_json(indent=1) + "\n")
                fill(made)
                made.path.rename(path)
            return RunFolder(path)
    except OSError as error:
        raise files.storage_error(error, runs_dir) from error


def new_id(length: int) -> str:
    """Draw an id of so many letters and digits that a person can read aloud."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def adopt_run(runs_dir: Path, name: str, *, run_id: str = "", **fields: Any) -> RunFolder:
    """Make the folder of a run that exists elsewhere.

    Args:
        runs_dir: the folder of runs.
        name: what it is called there; made safe, and given an id where it has none.
        run_id: its id, if it has one of artgan's.
        fields: of the ``RunRecord``.
    """
    safe = files.safe_name(name)
    run_id = run_id or safe.rpartition("-")[2].rpartition("_")[2] or safe
    folder = RunFolder(runs_dir / safe)
    if not folder.record_path.is_file():
        record = RunRecord(id=run_id, name=safe, **fields)
        files.write_text(folder.record_path, record.model_dump_json(indent=1) + "\n")
    return folder


def process_fields(pid: int | None = None) -> dict[str, Any]:
    """Return the fields of a record that name a process of this machine, by default this one."""
    import psutil

    started = None
    with contextlib.suppress(psutil.Error):  # it has ended already
        started = psutil.Process(pid).create_time()
    return {"host": platform.node(), "pid": pid or os.getpid(), "process_started": started}


def list_runs(runs_dir: Path) -> list[RunFolder]:
    """Return every run folder, damaged ones too, oldest first (by the folder's record, else by its time)."""
    if not runs_dir.is_dir():
        return []
    with os.scandir(runs_dir) as entries:  # which knows what is a folder without asking for each
        folders = [RunFolder(runs_dir / e.name) for e in entries if e.is_dir() and not e.name.startswith(".")]
    return sorted(folders, key=lambda folder: (folder.current().created.timestamp(), folder.name))


def find_run(runs_dir: Path, text: str) -> RunFolder:
    """Return the run that a person means.

    Args:
        runs_dir: the folder of runs.
        text: a full name, an id, a unique prefix of either, ``@last``, ``@starter``, or the path of a folder.

    Raises:
        NotFoundError: nothing fits.
        UsageError: several fit; the hint lists them.
    """
    path = Path(text)
    if path.is_dir() and (len(path.parts) > 1 or text in {".", ".."}) and _looks_like_a_run(path):
        return RunFolder(path)
    there = runs_dir.iterdir() if runs_dir.is_dir() else ()
    names = sorted(p.name for p in there if p.is_dir() and not p.name.startswith("."))
    if text == STARTER:
        return RunFolder(_STARTER_PATH)
    if text == LAST:
        found = list_runs(runs_dir)
        if not found:
            raise NotFoundError(f"no run in {runs_dir} yet", "start one with: artgan train")
        return found[-1]
    for exact in (lambda name: name == text, lambda name: name.rpartition("-")[2] == text):
        matches = [name for name in names if exact(name)]
        if len(matches) == 1:
            return RunFolder(runs_dir / matches[0])
    matches = [n for n in names if text and (n.startswith(text) or n.rpartition("-")[2].startswith(text))]
    if len(matches) == 1:
        return RunFolder(runs_dir / matches[0])
    if matches:
        raise UsageError(f"{text!r} fits {len(matches)} runs", "say which: " + ", ".join(matches[:8]))
    if path.is_dir() and _looks_like_a_run(path):
        return RunFolder(path)
    raise NotFoundError(
        f"no run {text!r} in {runs_dir}",
        f"there are: {', '.join(names[-8:])}" if names else "start one with: artgan train",
    )


def _looks_like_a_run(path: Path) -> bool:
    return (path / "run.json").is_file() or bool(RunFolder(path).generators())
