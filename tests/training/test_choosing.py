"""What a training does where nobody said it: the preset, and the networks that it begins with."""

from __future__ import annotations

import pytest

from artgan.errors import UsageError
from artgan.events import Note
from artgan.models.presets import PRESETS, NetworkSpec, choose, recognise
from artgan.runs.folder import RunFolder
from artgan.runs.store import NOTHING, STARTER, find_run
from artgan.training.config import from_toml, to_toml
from artgan.training.events import Planned
from artgan.training.job import source_for, starter_for
from artgan.training.resolving import possible, resolve, settled

LADDER = {"preset": "fast", "grow": "16,32"}
AUTO = {"preset": "auto", "size": 32, "batch_size": 8, "epochs": 1, "grid": 4, "precision": "float32"}


@pytest.mark.parametrize(
    ("machine", "preset", "reason"),
    [
        ((False, 64, 3000), "fast", "CPU"),
        ((False, 512, 3000), "fast", "CPU"),
        ((True, 64, 3000), "fast", "64 px"),
        ((True, 256, 300), "fast", "300 paintings"),
        ((True, 128, 500), "quality", "500 paintings"),
    ],
)
def test_device_size_and_paintings_choose(machine: tuple[bool, int, int], preset: str, reason: str) -> None:
    chosen, why = choose(*machine)
    assert chosen == preset and reason in why


def test_under_auto_nothing_is_settled_but_what_was_given() -> None:
    open_ = resolve({"size": 128, "lr": 0.01})
    assert open_.known() == {"schema_version": 1, "size": 128, "preset": "auto", "lr": 0.01}
    assert from_toml(to_toml(open_)) == open_
    config = settled(open_, "quality", begun=True)
    assert (config.preset, config.size, config.lr, config.batch_size) == ("quality", 128, 0.01, 32)
    assert settled(resolve({}), "fast", begun=True).lr == settled(resolve({}), "fast").lr / 2
    assert set(possible({"size": 128})) == {"fast", "quality"}
    assert possible({"preset": "keragan"}).keys() == {"keragan"}


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_networks_are_recognised_by_their_shapes(preset: str) -> None:
    spec = NetworkSpec(16, 6)
    generator, critic = PRESETS[preset].build_generator(spec), PRESETS[preset].build_discriminator(spec)
    assert recognise(generator, critic) == preset


def test_a_new_run_begins_with_the_starter_where_that_fits(trainings) -> None:
    folder, events = trainings.run(AUTO)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert "preset fast: a CPU learns it quickest" in notes
    assert any(note.startswith("generator: ") and "reused" in note for note in notes)
    plan = next(event for event in events if isinstance(event, Planned))
    assert plan.begun_from == folder.record.begun_from == STARTER and folder.record.preset == "fast"
    config = from_toml(folder.config_path.read_text(encoding="utf-8"))
    assert (config.preset, config.lr) == ("fast", resolve({"preset": "fast"}).lr / 2)


def test_from_nothing_is_from_nothing(trainings) -> None:
    (plan,) = (e for e in trainings.events(AUTO, init=NOTHING, dry_run=True) if isinstance(e, Planned))
    assert plan.begun_from is None


def test_the_starter_fits_its_own_recipe_alone(tmp_path) -> None:
    assert starter_for(resolve({"preset": "fast", "size": 128})).name == STARTER
    for other in (
        {"preset": "auto"},
        {"preset": "fast", "size": 16},
        {"preset": "dcgan"},
        {"preset": "fast", "size": 256},
        {"preset": "fast", "loss": "bce"},
        LADDER,
    ):
        assert starter_for(resolve(other)) is None
    assert source_for(NOTHING, resolve({"preset": "fast"}), tmp_path) is None
    assert source_for(STARTER, resolve({"preset": "dcgan"}), tmp_path).discriminator is not None


def test_a_run_goes_on_with_the_preset_of_the_networks_it_begins_with(first, trainings) -> None:
    options = {**AUTO, "size": 8, "augment": "", "penalty_every": 1}
    events = list(trainings.events(options, init=first[0].path, dry_run=True))
    assert f"preset dcgan: as {first[0].name}" in [event.text for event in events if isinstance(event, Note)]


def test_the_starter_is_small_and_paints_but_does_not_go_on_itself(trainings) -> None:
    starter: RunFolder = find_run(trainings.runs, STARTER)
    files = [path for path in starter.path.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 8e6 and not starter.reals_path.exists()
    assert "KID" in (starter.path / "README.md").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="does not go on itself"):
        list(trainings.events(resume=STARTER))
