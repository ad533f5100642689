"""Saved generators are small, open anywhere, and come back painting the same."""

from __future__ import annotations

import os
import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest

from artgan.errors import ArtganError, DamagedError, NotFoundError, UnsafeFileError, UsageError
from artgan.models.files import latent_dim, load_generator, load_model, picture_size, save_generator


def painted(model, latents):
    return np.asarray(model(latents, training=False))


def test_half_precision_is_half_the_bytes_and_below_half_a_grey_level(generator, latents, tmp_path):
    # Large kernels, so that the description does not hide the halving.
    x = inputs = keras.Input((64,))
    x = keras.layers.Reshape((16, 16, 32))(keras.layers.Dense(8192)(x))
    large = keras.Model(inputs, keras.layers.Conv2D(3, 3, padding="same", activation="tanh")(x))
    save_generator(large, tmp_path / "half.keras")
    save_generator(large, tmp_path / "full.keras", half=False)
    assert (tmp_path / "half.keras").stat().st_size < 0.55 * (tmp_path / "full.keras").stat().st_size

    save_generator(generator, tmp_path / "gen_000001.keras")
    opened = load_generator(tmp_path / "gen_000001.keras")
    assert {variable.dtype for variable in opened.variables} == {"float32"}
    assert 0 < np.max(np.abs(painted(opened, latents) - painted(generator, latents))) < 1 / 255


def test_full_precision_is_exact_under_any_name(generator, latents, tmp_path):
    save_generator(generator, tmp_path / "gen.keras", half=False)
    (tmp_path / "gen.keras").rename(tmp_path / "no ending")
    opened = load_generator(tmp_path / "no ending")
    assert np.array_equal(painted(opened, latents), painted(generator, latents))
    assert (latent_dim(opened), picture_size(opened)) == (8, 16)


def test_same_model_same_bytes(generator, tmp_path):
    save_generator(generator, tmp_path / "a.keras")
    save_generator(generator, tmp_path / "b.keras")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.keras", "b.keras"]


def test_what_float16_cannot_hold_stays_as_it_is(tmp_path):
    x = inputs = keras.Input((8,))
    huge, tiny = keras.layers.Dense(16), keras.layers.Dense(16)
    normal = keras.layers.BatchNormalization()
    x = normal(tiny(huge(x)))
    model = keras.Model(inputs, keras.layers.Reshape((4, 4, 1))(x))
    huge.kernel.assign(np.full((8, 16), 1e6))
    tiny.kernel.assign(np.full((16, 16), 1e-9))
    normal.moving_variance.assign(np.full(16, 1e-7))
    save_generator(model, tmp_path / "gen.keras")
    opened = load_model(tmp_path / "gen.keras")
    for old, new in zip(model.get_weights(), opened.get_weights(), strict=True):
        assert np.array_equal(old, new)


def test_opens_with_plain_keras_where_artgan_is_not_installed(generator, latents, tmp_path):
    # Nested, with keras.ops, with a second input: all that a generator of ours may be made of.
    label = keras.Input((1,), dtype="int32")
    style = keras.layers.Flatten()(keras.layers.Embedding(3, 8)(label))
    latent = keras.Input((8,))
    pictures = keras.ops.clip(generator(latent + keras.ops.leaky_relu(style)) * 0.9, -1, 1)
    model = keras.Model([latent, label], pictures)
    save_generator(model, tmp_path / "gen.keras")
    classes = np.array([[0], [1], [2], [0]], "int32")
    ours = load_generator(tmp_path / "gen.keras")([latents, classes])
    np.savez(tmp_path / "in.npz", latents=latents, classes=classes)
    script = (
        "import sys; sys.modules['artgan'] = None\n"
        "import keras, numpy as np\n"
        "data = np.load('in.npz'); model = keras.models.load_model('gen.keras')\n"
        "np.save('out.npy', model.predict([data['latents'], data['classes']], verbose=0))"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert np.max(np.abs(np.load(tmp_path / "out.npy") - np.asarray(ours))) < 1e-6


def test_mixed_precision_is_not_saved_and_not_brought_in(latents, tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        inputs = keras.Input((8,))
        x = keras.layers.Reshape((4, 4, 3))(keras.layers.Dense(48, activation="tanh")(inputs))
        mixed = keras.Model(inputs, x)
    finally:
        keras.config.set_dtype_policy("float32")
    with pytest.raises(AssertionError, match="mixed_bfloat16"):
        save_generator(mixed, tmp_path / "gen.keras")
    mixed.save(tmp_path / "other.keras")
    assert painted(load_generator(tmp_path / "other.keras"), latents).dtype == np.float32


def test_keras_3_h5_opens_whatever_it_is_called(generator, latents, tmp_path):
    generator.save(tmp_path / "gen.h5")
    (tmp_path / "gen.h5").rename(tmp_path / "gen.keras")
    assert np.array_equal(painted(load_generator(tmp_path / "gen.keras"), latents), painted(generator, latents))


def test_a_layer_that_plain_keras_does_not_know_is_refused_on_saving(tmp_path):
    class Swirl(keras.layers.Layer):
        def call(self, x):
            return x

    inputs = keras.Input((8,))
    with pytest.raises(UnsafeFileError, match="Swirl"):
        save_generator(keras.Model(inputs, Swirl()(inputs)), tmp_path / "gen.keras")
    assert not list(tmp_path.iterdir())


def test_a_discriminator_is_not_a_generator(discriminator, tmp_path):
    save_generator(discriminator, tmp_path / "dis.keras")
    with pytest.raises(ArtganError, match="takes pictures of 16 x 16 with 3 channels and gives one score"):
        load_generator(tmp_path / "dis.keras")


def test_missing_files_and_folders_are_told_apart(tmp_path):
    with pytest.raises(NotFoundError):
        load_model(tmp_path / "gen.keras")
    with pytest.raises(UsageError, match="is a folder"):
        load_model(tmp_path)


def test_a_description_that_keras_cannot_build_is_damage(generator, tmp_path):
    generator.save(tmp_path / "gen.h5")
    with h5py.File(tmp_path / "gen.h5", "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('"units": 128', '"units": 10000000000000')
    with pytest.raises(DamagedError, match="cannot build it"):
        load_model(tmp_path / "gen.h5")
