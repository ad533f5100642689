"""A sweep on a cluster, by the command, where the network is cut, runs vanish and the cluster comes and goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from internet import faults
from internet.azure import LocalAzure
from internet.server import Request
from quick import QUICK_TYPED

from artgan.runs.store import list_runs

SWEEP = (
    "sweep", "--dataset", "flowers", "--size", "16", "--cluster", "gpu-nc6", "--time", "0.2s", "--max-hours", "1",
    "--batch-size", "8", "--latent-dim", "16", "--grid", "4", "--precision", "float32", "--init", "none",
    *QUICK_TYPED,
)  # fmt: skip


@pytest.fixture
def studio(azure: LocalAzure, drawn: Path) -> Path:
    azure.write_config(drawn)
    return drawn


def artgan(azure: LocalAzure, studio: Path, *args: str, code: int = 0) -> Any:
    done = azure.quick(*args, cwd=studio)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize("count", [6, pytest.param(40, marks=pytest.mark.slow)])
def test_the_network_is_cut_in_the_middle_of_a_sweep(azure: LocalAzure, studio: Path, count: int) -> None:
    azure.hold()
    order = (*SWEEP, "--over", f"seed=1..{count}", "-y", "-d")
    sent = [0]

    def cut(request: Request) -> bool:
        sent[0] += request.path.endswith("/snapshotrun")
        return sent[0] > count // 2  # the answer to this one is lost, and nothing gets through any more

    azure.inject(cut, faults.reset(0.0))
    first = artgan(azure, studio, *order, code=6)
    assert "error: " in first.stderr and "hint: " in first.stderr
    assert count // 2 <= len(azure.runs) < count
    azure.heal()
    azure.hold()
    again = artgan(azure, studio, *order)
    assert "going on with" in again.stderr
    assert len(azure.runs) == len(list_runs(studio / "runs")) == count
    points = {run.tags["point"] for run in azure.runs.values()}
    assert points == {str(number) for number in range(1, count + 1)}, "each point has its run, and none has two"
    rows = json.loads(artgan(azure, studio, "sweep", "show", "--refresh", "--json").stdout)
    assert len(rows) == count and {row["state"] for row in rows} == {"queued"}


def test_a_cluster_without_nodes_and_a_run_that_vanishes(azure: LocalAzure, studio: Path) -> None:
    nodes, azure.clusters["gpu-nc6"].nodes = azure.clusters["gpu-nc6"].nodes, 0
    name = artgan(azure, studio, *SWEEP, "--over", "seed=0..2", "-y", "-d").stdout.strip()
    assert [row["state"] for row in shown(azure, studio, name)] == ["queued"] * 3
    gone, *others = azure.runs.values()
    azure.forget(gone)
    rows = shown(azure, studio, name)
    assert sorted(row["state"] for row in rows) == ["lost", "queued", "queued"], rows
    azure.clusters["gpu-nc6"].nodes = nodes
    azure.release()
    azure.wait(lambda: all(run.over for run in others), timeout_s=600)
    states = sorted(row["state"] for row in shown(azure, studio, name))
    assert states == ["finished", "finished", "lost"]
    assert "is over already" in artgan(azure, studio, "sweep", "cancel", name, "-y").stderr


def shown(azure: LocalAzure, studio: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(artgan(azure, studio, "sweep", "show", name, "--refresh", "--json").stdout)
    return rows
