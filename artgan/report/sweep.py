"""The runs of a sweep side by side: what an artist decides with the eye, beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from artgan.report.pages import picture, write_page


class Shown(NamedTuple):
    """One run: ``sheet`` is its newest sheet of pictures, ``kid`` its best judgement with the standard error."""

    run: str
    values: Mapping[str, str]
    state: str
    sheet: Path | None = None
    epoch: int | None = None
    images_seen: int | None = None
    kid: tuple[float, float] | None = None


def write_sweep_page(path: Path, name: str, over: Sequence[str], runs: Sequence[Shown]) -> None:
    """Write the page of a sweep.

    Args:
        path: of the page.
        name: of the sweep.
        over: what it varies, as typed.
        runs: in the order in which they shall stand.
    """
    rows = [
        {
            "run": shown.run,
            "values": list(shown.values.items()),
            "state": shown.state,
            "picture": picture(shown.sheet) if shown.sheet else None,
            "epoch": shown.epoch,
            "images": None if shown.images_seen is None else f"{shown.images_seen:,}",
            "kid": None if shown.kid is None else f"{shown.kid[0]:.4f} ± {shown.kid[1]:.4f}",
        }
        for shown in runs
    ]
    write_page(path, "sweep.html", name=name, over=over, runs=rows)
