"""A training that is killed goes on as if nothing had happened."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from artgan.events import Note
from artgan.runs.folder import RunFolder
from artgan.runs.store import list_runs
from artgan.training.events import CheckpointSaved, Planned

TRAIN = """
import json, sys
from artgan.training.loop import train
for event in train("drawn", json.loads(sys.argv[3]), datasets_dir=sys.argv[1], runs_dir=sys.argv[2]):
    pass
"""


def step_of(path: Path) -> int:
    return int(path.name[5:14])


def newest_step(runs: Path) -> int:
    return max((step_of(path) for path in runs.glob("*/state/*.npz")), default=0)


@pytest.mark.parametrize("preset", ["fast", "keragan"])
def test_a_killed_run_ends_bit_equal_to_a_straight_one(
    preset: str, trainings, python: Callable[..., subprocess.Popen[str]], state_arrays
) -> None:
    # At 16 px keragan's critic has BatchNormalization and Dropout; 24 pictures in batches of 7 end in mid-pass.
    options = {"preset": preset, "size": 16, "batch_size": 7, "latent_dim": 16, "grid": 4, "seed": 3, "epochs": 35}
    options |= {"deterministic": True, "precision": "float32"}
    if preset == "fast":
        options |= {"size": 32, "grow": "16", "epochs": 14}
    steps = -(-24 * options["epochs"] // 7)
    killed_runs = trainings.runs.with_name("killed")
    process = python(TRAIN, trainings.datasets, killed_runs, json.dumps({**options, "save_every": "0.05s"}))
    straight, _ = trainings.run({**options, "save_every": "1h"})

    target, deadline = random.randint(5, steps // 2), time.monotonic() + 60
    while newest_step(killed_runs) < target and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()[-2000:]
        time.sleep(0.01)
    time.sleep(random.uniform(0, 0.3))
    process.kill()
    process.wait()

    (killed,) = list_runs(killed_runs)
    assert killed.current().state == "lost"
    trainings.runs = killed_runs
    resumed, events = trainings.run({"save_every": "1h"}, resume=killed.name)
    began = next(event for event in events if isinstance(event, Planned)).resumed_from_step
    assert 0 < began < steps == resumed.record.step == straight.record.step

    expected, found = state_arrays(straight), state_arrays(resumed)
    assert expected.keys() == found.keys() and len(expected) > 20
    seeds = [array for array in expected.values() if array.shape == (2,) and array.dtype.kind in "iu"]
    assert len(seeds) == (preset == "keragan")  # of its Dropout
    different = [name for name in expected if not np.array_equal(expected[name], found[name])]
    assert not different, f"from step {began}: {different} of {len(expected)}"
    ticked = [tick["step"] for tick in resumed.ticks()]
    assert ticked == sorted(set(ticked)) and ticked[-1] == steps


@pytest.mark.parametrize(
    "more",
    [{"loss": "wgan-gp", "critic_steps": 2, "batch_size": 4}, {"preset": "quality", "micro_batch": 4}],
    ids=["wgan-gp", "quality"],
)
def test_all_that_a_critic_may_be_given_is_resumed_exactly(trainings, state_arrays, tmp_path, more) -> None:
    options = {"deterministic": True, "holdout": 6, "augment_p": "auto", "ada_kimg": 0.05, "save_every": "0.01s"}
    events = []
    for event in trainings.events({**options, "epochs": 4, **more}, name="straight"):
        events.append(event)
        if isinstance(event, CheckpointSaved) and event.epoch == 2:
            (running,) = list_runs(trainings.runs)
            halfway = tmp_path / "halfway" / running.name
            RunFolder(Path(shutil.copytree(running.path, halfway, dirs_exist_ok=True))).update(state="stopped")
    straight = RunFolder(events[-1].path)
    assert events[-1].images_seen == events[-1].step * 8 and events[-1].epoch == 4  # 18 pictures, 8 a step
    trainings.runs = halfway.parent
    resumed, events = trainings.run(resume=halfway.name)
    assert 0 < next(event for event in events if isinstance(event, Planned)).resumed_from_step < straight.record.step
    expected, found = state_arrays(straight), state_arrays(resumed)
    assert [name for name in expected if not np.array_equal(expected[name], found[name])] == []
    last = list(resumed.ticks())[-1]
    assert 0 <= np.float32(last["augment_p"]) <= np.float32(0.8) and -1 <= last["overfitting"] <= 1


def test_a_torn_newest_checkpoint_falls_back_to_the_one_before(copied: RunFolder, trainings, state_arrays) -> None:
    before, newest = sorted(copied.states.glob("*.npz"), key=step_of)
    expected = state_arrays(copied)
    newest.write_bytes(newest.read_bytes()[:-1000])
    (copied.states / "step_000000099.0000000000000000.npz.part").write_bytes(b"half")
    resumed, events = trainings.run(resume=copied.name)
    notes = [event.text for event in events if isinstance(event, Note) and event.level == "warning"]
    assert any(newest.name in note and "damaged" in note for note in notes)
    assert next(event for event in events if isinstance(event, Planned)).resumed_from_step == step_of(before)
    assert resumed.record.step == step_of(newest)
    found = state_arrays(resumed)
    assert all(np.array_equal(expected[name], found[name]) for name in expected)
    assert not list(copied.path.rglob("*.part"))
    assert len({tick["step"] for tick in resumed.ticks()}) == len(resumed.ticks())


def test_a_run_goes_on_with_its_pictures_when_the_dataset_has_got_others(
    copied: RunFolder, trainings, tmp_path
) -> None:
    trainings.datasets = Path(shutil.copytree(trainings.datasets, tmp_path / "datasets"))
    manifest = trainings.datasets / "drawn" / "images.jsonl"
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[1:]))
    _, events = trainings.run({"epochs": 13}, resume=copied.name)
    assert next(event for event in events if isinstance(event, Planned)).images == 24
    assert events[-1].epoch == 13
