"""A training that is told of classes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from artgan.datasets.manifest import DatasetFolder
from artgan.errors import UsageError
from artgan.events import Note
from artgan.models.files import load_generator
from artgan.models.painting import class_count
from artgan.training.events import Planned

GENRE = {"condition": "genre", "epochs": 2}


@pytest.fixture
def told(labelled, trainings):
    """Trainings on pictures whose genre is known, but of one; a test may change them."""
    trainings.datasets = Path(shutil.copytree(labelled, trainings.runs.with_name("labelled")))
    dataset = DatasetFolder(trainings.datasets / "drawn")
    *others, last = dataset.records()
    dataset.write_records([*others, last.model_copy(update={"genre": None})])
    return trainings


def texts(events) -> list[str]:
    return [event.text for event in events if isinstance(event, Note)]


def test_what_has_no_class_is_neither_learned_nor_held_out(told) -> None:
    folder, events = told.run({**GENRE, "holdout": 3, "augment_p": "auto"})
    assert "2 genres: landscape 13, still-life 10; left out: 1 of unknown genre" in texts(events)
    plan = next(event for event in events if isinstance(event, Planned))
    assert (plan.images, plan.held_out) == (20, 3)
    assert folder.record.classes == ["landscape", "still-life"]
    assert class_count(load_generator(folder.generator().path)) == 2
    _check_that_it_does_not_go_on_with_other_classes(told, folder)


def test_a_run_of_classes_is_resumed_exactly(told, state_arrays) -> None:
    options = {**GENRE, "deterministic": True, "save_every": "1h", "joint": True, "penalty_every": 1}
    straight, _ = told.run({**options, "epochs": 6}, name="straight")
    halfway, _ = told.run({**options, "epochs": 3}, name="halfway")
    records = DatasetFolder(told.datasets / "drawn")
    # A painting that is dropped later is learned on: the run goes on with the pictures it began with.
    records.write_records(
        r.model_copy(update={"status": "dropped"}) if r.genre == "landscape" else r for r in records.records()
    )
    resumed, _ = told.run({"epochs": 6}, resume=halfway.name)
    expected, found = state_arrays(straight), state_arrays(resumed)
    assert [name for name in expected if not np.array_equal(expected[name], found[name])] == []


def _check_that_it_does_not_go_on_with_other_classes(told, run) -> None:
    dataset = DatasetFolder(told.datasets / "drawn")
    renamed = {"landscape": "marina", "still-life": "still-life", None: None}
    before = dataset.records()
    dataset.write_records(r.model_copy(update={"genre": renamed[r.genre]}) for r in before)
    with pytest.raises(UsageError, match=r"learns 20 paintings of landscape, still-life; .* 20 of marina, still-life"):
        list(told.events({"epochs": 3}, resume=run.name))
    dataset.write_records(r.model_copy(update={"genre": r.genre or "landscape"}) for r in before)
    with pytest.raises(UsageError, match="would be 21 of landscape, still-life") as caught:
        list(told.events({"epochs": 3}, resume=run.name))
    assert f"--init {run.name} --condition genre" in caught.value.hint
    with pytest.raises(UsageError, match="condition 'none' differs from the run's own 'genre'"):
        list(told.events({"condition": "none"}, resume=run.name))


def test_a_run_without_classes_is_where_one_of_classes_begins(told, first) -> None:
    plain, _ = first
    run, events = told.run(GENRE, init=plain.path)
    assert "generator: 2 of 3 layers reused, fresh: class" in texts(events)
    assert "discriminator: 2 of 3 layers reused, fresh: class" in texts(events)
    assert run.record.classes and not plain.record.classes


def test_what_cannot_be_learned_is_refused_before_a_run_is_made(told) -> None:
    with pytest.raises(UsageError, match="the preset keragan knows no classes: condition genre must be none"):
        list(told.events({**GENRE, "preset": "keragan"}))
    with pytest.raises(UsageError, match="has no two artists of 10 paintings or more: none is known"):
        list(told.events({**GENRE, "condition": "artist"}))
    assert not told.runs.exists()
