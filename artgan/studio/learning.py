"""How a run learns: its curves, thinned to what a page can show, its newest sheet, the sentence about it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from artgan.errors import NotFoundError
from artgan.runs.folder import RunFolder
from artgan.runs.record import GOING

MOST_POINTS = 500
_SHOWN = ("step", "epoch", "seconds", "images_seen", "images_per_s", "d_loss", "g_loss", "accuracy")
_SHEET = re.compile(r"\d{1,12}\.png")


def learning(folder: RunFolder, after: int = -1) -> dict[str, Any]:
    """Return how a run learns.

    Args:
        folder: of the run.
        after: a step; only what came later is told.

    Returns:
        state, going, ticks, sheet and verdict; judged lines are never thinned out.
    """
    record = folder.current()
    found = [line for line in folder.ticks() if isinstance(line, dict)]
    lines = [line for line in found if isinstance(line.get("step"), int) and line["step"] > after]
    judged = [line for line in lines if _number(line.get("kid_lite0")) is not None]
    every = max(1, math.ceil((len(lines)) / MOST_POINTS))
    chosen = {id(line): line for line in [*lines[::every], *lines[-1:], *judged]}
    shown = [line for line in lines if id(line) in chosen]
    grid = folder.newest_grid()
    last = found[-1] if found else {}
    return {
        "run": folder.name,
        "state": record.state,
        "reason": record.reason,
        "going": record.state in GOING,
        "seconds": record.seconds,
        "ticks": [
            {**{name: _number(line.get(name)) for name in _SHOWN}, "kid": _number(line.get("kid_lite0"))}
            for line in shown
        ],
        "sheet": grid.name if grid else None,
        "verdict": str(last.get("verdict") or ""),
    }


def sheet(folder: RunFolder, name: str) -> Path:
    """Return a sheet of a run by its file's name.

    Raises:
        NotFoundError: there is no such sheet.
    """
    path = folder.samples / name
    if not _SHEET.fullmatch(name) or not path.is_file():
        raise NotFoundError(f"there is no sheet {name[:40]!r}", "reload the page")
    return path


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and math.isfinite(value) else None
