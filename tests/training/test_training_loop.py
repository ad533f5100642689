"""A training as its user meets it: events, files, lengths, stopping."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from artgan.errors import BusyError, NotFoundError, SetupError, UsageError
from artgan.events import Note, Progress
from artgan.models.files import load_generator
from artgan.models.painting import paint
from artgan.runs.folder import RunFolder
from artgan.seeds import latents
from artgan.training.config import from_toml
from artgan.training.events import CheckpointSaved, GridSaved, Planned, Tick, Trained


def test_the_stream_tells_the_plan_the_progress_and_the_end(first) -> None:
    folder, events = first
    plan = next(event for event in events if isinstance(event, Planned))
    assert (plan.run, plan.dataset, plan.images, plan.size, plan.planned_images) == (folder.name, "drawn", 24, 8, 288)
    assert plan.images_per_s > 0 and plan.memory_mb > 100 and plan.precision == "float32"
    kinds = [type(event) for event in events]
    assert kinds.index(Note) < kinds.index(Planned) < kinds.index(Progress) < kinds.index(Trained)
    end = events[-1]
    assert isinstance(end, Trained)
    assert (end.state, end.epoch, end.step, end.images_seen) == ("finished", 12, 36, 288)
    assert end.generator == folder.generator().path and end.newest_grid == folder.newest_grid()
    saved = [event for event in events if isinstance(event, CheckpointSaved)]
    assert saved[-1].step == 36 and saved[-1].path.is_file()


def test_the_record_is_true(first) -> None:
    record = first[0].record
    assert (record.state, record.images, record.size, record.preset, record.tags) == (
        "finished", 24, 8, "dcgan", {"mood": "calm"},
    )  # fmt: skip
    assert (record.epoch, record.step, record.images_seen) == (12, 36, 288)
    assert record.versions["tensorflow"] == tf.__version__ and record.ended is not None
    config = from_toml(first[0].config_path.read_text())
    assert (config.precision, config.kimg, config.epochs) == ("float32", None, 12)


def test_metrics_have_one_line_per_tick(first) -> None:
    folder, events = first
    ticks = [event for event in events if isinstance(event, Tick)]
    lines = folder.ticks()
    assert ticks and lines == [json.loads(tick.model_dump_json(exclude_none=True)) for tick in ticks]
    assert {"d_loss", "g_loss", "penalty", "accuracy", "images_per_s", "seconds", "memory_mb"} <= set(lines[0])
    assert lines[-1]["step"] == 36 and 0 <= lines[-1]["accuracy"] <= 1


def test_sheets_show_the_fixed_latents(first) -> None:
    folder, events = first
    assert np.array_equal(np.load(folder.latents_path), latents(range(4), 16))
    grids = [event for event in events if isinstance(event, GridSaved)]
    with Image.open(grids[-1].path) as sheet, Image.open(folder.reals_path) as reals:
        assert sheet.size == reals.size == (2 * 34 + 2, 2 * 34 + 2)
        assert sheet.info["artgan:run"] == folder.name


def test_what_is_kept_is_thinned(first) -> None:
    folder, events = first
    saved = {event.epoch for event in events if isinstance(event, CheckpointSaved)}
    kept = [checkpoint.epoch for checkpoint in folder.generators()]
    assert len(saved) > 4 == len(kept)
    assert (kept[0], kept[-1]) == (min(saved), max(saved))
    gaps = np.diff(np.log1p(kept[:-1]))  # the newest is there whatever its distance
    assert gaps.max() < 4 * gaps.min()
    assert [path.name for path in folder.models.glob("dis_*")] == ["dis_000012.keras"]
    assert len(list(folder.states.iterdir())) == 2
    assert not list(folder.path.rglob("*.part"))


def test_files_open_with_plain_keras_and_name_nothing_of_artgan(first):
    """Where there is no artgan at all, ``tests/models`` opens one."""
    folder, _ = first
    path, critic = folder.generator().path, next(folder.models.glob("dis_*"))
    for one in (path, critic):
        with zipfile.ZipFile(one) as archive:
            assert b"artgan" not in archive.read("config.json")
    assert keras.models.load_model(critic).output_shape == (None, 1)
    plain = keras.models.load_model(path)(np.load(folder.latents_path)).numpy()
    ours = paint(load_generator(path), np.load(folder.latents_path)).astype(int)
    assert np.abs(ours - np.clip(np.rint((plain + 1) * 127.5), 0, 255)).max() <= 1
    assert len(np.unique(ours)) > 20


def test_a_latent_gives_the_same_bytes_in_any_batch(first) -> None:
    generator = load_generator(first[0].generator().path)
    vectors = latents(range(10), 16)
    ten = paint(generator, vectors)
    assert np.array_equal(ten, np.concatenate([paint(generator, vectors[i : i + 1]) for i in range(10)]))
    assert np.array_equal(ten[4:7], paint(generator, vectors[4:7]))


def test_tensorboard_files_hold_the_same_numbers(first) -> None:
    folder, events = first
    found: dict[tuple[str, int], float] = {}
    tags = set()
    for path in (folder.path / "tensorboard").iterdir():
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                tags.add((value.tag, value.metadata.plugin_data.plugin_name))
                if value.tag == "d_loss":
                    found[value.tag, event.step] = float(tf.make_ndarray(value.tensor))
    assert {("d_loss", "scalars"), ("images_per_s", "scalars"), ("samples", "images")} <= tags
    assert found == pytest.approx({("d_loss", line["step"]): line["d_loss"] for line in folder.ticks()})
    assert any("tensorboard --logdir" in event.text for event in events if isinstance(event, Note))


LAZY = """
import sys
from artgan.training import config, events
from artgan.training.loop import train
next(train("drawn", {"size": 8, "epochs": 1}, datasets_dir=sys.argv[1], runs_dir=sys.argv[2]))
assert not {"tensorflow", "keras"} & sys.modules.keys()
"""


def test_the_first_event_comes_before_tensorflow(datasets, tmp_path, python) -> None:
    process = python(LAZY, datasets, tmp_path / "runs")
    assert process.wait(300) == 0, process.stderr.read()[-2000:]


def test_time_ends_a_run_and_what_is_held_out_is_not_learned(trainings) -> None:
    folder, events = trainings.run({"time": "1s", "holdout": 0.25, "save_every": 60})
    plan = next(event for event in events if isinstance(event, Planned))
    assert (plan.images, plan.held_out, plan.planned_images) == (18, 6, None)
    assert 1 <= folder.record.seconds < 10 and folder.record.reason == "1 s have passed"
    with pytest.raises(UsageError, match="holding out 24 of 24"):
        list(trainings.events({"epochs": 1, "holdout": 24}))


def test_stopping_saves_and_going_on_ends_the_plan(trainings) -> None:
    stop = False
    plan = {"epochs": 1000, "save_every": "1h"}
    stream = trainings.events(plan, should_stop=lambda: stop)
    for event in stream:
        stop = stop or isinstance(event, Progress)
    assert (event.state, event.reason) == ("stopped", "asked to stop")
    assert 0 < event.step < 3000
    folder = RunFolder(event.path)
    assert folder.record.state == "stopped" and folder.generator().epoch == event.epoch

    resumed = trainings.events(resume=folder.name)
    planned = next(event for event in resumed if isinstance(event, Planned))
    assert planned.resumed_from_step == event.step and planned.run == folder.name
    assert RunFolder(folder.path).current().state == "running"
    with pytest.raises(BusyError, match="another process"):
        next(trainings.events(resume=folder.name))
    # Its reader goes away: the record says so, and the run is free.
    next(resumed)
    resumed.close()
    record = RunFolder(folder.path).record
    assert (record.state, record.reason) == ("stopped", "its reader went away")
    again, events = trainings.run({"epochs": event.epoch + 1}, resume=folder.name)
    assert (again.record.state, events[-1].epoch) == ("finished", event.epoch + 1)
    assert from_toml(again.config_path.read_text()).epochs == event.epoch + 1
    steps = [tick["step"] for tick in again.ticks()]
    assert steps == sorted(set(steps))


@pytest.mark.parametrize(
    ("options", "how", "words"),
    [
        ({"lr": 0.5}, {}, ["lr 0.5", "0.0004"]),
        ({"size": 16}, {}, ["size 16", "8"]),
        ({"epochs": 20}, {"dataset": "other"}, ["other", "not those"]),
        ({"epochs": 3, "kimg": 1}, {}, ["epochs", "kimg"]),
        ({"lengths": 3}, {}, ["lengths"]),
    ],
)
def test_another_training_is_no_resume(copied, trainings, options, how, words) -> None:
    before = copied.record_path.read_bytes()
    with pytest.raises(UsageError) as caught:
        list(trainings.events(options, resume=copied.name, **how))
    assert all(word in caught.value.message for word in words), caught.value.message
    assert caught.value.hint
    assert copied.record_path.read_bytes() == before


def test_resume_and_init_exclude_each_other_and_unknown_runs_are_said(trainings) -> None:
    with pytest.raises(UsageError, match="--init"):
        next(trainings.events(resume="a", init="b"))
    with pytest.raises(NotFoundError, match="nothing-here"):
        next(trainings.events(resume="nothing-here"))


def test_a_gpu_that_is_not_there_is_said(trainings) -> None:
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    with pytest.raises(SetupError, match="no GPU"):
        list(trainings.events({"epochs": 1, "device": "gpu"}))


def test_a_dataset_that_is_not_prepared_is_prepared_first(datasets, trainings, tmp_path) -> None:
    import shutil

    trainings.datasets = Path(shutil.copytree(datasets, tmp_path / "datasets"))
    shutil.rmtree(trainings.datasets / "drawn" / "prepared")
    with pytest.raises(UsageError, match="dry run"):
        list(trainings.events({"epochs": 1}, dry_run=True))
    begun = trainings.events({"epochs": 1})
    stages = []
    for event in begun:
        stages.append(getattr(event, "stage", getattr(event, "text", "")))
        if stages[-1] == "getting TensorFlow ready":
            break
    begun.close()
    assert stages[0] == "drawn is not prepared at 8 px yet: doing that first" and "prepare" in stages
