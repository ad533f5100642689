"""A training judges itself: KID in its metrics, and the best generator kept apart."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from artgan.events import Note
from artgan.models.files import load_generator
from artgan.runs.record import Best
from artgan.training import judging
from artgan.training.events import CheckpointSaved, Tick
from artgan.training.judging import planned_interval
from artgan.training.resolving import resolve


@pytest.fixture
def few(monkeypatch):
    """Sixteen pictures are judged at a time, since five hundred take ten seconds."""
    monkeypatch.setattr(judging, "_SAMPLES", 16)


def test_a_training_judges_itself_and_names_its_best(trainings, few):
    folder, events = trainings.run({"epochs": 3, "eval_every": "0.01s", "keep": 2})
    judged = [tick for tick in folder.ticks() if "kid_lite0" in tick]
    assert [t.kid_lite0 for t in events if isinstance(t, Tick) and t.kid_lite0 is not None] == [
        tick["kid_lite0"] for tick in judged
    ]
    assert len(judged) >= 3 and judged[-1]["step"] == folder.record.step
    assert all(tick["kid_lite0_error"] > 0 for tick in judged)
    costs = [tick["judging_cpu_seconds"] for tick in judged]
    assert costs == sorted(costs) and costs[-1] < judged[-1]["cpu_seconds"]
    best = folder.best()
    assert isinstance(best, Best) and best.samples == 16
    assert (best.epoch, best.kid_lite0) in [(tick["epoch"], tick["kid_lite0"]) for tick in judged]
    # Each one that became the best was better than the one before by its error, and none after it was.
    bar = float("inf")
    for tick in judged:
        if tick["kid_lite0"] + tick["kid_lite0_error"] < bar:
            bar = tick["kid_lite0"]
    assert bar == best.kid_lite0
    assert len(folder.generators()) == 2 and load_generator(folder.generator("best").path).output_shape == (
        None, 8, 8, 3,
    )  # fmt: skip
    assert f"judged epoch {best.epoch}: KID" in folder.log_path.read_text(encoding="utf-8")


def test_judging_changes_nothing_that_is_learned(first, trainings, few, state_arrays):
    plain = first[0]
    judged, _ = trainings.run({"epochs": 12, "deterministic": True, "eval_every": "0.1s", "save_every": "0.1s"})
    assert plain.best() is None and judged.best() is not None
    arrays = state_arrays(plain), state_arrays(judged)
    assert arrays[0].keys() == arrays[1].keys()
    assert all((arrays[0][name] == arrays[1][name]).all() for name in arrays[0])


def test_a_resume_keeps_the_best(copied, trainings, few):
    assert copied.consider(copied.generator(), (-1.0, 0.01), 16)
    best, weights = copied.best(), copied.generator("best").path.read_bytes()
    list(trainings.events({"epochs": 13, "eval_every": "1h"}, resume=copied.name))
    assert "kid_lite0" in copied.ticks()[-1]
    assert copied.best() == best and copied.generator("best").path.read_bytes() == weights
    assert copied.generator().epoch > best.epoch


def test_a_run_that_has_nothing_left_to_learn_is_judged_without_a_line(copied, trainings, few):
    lines = copied.ticks()
    list(trainings.events({"epochs": 12, "eval_every": "0.0001s"}, resume=copied.name))
    assert copied.best() is not None and copied.ticks() == lines


def test_who_asks_to_stop_does_not_wait_for_a_judgement(trainings, few):
    saved: list[CheckpointSaved] = []
    options = {"epochs": 500, "eval_every": "1h", "save_every": "1s"}
    events = trainings.events(options, should_stop=lambda: bool(saved))
    for event in events:
        saved += [event] if isinstance(event, CheckpointSaved) else []
        assert not (isinstance(event, Note) and "judging" in event.text)
    assert saved


@pytest.mark.parametrize(
    ("length", "images_per_s", "expected"),
    [
        ({"time": "9m"}, 100, 0), ({"time": "10m"}, 100, 300), ({"kimg": 100}, 100, 300), ({"kimg": 1}, 100, 0),
        ({"time": "9m", "eval_every": "30s"}, 100, 30), ({"time": "10h", "eval_every": "0"}, 100, 0),
        ({"time": "9m", "until_good": True}, 100, 300),
    ],
)  # fmt: skip
def test_unless_it_is_said_only_a_training_of_ten_minutes_is_judged(length, images_per_s, expected):
    config = resolve(length)
    images = None if config.kimg is None else round(config.kimg * 1000)
    session = SimpleNamespace(planned_images=images)
    job = SimpleNamespace(config=config, session=session, images_per_s=images_per_s)
    assert planned_interval(job) == expected
