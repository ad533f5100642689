"""The networks of the presets: what they take and give, at every size; and that growing changes nothing by itself."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from artgan.models import fast
from artgan.models.files import load_generator, save_generator
from artgan.models.fused import SmoothUpConv2D, UpConv2D
from artgan.models.presets import PRESETS, NetworkSpec
from artgan.training.transfer import transfer

SIZES = (8, 16, 64)


def latents(count: int, dim: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=(count, dim)).astype(np.float32)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_paints_and_judges_at_every_size(name: str, size: int) -> None:
    preset, spec = PRESETS[name], NetworkSpec(size, 6)
    generator, critic = preset.build_generator(spec), preset.build_discriminator(spec)
    pictures = np.asarray(generator(latents(3, 6)))
    assert pictures.shape == (3, size, size, 3) and pictures.dtype == np.float32
    assert np.abs(pictures).max() <= 1 and pictures.std() > 0
    assert critic(pictures).shape == (3, 1)


@pytest.mark.parametrize("name", ["fast", "quality"])
def test_what_is_saved_opens_with_keras_alone(name: str, tmp_path) -> None:
    generator = PRESETS[name].build_generator(NetworkSpec(16, 6))
    save_generator(generator, tmp_path / "gen_000001.keras", half=False)
    for opened in (
        load_generator(tmp_path / "gen_000001.keras"),
        keras.models.load_model(tmp_path / "gen_000001.keras"),
    ):
        np.testing.assert_allclose(opened(latents(2, 6)), generator(latents(2, 6)), atol=1e-6)


def test_the_networks_that_train_give_what_those_that_are_saved_give() -> None:
    for build in (fast.generator, fast.critic):
        stock, fused = build(NetworkSpec(32, 6)), build(NetworkSpec(32, 6, fused=True))
        fused.set_weights(stock.get_weights())
        given = latents(2, 6) if build is fast.generator else np.tanh(latents(2, 32 * 32 * 3)).reshape(2, 32, 32, 3)
        np.testing.assert_allclose(fused(given), stock(given), atol=1e-5)


@pytest.mark.parametrize("axis", [1, 2])
def test_no_pattern_is_too_fine_for_the_critic(axis: int) -> None:
    """What alternates from pixel to pixel vanishes where neighbours are averaged, and so speckle would remain."""
    critic = fast.critic(NetworkSpec(32, 6))
    grey = np.zeros((1, 32, 32, 3), np.float32)
    lines = (
        np.where(np.arange(32) % 2, 0.5, -0.5).astype(np.float32).reshape((1, 32, 1, 1) if axis == 1 else (1, 1, 32, 1))
    )
    plain, striped = (float(critic(pictures)[0, 0]) for pictures in (grey, grey + lines))
    assert abs(striped - plain) > 1e-3


def test_a_slope_is_doubled_without_steps() -> None:
    """Of a map that rises evenly nothing alternates from pixel to pixel: there is no grid to see."""
    slope = np.broadcast_to(np.arange(8, dtype=np.float32)[:, None, None], (1, 8, 8, 1))
    doubled = np.asarray(SmoothUpConv2D(3)(slope))[0, 4:-4, 4:-4]
    np.testing.assert_allclose(np.diff(doubled, n=2, axis=0), 0, atol=1e-5)
    stepped = np.asarray(UpConv2D(3)(slope))[0, 4:-4, 4:-4]
    assert np.abs(np.diff(stepped, n=2, axis=0)).max() > 0.01


def test_grain_is_each_picture_s_own() -> None:
    """Grain that all pictures share shows through them all, like the weave of one cloth."""
    generator = fast.generator(NetworkSpec(64, 32))
    for layer in generator.layers:
        if layer.name.startswith("colours_"):  # those of a larger map begin at nothing
            kernel, bias = layer.get_weights()
            layer.set_weights([np.random.default_rng(1).normal(0, 0.1, kernel.shape), bias])
    pictures = np.asarray(generator(latents(200, 32)))
    fine = pictures - np.asarray(keras.ops.average_pool(pictures, 5, 1, padding="same"))
    fine = fine[:, 4:-4, 4:-4]  # what an edge does is shared
    assert fine.std() > 0.01
    assert fine.mean(axis=0).std() < 0.3 * fine.std()
    np.testing.assert_array_equal(generator(latents(2, 32)), generator(latents(2, 32)))


def test_a_network_that_has_grown_goes_on_where_it_was() -> None:
    """The critic sees no more than before in a larger picture, and the generator paints the same one, enlarged."""
    small, large = fast.critic(NetworkSpec(32, 6)), fast.critic(NetworkSpec(64, 6))
    assert transfer(small, large, "critic").fresh == ["down_32"]
    pictures = np.tanh(latents(2, 64 * 64 * 3)).reshape(2, 64, 64, 3)
    shrunk = keras.ops.average_pool(pictures, 2, 2)
    np.testing.assert_allclose(large(pictures), small(shrunk), atol=1e-5)

    small, large = fast.generator(NetworkSpec(32, 6)), fast.generator(NetworkSpec(64, 6))
    assert all(name.endswith("_64") for name in transfer(small, large, "generator").fresh)
    enlarge = keras.layers.UpSampling2D(interpolation="bilinear")
    expected = np.tanh(enlarge(np.arctanh(np.asarray(small(latents(2, 6))))))
    np.testing.assert_allclose(large(latents(2, 6)), expected, atol=1e-5)


def test_a_smaller_network_is_had_from_a_larger_one_too() -> None:
    large, small = fast.critic(NetworkSpec(64, 6)), fast.critic(NetworkSpec(32, 6))
    assert not transfer(large, small, "critic").fresh
