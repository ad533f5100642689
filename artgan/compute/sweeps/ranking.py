"""How the runs of a sweep stand to each other: best first by what they were judged to be."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from artgan.compute.sweeps.record import Point, SweepFolder, SweepRecord
from artgan.runs.folder import RunFolder
from artgan.runs.record import GOING, RunRecord


class Judged(NamedTuple):
    """One judgement of a run while it learned: its KID by Lite0's features, with the standard error."""

    epoch: int
    seconds: float
    kid: float
    error: float


@dataclass(frozen=True)
class Standing:
    """One point of a sweep as it is now; without a record it has not begun, or its run was deleted."""

    index: int
    point: Point
    folder: RunFolder | None = None
    record: RunRecord | None = None
    judged: Judged | None = None
    """The best of its judgements."""

    @property
    def going(self) -> bool:
        return self.record is not None and self.record.state in GOING

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return not self.going and self.state != "waiting"

    @property
    def group(self) -> tuple[str, str]:
        """The dataset and the size, as far as they are varied: a KID compares runs of one of each alone."""
        return self.point.values.get("dataset", ""), self.point.values.get("size", "")

    @property
    def state(self) -> str:
        """The run's state; "waiting" before there is a run, "deleted" after."""
        if self.record is not None:
            return self.record.state
        return "deleted" if self.point.run else "waiting"


def judgements(path: Path) -> list[Judged]:
    """Return the judgements in a run's ``metrics.jsonl``, oldest first; torn lines are left out."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_bytes().splitlines():
        if b"kid_lite0" not in line:  # a few of thousands have one
            continue
        try:
            tick = json.loads(line)
            kid = float(tick["kid_lite0"])
            error = float(tick.get("kid_lite0_error") or 0.0)
            found.append(Judged(int(tick["epoch"]), float(tick["seconds"]), kid, error))
        except (ValueError, TypeError, KeyError):
            continue
    return [one for one in found if math.isfinite(one.kid)]


def standings(sweep: SweepFolder, record: SweepRecord) -> list[Standing]:
    """Return how each point stands, in the order of the plan."""
    found = []
    for index, point in enumerate(record.points):
        folder = RunFolder(sweep.runs_dir / point.run) if point.run else None
        if folder is None or not folder.path.is_dir():
            found.append(Standing(index, point))
            continue
        found.append(Standing(index, point, folder, folder.current(), _best_of(folder)))
    return found


def best_first(rows: Sequence[Standing]) -> list[Standing]:
    """Sort by the best judgement; those that have none after the others, in the order of the plan.

    Runs of other datasets and sizes cannot be compared, so each of these stands by itself.
    """
    groups = list(dict.fromkeys(row.group for row in rows))
    return sorted(
        rows,
        key=lambda row: (
            groups.index(row.group), row.judged is None, row.judged.kid if row.judged else 0.0, row.index,
        ),
    )  # fmt: skip


def losers(rows: Iterable[Standing], keep: int, after_s: float | None = None) -> list[Standing]:
    """Return the runs that go on although enough others are better.

    Compared is the best judgement of each so far; with ``after_s``, what each was at the same age as the others: the
    best of its judgements up to the first one at ``after_s`` or later. One that is younger, or was never judged, is not
    compared yet.

    Args:
        rows: of the sweep.
        keep: how many of each dataset and size shall go on, or have gone on.
        after_s: seconds of training.
    """
    groups: dict[tuple[str, str], list[tuple[float, int, Standing]]] = {}
    for row in rows:
        judged = row.judged if after_s is None else _judged_at(row, after_s)
        if judged is not None:
            groups.setdefault(row.group, []).append((judged.kid, row.index, row))
    beaten = [entry for group in groups.values() for entry in sorted(group, key=lambda e: e[:2])[keep:]]
    return [row for _, _, row in sorted(beaten, key=lambda e: e[1]) if row.going]


def _judged_at(row: Standing, after_s: float) -> Judged | None:
    found = judgements(row.folder.metrics_path) if row.folder else []
    late = next((number for number, one in enumerate(found) if one.seconds >= after_s), None)
    return None if late is None else _lowest(found[: late + 1])


def _lowest(found: Iterable[Judged]) -> Judged:
    return min(found, key=lambda one: one.kid)


def _best_of(folder: RunFolder) -> Judged | None:
    found = judgements(folder.metrics_path)
    if found:
        return _lowest(found)
    best = folder.best()  # judged afterwards, with artgan evaluate
    return Judged(best.epoch, 0.0, best.kid_lite0, best.kid_lite0_error) if best else None


def told(rows: Sequence[Standing]) -> Mapping[str, int]:
    """Count the runs by their state."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.state] = counts.get(row.state, 0) + 1
    return counts
