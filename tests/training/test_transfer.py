"""Beginning with the weights of other networks."""

from __future__ import annotations

import numpy as np
import pytest

from artgan.errors import NotFoundError, UsageError
from artgan.events import Note
from artgan.models.files import load_generator
from artgan.models.presets import NetworkSpec, find_preset
from artgan.training.events import Planned
from artgan.training.transfer import transfer

DCGAN = find_preset("dcgan")


def generator(size: int, latent_dim: int = 16, fused: bool = False):
    return DCGAN.build_generator(NetworkSpec(size, latent_dim, fused=fused))


def test_the_same_network_takes_over_everything() -> None:
    source, target = generator(16), generator(16, fused=True)
    result = transfer(source, target, "generator")
    assert not result.fresh
    assert all(np.array_equal(a, b) for a, b in zip(source.get_weights(), target.get_weights(), strict=True))


def test_another_size_keeps_the_stages_it_shares() -> None:
    source, target = generator(64), generator(128)
    before = target.get_weights()
    result = transfer(source, target, "generator")
    assert len(result.reused) == 7 and len(result.fresh) == 3
    assert "7 of 10 layers reused" in str(result) and all(name in str(result) for name in result.fresh)
    assert np.array_equal(target.get_weights()[-2], source.get_weights()[-2])  # the last convolution
    assert np.array_equal(target.get_weights()[0], before[0])  # the first layer is another one


def test_half_a_network_is_refused_and_nothing_changes() -> None:
    source, target = generator(8, latent_dim=5), generator(32)
    before = target.get_weights()
    with pytest.raises(UsageError, match=r"only \d of the \d layers"):
        transfer(source, target, "generator")
    assert all(np.array_equal(a, b) for a, b in zip(before, target.get_weights(), strict=True))


def test_a_run_begins_from_another_one_on_other_paintings(first, trainings) -> None:
    source, _ = first
    folder, events = trainings.run({"epochs": 1}, dataset="other", init=str(source.path), name="first")
    assert folder.path != source.path and folder.name.startswith("first-")
    notes = [event.text for event in events if isinstance(event, Note)]
    assert "generator: 2 of 2 layers reused" in notes and "discriminator: 2 of 2 layers reused" in notes
    assert "learning rate 0.0002" in notes  # half of the preset's
    assert next(e for e in events if isinstance(e, Planned)).begun_from == folder.record.begun_from == source.name
    # One pass at half the rate: it must still be near to where it began, and have moved.
    began, ended = (load_generator(run.generator().path).get_weights() for run in (source, folder))
    distance = max(float(np.abs(a - b).max()) for a, b in zip(began, ended, strict=True))
    assert 0 < distance < 0.01


def test_a_bare_file_gives_the_generator_alone(first, trainings) -> None:
    events = trainings.events({"epochs": 1}, init=first[0].generator().path, dry_run=True)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert "generator: 2 of 2 layers reused" in notes
    assert not any("discriminator" in note for note in notes)
    assert not trainings.runs.exists()  # a dry run writes nothing


def test_what_does_not_fit_or_exist_is_refused_before_a_run_is_made(first, trainings) -> None:
    with pytest.raises(UsageError, match="of the generator fit"):
        list(trainings.events({"size": 16, "latent_dim": 7, "epochs": 1}, init=first[0].path))
    begun = trainings.events({"epochs": 1}, init="no-such-run")
    with pytest.raises(NotFoundError, match="no-such-run"):
        next(begun)
    assert not trainings.runs.exists()
