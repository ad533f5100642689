"""Beginning with the weights of other networks."""

from __future__ import annotations

import numpy as np
import pytest

from artgan.errors import NotFoundError, UsageError
from artgan.events import Note
from artgan.models.files import load_generator, load_model
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


@pytest.mark.parametrize("preset", ["dcgan", "fast", "quality"])
@pytest.mark.parametrize("size", [16, 32])
def test_networks_that_are_told_of_classes_begin_where_others_ended(preset: str, size: int) -> None:
    recipe, draw = find_preset(preset), np.random.default_rng(0)
    values = {
        "generator": draw.normal(size=(4, 16)).astype(np.float32),
        "discriminator": draw.uniform(-1, 1, (4, size, size, 3)).astype(np.float32),
    }
    classes = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0]], np.float32)
    for network, value in values.items():
        build = getattr(recipe, f"build_{network}")
        source, target = build(NetworkSpec(size, 16)), build(NetworkSpec(size, 16, classes=3, fused=True))
        source.set_weights([w + draw.normal(0, 0.1, w.shape) ** 2 for w in source.get_weights()])
        assert transfer(source, target, network).fresh == ["class"]
        # At first the class counts for nothing: the same pictures, the same scores.
        assert np.allclose(source(value), target([value, classes]), atol=2e-5, rtol=1e-4)
        back = build(NetworkSpec(size, 16))
        assert not transfer(target, back, network).fresh
        assert np.allclose(source(value), back(value), atol=2e-5, rtol=1e-4)


def test_half_a_network_is_refused_and_nothing_changes() -> None:
    source, target = generator(8, latent_dim=5), generator(32)
    before = target.get_weights()
    with pytest.raises(UsageError, match=r"only \d of the \d layers of the generator fit .*; not Dense 16x4096"):
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


def test_a_frozen_critic_begins_from_a_trained_one_or_not_at_all(first, trainings) -> None:
    source, _ = first
    frozen = {"epochs": 1, "freeze_critic": 1}
    folder, _ = trainings.run(frozen, dataset="other", init=str(source.path))
    began, ended = (load_model(max(run.models.glob("dis_*"))).get_weights() for run in (source, folder))
    same = [np.allclose(a, b, rtol=1e-3) for a, b in zip(began, ended, strict=True)]
    assert same[0] and not all(same)
    with pytest.raises(UsageError, match="brings no critic"):
        list(trainings.events(frozen, init=source.generator().path))
    with pytest.raises(UsageError, match="a new run has none"):
        list(trainings.events(frozen))
