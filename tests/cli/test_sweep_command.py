"""``artgan sweep`` on this machine: the plan, the queue, the table, the page."""

from __future__ import annotations

import re
import time

import pytest

from artgan.compute.sweeps.record import find_sweep
from artgan.runs.store import list_runs


@pytest.fixture
def flowers(studio):
    studio.dataset(count=6)
    studio.artgan("prepare", "--size", "8")
    return studio


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "a sweep varies something"),
        (["--over", "brush=1,2"], "there is no field 'brush'"),
        (["--over", "lr=1e-5..1e-3:log"], "no grid can hold"),
        (["--over", "size=8,10"], "size 10 is not a power of two"),
        (["--over", "seed=0,1", "--over", "seed=2,3"], "seed is varied twice"),
        (["--over", "lr=1e-4,2e-4", "--lr", "1e-3"], "lr is varied, and given as well"),
        (["--over", "seed=0,1", "--after", "5m"], "--after says when runs are compared"),
        (["--over", "seed=0,1", "--keep-best", "1", "--after", "soon"], "is not a time"),
        (["--over", "seed=0,1", "--keep-best", "1", "--after", "30m", "--time", "20m"], "are over before"),
        (["--over", "seed=0,1", "--dataset", "flowers,roses"], "no dataset named 'roses'"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_begun(flowers, args, message):
    done = flowers.artgan("sweep", *args)
    assert done.exit_code in (2, 4) and message in done.stderr and "hint:" in done.stderr
    assert not flowers.runs.exists()


def test_a_dry_run_tells_the_plan_and_begins_nothing(flowers):
    flowers.dataset("roses")
    done = flowers.artgan(
        "sweep", "--over", "lr=1e-5..1e-3:log", "--over", "batch_size=4,8", "--random", "5", "--time", "30m",
        "--dataset", "flowers,roses", "--max-concurrent", "2", "--keep-best", "1", "--after", "10m", "--dry-run",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    for sentence in ("5 runs: lr=1e-5..1e-3:log, batch_size=4,8", "flowers, roses", "in all 1 h 15 min", "the best 1"):
        assert sentence in done.stderr
    assert len(re.findall(r"dataset=\w+ lr=\S+ batch_size=[48]$", done.stderr, flags=re.M)) == 5
    assert not flowers.runs.exists()


def test_runs_are_begun_one_after_the_other_compared_and_shown_side_by_side(flowers):
    order = ["--over", "seed=0,1", "--size", "8", "--preset", "dcgan", "--time", "0.5s", "--tag", "mood=calm"]
    begun = flowers.process("sweep", *order)
    assert begun.returncode == 0, begun.stderr
    name = begun.stdout.strip()
    assert "2 runs: seed=0,1" in begun.stderr and f"artgan sweep show {name}" in begun.stderr
    again = flowers.artgan("sweep", *order)
    assert again.exit_code == 0 and f"going on with {name}" in again.stderr
    until = time.monotonic() + 600
    while any(row["state"] != "finished" for row in flowers.json("sweep", "show", name)):
        assert time.monotonic() < until, flowers.artgan("sweep", "show").stdout
        assert sum(row["state"] == "running" for row in flowers.json("sweep", "show", name)) <= 1
        time.sleep(0.2)
    rows = flowers.json("sweep", "show", name)
    assert [row["values"] for row in rows] == [{"seed": "0"}, {"seed": "1"}]
    assert all(row["epoch"] >= 1 for row in rows)
    assert len(list_runs(flowers.runs)) == 2, "nothing was begun twice"
    assert {folder.record.tags["mood"] for folder in list_runs(flowers.runs)} == {"calm"}
    assert [row["runs"] for row in flowers.json("sweep", "list")] == [{"finished": 2}]
    assert "is over already" in flowers.artgan("sweep", "cancel", "--yes").stderr

    page = flowers.artgan("sweep", "report").stdout.strip()
    text = (flowers.path / page).read_text()
    assert page == f"{name}.html" and text.count("data:image/webp;base64,") == 2
    assert not re.search(r"(src|href)=\"(?!data:)|url\(|@import", text), "it asks nothing of anyone"
    for row in rows:
        assert f"artgan sample --run {row['run']} -n 10" in text


def test_a_sweep_is_cancelled_with_what_waits(flowers):
    begun = flowers.artgan("sweep", "--over", "seed=0..3", "--size", "8", "--preset", "dcgan", "--time", "60s")
    name = begun.stdout.strip()
    until = time.monotonic() + 600
    while not any(row["state"] == "running" for row in flowers.json("sweep", "show", name)):
        assert time.monotonic() < until
        time.sleep(0.1)
    ended = flowers.json("sweep", "cancel", name, "--yes")
    assert len(ended) == 1
    until = time.monotonic() + 100
    while find_sweep(flowers.runs, name).is_tended():
        assert time.monotonic() < until, "its queue ends too"
        time.sleep(0.1)
    assert sorted(row["state"] for row in flowers.json("sweep", "show", name)) == ["cancelled", *["waiting"] * 3]
    shown = flowers.artgan("sweep", "show", name)
    assert "goes on with it" not in shown.stderr
