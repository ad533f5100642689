"""A run that learns small pictures first, and goes on with larger ones."""

from __future__ import annotations

import pytest

from artgan.events import Event, Note
from artgan.models.files import load_generator, picture_size
from artgan.runs.folder import RunFolder
from artgan.training.events import Grown, Planned, Tick

GROWING = {"preset": "fast", "size": 32, "augment": "", "penalty_every": 1}


@pytest.fixture(scope="module")
def climbed(make_trainings) -> tuple[RunFolder, list[Event]]:
    """A run of 16 px and then 32."""
    return make_trainings("climbed").run(
        {**GROWING, "grow": "16", "epochs": 2, "grow_share": 0.5, "save_every": "0.01s"}
    )


def test_the_ladder_is_one_run(climbed) -> None:
    folder, events = climbed
    plan = next(event for event in events if isinstance(event, Planned))
    assert plan.stages == (16, 32)
    (grown,) = (event for event in events if isinstance(event, Grown))
    assert (grown.size, grown.step) == (32, 3)  # half of 48 images, 8 a step
    # What the larger pictures need more is named; all else goes on.
    generator, critic = grown.transfers
    assert generator.startswith("generator: 12 of ") and "up_32" in generator and "up_16" not in generator
    assert critic.startswith("discriminator: ") and critic.endswith("fresh: down_16")
    sizes = [picture_size(load_generator(checkpoint.path)) for checkpoint in folder.generators()]
    assert sizes == sorted(sizes) and set(sizes) == {16, 32}
    steps = [event.step for event in events if isinstance(event, Tick)]
    assert steps == sorted(steps) and folder.record.step == 6


def test_a_larger_run_begins_from_a_smaller_one(climbed, trainings) -> None:
    small = climbed[0].generators()[0].path
    events = list(trainings.events({**GROWING, "grow": "", "epochs": 1}, init=small, dry_run=True))
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any(note.startswith("generator: 12 of ") and "up_32" in note for note in notes)
