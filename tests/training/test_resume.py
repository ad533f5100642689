"""A training that is killed goes on as if nothing had happened."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from artgan.events import Note
from artgan.runs.folder import RunFolder
from artgan.runs.store import list_runs
from artgan.training.events import CheckpointSaved, Planned

# Some time after the first checkpoint from a step on, and before the last steps, it is gone: in the middle of anything.
TRAIN = """
import json, os, random, signal, sys, threading
from artgan.training.events import CheckpointSaved
from artgan.training.loop import train

target, last, taken = int(sys.argv[4]), int(sys.argv[5]), 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def step():
    global taken
    taken += 1
    if taken > last:
        die()

timer = threading.Timer(random.uniform(0, 0.3), die)
how = {"datasets_dir": sys.argv[1], "runs_dir": sys.argv[2], "should_stop": step}
for event in train("drawn", json.loads(sys.argv[3]), **how):
    if isinstance(event, CheckpointSaved) and event.step >= target and timer.ident is None:
        timer.start()
"""


def step_of(path: Path) -> int:
    return int(path.name[5:14])


def test_a_killed_run_ends_bit_equal_to_a_straight_one(
    trainings, python: Callable[..., subprocess.Popen[str]], state_arrays
) -> None:
    # 24 pictures in batches of 7 end in mid-pass.
    options = {"preset": "fast", "size": 32, "grow": "16", "batch_size": 7, "latent_dim": 16, "grid": 4, "epochs": 9}
    options |= {"seed": 3, "deterministic": True, "precision": "float32"}
    steps = -(-24 * options["epochs"] // 7)
    killed_runs = trainings.runs.with_name("killed")
    wishes = json.dumps({**options, "save_every": "0.05s"})
    process = python(TRAIN, trainings.datasets, killed_runs, wishes, random.randint(5, steps // 2), steps - 2)
    straight, _ = trainings.run({**options, "save_every": "1h"})
    _, errors = process.communicate(timeout=600)
    assert process.returncode == -signal.SIGKILL, errors[-2000:]

    (killed,) = list_runs(killed_runs)
    assert killed.current().state == "lost"
    trainings.runs = killed_runs
    resumed, events = trainings.run({"save_every": "1h"}, resume=killed.name)
    began = next(event for event in events if isinstance(event, Planned)).resumed_from_step
    assert 0 < began < steps == resumed.record.step == straight.record.step

    expected, found = state_arrays(straight), state_arrays(resumed)
    assert expected.keys() == found.keys() and len(expected) > 20
    different = [name for name in expected if not np.array_equal(expected[name], found[name])]
    assert not different, f"from step {began}: {different} of {len(expected)}"
    ticked = [tick["step"] for tick in resumed.ticks()]
    assert ticked == sorted(set(ticked)) and ticked[-1] == steps


ADAPTED = {"augment": "color", "augment_p": "auto", "ada_kimg": 0.05}


@pytest.mark.parametrize(
    "more",
    [
        {**ADAPTED, "loss": "wgan-gp", "critic_steps": 2, "batch_size": 4, "penalty_every": 2},
        {**ADAPTED, "preset": "quality", "micro_batch": 4, "penalty_every": 1},
        # At 16 px its critic has BatchNormalization and Dropout.
        {"preset": "keragan", "size": 16},
    ],
    ids=["wgan-gp", "quality", "keragan"],
)
def test_all_that_a_critic_may_be_given_is_resumed_exactly(trainings, state_arrays, tmp_path, more) -> None:
    options = {"deterministic": True, "holdout": 8, "save_every": "0.001s"}
    events = []
    for event in trainings.events({**options, "epochs": 3, **more}, name="straight"):
        events.append(event)
        if isinstance(event, CheckpointSaved) and event.epoch == 2:
            (running,) = list_runs(trainings.runs)
            halfway = tmp_path / "halfway" / running.name
            RunFolder(Path(shutil.copytree(running.path, halfway, dirs_exist_ok=True))).update(state="stopped")
    straight = RunFolder(events[-1].path)
    assert events[-1].images_seen == events[-1].step * 8 and events[-1].epoch == 3  # 16 pictures, 8 a step
    trainings.runs = halfway.parent
    resumed, events = trainings.run({"save_every": "1h"}, resume=halfway.name)
    assert 0 < next(event for event in events if isinstance(event, Planned)).resumed_from_step < straight.record.step
    expected, found = state_arrays(straight), state_arrays(resumed)
    assert [name for name in expected if not np.array_equal(expected[name], found[name])] == []
    seeds = [array for array in expected.values() if array.shape == (2,) and array.dtype.kind in "iu"]
    assert len(seeds) == (more.get("preset") == "keragan")  # of its Dropout
    last = list(resumed.ticks())[-1]
    assert "augment_p" not in more or (
        0 <= np.float32(last["augment_p"]) <= np.float32(0.8) and -1 <= last["overfitting"] <= 1
    )


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
