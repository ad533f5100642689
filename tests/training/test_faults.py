"""What goes wrong while training, and that nothing already made is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import tensorflow as tf

from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import open_prepared
from artgan.errors import ArtganError, DiskFullError
from artgan.events import Note
from artgan.runs.folder import RunFolder
from artgan.runs.store import list_runs
from artgan.training import checkpoints
from artgan.training.config import LOSSES, from_toml
from artgan.training.events import CheckpointSaved, Planned, RolledBack, Trained
from artgan.training.losses import RELATIVISTIC
from artgan.training.resolving import resolve
from artgan.training.session import OutOfMemoryError, Session

POISON = tf.Variable(1.0)
CURSED = replace(RELATIVISTIC, generator=lambda real, fake: RELATIVISTIC.generator(real, fake) * POISON)


@pytest.fixture
def cursed(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict]:
    """Options of a training whose loss is multiplied by ``POISON``."""
    monkeypatch.setitem(LOSSES, "cursed", f"{__name__}:CURSED")
    yield {"loss": "cursed", "save_every": "0.1s"}
    POISON.assign(1.0)


def test_a_loss_that_runs_away_goes_back_and_on(trainings, cursed: dict) -> None:
    backs = []
    stream = trainings.events({**cursed, "epochs": 100})
    for event in stream:
        if isinstance(event, CheckpointSaved) and not backs:
            POISON.assign(np.nan)
        elif isinstance(event, RolledBack):
            backs.append(event)
            POISON.assign(1.0)
    assert isinstance(event, Trained) and event.state == "finished" and event.step == 300
    (back,) = backs
    assert back.times == 1 and 0 <= back.to_step < back.step
    folder = RunFolder(event.path)
    log = folder.log_path.read_text()
    assert f"back to step {back.to_step}, time 1 of 3, learning rate now 0.0002" in log
    ticks = folder.ticks()
    assert len({tick["step"] for tick in ticks}) == len(ticks)
    assert all(np.isfinite(tick["g_loss"]) for tick in ticks)
    state, _ = checkpoints.load_newest(folder.states)
    rates = [float(array) for array in state.arrays if array.shape == () and array.dtype == np.float32]
    assert rates == pytest.approx([0.0002, 0.0002, 0.0002])  # what it leads to, and what both optimizers have


def test_it_goes_back_at_most_three_times(trainings, cursed: dict) -> None:
    POISON.assign(np.nan)
    backs = []
    with pytest.raises(ArtganError, match="going back 3 times did not help") as caught:
        backs += [e for e in trainings.events({**cursed, "epochs": 100}) if isinstance(e, RolledBack)]
    assert "--lr" in caught.value.hint
    (folder,) = list_runs(trainings.runs)
    assert folder.record.state == "failed" and "finite" in folder.record.reason
    assert folder.log_path.read_text().count("back to step 0, time") == 3
    state, torn = checkpoints.load_newest(folder.states)
    assert state.step == 0 and not torn and all(np.isfinite(array).all() for array in state.arrays)
    assert not folder.generators()  # a broken one never replaces a good one


def test_weights_are_checked_before_they_are_saved(trainings) -> None:
    # Such a penalty overflows the squares in Adam's slots while every loss is still a finite number.
    with pytest.raises(ArtganError, match="weight is no longer a finite number"):
        list(trainings.events({"gamma": 1e25, "batch_size": 24, "epochs": 1, "save_every": "1h"}))
    (folder,) = list_runs(trainings.runs)
    assert not folder.generators()


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Leaves this process half a GiB to take."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    now = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (now + 2**29, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory as Linux does")
def test_a_batch_that_cannot_fit_is_refused_and_one_that_does_is_named(trainings, little_memory: None) -> None:
    with pytest.raises(OutOfMemoryError, match=r"4096 pictures of 16 px needs about \d\.\d GB") as caught:
        list(trainings.events({"size": 16, "batch_size": 4096, "epochs": 1}))
    batch = int(caught.value.hint.removeprefix("use --batch-size "))
    assert 128 <= batch < 4096
    (plan,) = (e for e in trainings.events({"size": 16, "batch_size": batch}, dry_run=True) if isinstance(e, Planned))
    assert plan.batch_size == batch


def full_of_five(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """A loss for whose pictures there is room up to four at a time."""
    if real.shape[0] > 4:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
    return RELATIVISTIC.critic(real, fake)


GREEDY = replace(RELATIVISTIC, critic=full_of_five)


def test_a_step_that_runs_out_of_memory_tries_what_fits(trainings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOSSES, "greedy", f"{__name__}:GREEDY")
    with pytest.raises(OutOfMemoryError, match="16 pictures of 16 px does not fit") as caught:
        list(trainings.events({"loss": "greedy", "size": 16, "batch_size": 16, "epochs": 1}))
    assert caught.value.hint == "use --batch-size 4"
    assert not trainings.runs.exists()


def test_a_batch_that_is_twice_too_large_is_halved_once(trainings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOSSES, "greedy", f"{__name__}:GREEDY")
    folder, events = trainings.run({"loss": "greedy", "size": 16, "batch_size": 8, "epochs": 2})
    warning = "a batch of 8 pictures of 16 px does not fit into memory: going on with 4 at a time"
    assert warning in [event.text for event in events if isinstance(event, Note)]
    assert next(event for event in events if isinstance(event, Planned)).batch_size == 4
    assert from_toml(folder.config_path.read_text(encoding="utf-8")).batch_size == 4
    assert folder.record.step == 12


def test_memory_that_runs_out_on_the_way_costs_nothing_that_was_saved(
    trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program takes the memory of a machine after a while."""
    advance = Session.advance

    def sometimes(session: Session) -> None:
        if session.images_seen >= 48 and session.at_once > 4:
            raise session._out_of_memory(4)
        advance(session)

    monkeypatch.setattr(Session, "advance", sometimes)
    folder, events = trainings.run({"size": 16, "epochs": 4, "save_every": "0.1s"})
    assert any(isinstance(event, Note) and "going on with 4 at a time" in event.text for event in events)
    config = from_toml(folder.config_path.read_text(encoding="utf-8"))
    assert config.batch_size == 4
    record = folder.record
    assert (record.images_seen, record.step) == (96, 96 // config.batch_size)
    steps = [tick["step"] for tick in folder.ticks()]
    assert steps == sorted(set(steps)) and steps[-1] == record.step
    again, _ = trainings.run({"epochs": 5}, resume=folder.name)
    assert again.record.images_seen == 120


def test_networks_that_take_parts_keep_their_batch(datasets: Path) -> None:
    prepared = open_prepared(DatasetFolder(datasets / "drawn"), 8)
    session = Session(
        resolve({"preset": "quality", "size": 8, "batch_size": 8}), prepared, np.arange(len(prepared.ids))
    )
    config = session.halve()
    assert (config.batch_size, config.micro_batch, session.at_once) == (8, 4, 4)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = sys.platform == "linux" and os.geteuid() == 0
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    if not mounted:
        pytest.skip("mounting a small disk takes root on Linux")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_leaves_the_checkpoint_before_whole(trainings, small_disk: Path) -> None:
    trainings.runs = small_disk / "runs"
    ballast = small_disk / "ballast"
    options = {"epochs": 2000, "save_every": "0.01s"}
    with pytest.raises(DiskFullError) as caught:
        for event in trainings.events(options):
            if isinstance(event, Planned):
                name = event.run
            elif isinstance(event, CheckpointSaved) and event.step > 10 and not ballast.exists():
                with pytest.raises(OSError), open(ballast, "wb") as file:
                    while True:
                        file.write(bytes(4096))
                        file.flush()
    assert "no room left" in caught.value.message and f"artgan train --resume {name}" in caught.value.hint
    folder = RunFolder(trainings.runs / name)
    state, torn = checkpoints.load_newest(folder.states)
    assert state.step > 10 and not torn
    # While there is no room the record could not be changed; it says running, and that its process is gone is seen.
    ballast.unlink()
    resumed, events = trainings.run({"epochs": state.step // 3 + 2, "save_every": "1h"}, resume=name)
    assert next(event for event in events if isinstance(event, Planned)).resumed_from_step == state.step
    assert resumed.record.state == "finished"
    assert resumed.generator().epoch == state.step // 3 + 2
    assert not list(folder.path.rglob("*.part"))


def test_a_run_that_cannot_even_begin_leaves_no_trace(trainings, small_disk: Path) -> None:
    trainings.runs = small_disk / "runs"
    with pytest.raises(OSError), open(small_disk / "ballast", "wb") as file:
        while True:
            file.write(bytes(512))
            file.flush()
    with pytest.raises(DiskFullError):
        list(trainings.events({"epochs": 1}))
    assert not list_runs(trainings.runs)
