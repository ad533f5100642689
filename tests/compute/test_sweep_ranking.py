"""Which run of a sweep is the best, and which are beaten."""

from __future__ import annotations

import json
from pathlib import Path

from artgan.compute.sweeps.ranking import Standing, best_first, judgements, losers
from artgan.compute.sweeps.record import Point
from artgan.runs.folder import RunFolder
from artgan.runs.store import new_run


def standing(
    place: Path, index: int, kids: list[tuple[float, float]], *, state: str = "running", **values: str
) -> Standing:
    """A run that was judged at these seconds of training to have these KIDs."""
    folder = new_run(place, "flowers-64", state=state)
    lines = [{"step": 1, "epoch": 1, "seconds": 0.5, "d_loss": 0.7}]
    lines += [{"epoch": 2, "seconds": s, "kid_lite0": kid, "kid_lite0_error": 0.001} for s, kid in kids]
    folder.metrics_path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = judgements(folder.metrics_path)
    best = min(found, key=lambda one: one.kid) if found else None
    return Standing(index, Point(values=values, run=folder.name), folder, folder.record, best)


def test_the_lowest_kid_comes_first_and_what_was_not_judged_last(tmp_path):
    rows = [
        standing(tmp_path, 0, []),
        standing(tmp_path, 1, [(10, 0.3), (20, 0.1)]),
        standing(tmp_path, 2, [(10, 0.05), (20, 0.4)]),
        Standing(3, Point(values={})),
    ]
    assert [row.index for row in best_first(rows)] == [2, 1, 0, 3]


def test_runs_of_other_sizes_stand_by_themselves(tmp_path):
    rows = [
        standing(tmp_path, 0, [(10, 0.3)], size="64"),
        standing(tmp_path, 1, [(10, 0.1)], size="32"),
        standing(tmp_path, 2, [(10, 0.2)], size="64"),
        standing(tmp_path, 3, [(10, 0.4)], size="32"),
    ]
    assert [row.index for row in best_first(rows)] == [2, 0, 1, 3]
    assert [row.index for row in losers(rows, keep=1)] == [0, 3]


def test_runs_are_compared_by_what_they_were_at_the_same_age(tmp_path):
    old = standing(tmp_path, 0, [(600, 0.3), (1200, 0.25), (2400, 0.01)])
    young = standing(tmp_path, 1, [(600, 0.2), (1210, 0.15)])
    assert [row.index for row in losers([old, young], keep=1, after_s=1200)] == [0]
    assert [row.index for row in losers([old, young], keep=1, after_s=0)] == [0], "at their first judgement"
    assert [row.index for row in losers([old, young], keep=1)] == [1], "the best of each so far"
    assert losers([old, young], keep=2, after_s=1200) == []


def test_a_run_that_is_young_or_was_not_judged_or_is_over_is_not_ended(tmp_path):
    best = standing(tmp_path, 0, [(100, 0.1), (300, 0.1)])
    young = standing(tmp_path, 1, [(100, 0.5)])
    blind = standing(tmp_path, 2, [])
    over = standing(tmp_path, 3, [(300, 0.6)], state="finished")
    beaten = standing(tmp_path, 4, [(300, 0.2)])
    assert [row.index for row in losers([best, young, blind, over, beaten], keep=1, after_s=200)] == [4]


def test_one_that_is_over_still_counts_among_the_best(tmp_path):
    over = standing(tmp_path, 0, [(300, 0.1)], state="finished")
    going = standing(tmp_path, 1, [(300, 0.2)])
    assert [row.index for row in losers([over, going], keep=1)] == [1]


def test_lines_that_are_torn_or_foreign_are_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"epoch": 3, "seconds": 5, "kid_lite0": 0.2}\n{"kid_lite0": NaN, "epoch": 1, "seconds": 1}\n'
                    '{"kid_lite0": null, "epoch": 1}\n["kid_lite0"]\n{"epoch": 4, "kid_lite0": 0.1')  # fmt: skip
    assert [(one.epoch, one.kid) for one in judgements(path)] == [(3, 0.2)]
    assert judgements(tmp_path / "none") == []


def test_a_run_that_was_judged_afterwards_counts(tmp_path):
    from artgan.compute.sweeps.ranking import standings
    from artgan.compute.sweeps.record import SweepPlan, new_sweep

    folder = new_run(tmp_path, "flowers-64", state="finished")
    folder.models.mkdir()
    (folder.models / "best.keras").write_bytes(b"weights")
    (folder.models / "best.json").write_text(
        '{"epoch": 7, "kid_lite0": 0.08, "kid_lite0_error": 0.002, "samples": 500}'
    )
    sweep = new_sweep(tmp_path, "flowers-sweep", SweepPlan(over=("seed=0,1",), points=({"seed": "0"}, {"seed": "1"})))
    sweep.note_run(0, folder.name)
    first, second = standings(sweep, sweep.record())
    assert first.judged and (first.judged.epoch, first.judged.kid) == (7, 0.08)
    assert (first.state, second.state) == ("finished", "waiting")
    RunFolder(folder.path).delete()
    assert standings(sweep, sweep.record())[0].state == "deleted"
