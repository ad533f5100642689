"""Options become a configuration, or an error that names the value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artgan.errors import UsageError
from artgan.models.presets import PRESETS
from artgan.training.config import from_toml, parse_duration, to_toml
from artgan.training.resolving import resolve


def test_what_is_left_open_comes_from_the_preset() -> None:
    dcgan = resolve({"preset": "dcgan"})
    assert (dcgan.loss, dcgan.kimg) == ("relativistic", 600.0)
    keragan = resolve({"preset": "keragan"})
    assert (keragan.loss, keragan.lr, keragan.beta1, keragan.ema_kimg, keragan.augment) == ("bce", 1e-4, 0.5, 0.0, "")
    assert resolve({"preset": "keragan", "lr": 0.01}).lr == 0.01


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_a_valid_configuration(preset: str) -> None:
    assert resolve({"preset": preset}).preset == preset


def test_a_length_replaces_that_of_the_preset() -> None:
    config = resolve({"time": "20m"})
    assert (config.time, config.kimg, config.epochs) == (1200.0, None, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 48}, ["48", "32", "64"]),
        ({"size": "many"}, ["size", "many"]),
        ({"lr": 0}, ["lr", "0"]),
        ({"epochs": 3, "time": "5m"}, ["epochs", "time", "5m"]),
        ({"time": "soon"}, ["time", "soon"]),
        ({"augment": "color,rain"}, ["rain", "cutout"]),
        ({"loss": "hing"}, ["hing", "hinge", "relativistic", "wgan-gp"]),
        ({"loss": "wgan-gp", "gamma": 0}, ["wgan-gp", "gamma 0"]),
        ({"loss": "wgan-gp", "preset": "keragan"}, ["separate_batches", "gamma 10"]),
        ({"augment_p": "often"}, ["augment_p", "often", "auto"]),
        ({"augment_p": 1.5}, ["augment_p", "1.5"]),
        ({"critic_steps": 0}, ["critic_steps", "0"]),
        ({"preset": "vae"}, ["vae"]),
        ({"grow": "large"}, ["grow", "large", "32,64"]),
        ({"grow": "64,32", "size": 128}, ["64,32", "rise"]),
        ({"grow": "64"}, ["64", "below 64"]),
        ({"grow": "8", "size": 32}, ["grow 8", "16 px"]),
        ({"learning": 1}, ["learning"]),
        ({"batch_size": 1}, ["batch_size", "1"]),
        ({"separate_batches": True}, ["separate_batches", "gamma 1"]),
    ],
)
def test_a_wrong_value_is_named(options: dict, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(options)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert caught.value.hint


def test_text_is_read_as_the_type_of_the_field() -> None:
    config = resolve({"size": "16", "mirror": "no", "lr": "1e-3", "augment": " color , cutout ", "save_every": "1m30s"})
    assert (config.size, config.mirror, config.lr, config.augment) == (16, False, 1e-3, "color,cutout")
    assert config.save_every == 90.0
    assert resolve({"augment": "none"}).augment == ""


def test_losses_answer_to_the_names_they_had_and_have_in_papers() -> None:
    assert resolve({"loss": "rpgan"}) == resolve({"loss": "relativistic"}) == resolve({})
    assert resolve({"loss": "nonsaturating"}) == resolve({"loss": "bce"})
    assert from_toml(to_toml(resolve({})).replace("relativistic", "rpgan")) == resolve({})


def test_wasserstein_brings_the_weight_of_its_paper() -> None:
    assert resolve({"preset": "dcgan", "loss": "wgan-gp"}).gamma == 10.0
    assert resolve({"preset": "dcgan", "loss": "wgan-gp", "gamma": 2}).gamma == 2.0
    assert resolve({"preset": "dcgan", "loss": "hinge"}).gamma == 1.0


def test_how_often_to_augment_is_a_number_or_auto() -> None:
    assert resolve({}).augment_p == 1.0  # as ever
    assert resolve({"augment_p": "0.3"}).augment_p == 0.3
    adaptive = resolve({"augment_p": "auto"})
    assert adaptive.augment_p == "auto" and from_toml(to_toml(adaptive)) == adaptive


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 99))
def test_durations_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == 3600 * hours + 60 * minutes + seconds


def test_a_configuration_survives_its_file() -> None:
    config = resolve({"preset": "keragan", "epochs": 7, "holdout": 0.25, "seed": 5})
    assert from_toml(to_toml(config)) == config
    with pytest.raises(UsageError):
        from_toml(to_toml(config) + "surprise = 1\n")
    with pytest.raises(UsageError):
        from_toml("size = ")
