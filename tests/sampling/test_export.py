"""Exported generators are read back and compared before anybody relies on them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan import seeds
from artgan.errors import ArtganError, UsageError
from artgan.models.files import load_generator, save_generator
from artgan.sampling.export import export_generator

layers = keras.layers


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    x = latents = keras.Input((8,))
    x = layers.Reshape((8, 8, 4))(layers.Dense(256, activation="relu")(x))
    x = layers.Conv2D(6, 3, padding="same")(layers.UpSampling2D()(x))
    x = layers.ReLU()(layers.BatchNormalization()(x))
    model = keras.Model(latents, layers.Conv2D(3, 3, padding="same", activation="tanh")(x))
    path = tmp_path_factory.mktemp("models") / "gen_000003.keras"
    save_generator(model, path)
    return path


@pytest.fixture(scope="module")
def pictures(source):
    return np.asarray(load_generator(source)(seeds.latents(range(3), 8)))


@pytest.mark.parametrize("to", ["keras", "h5"])
def test_keras_formats_are_exact(source, pictures, tmp_path, to):
    made = export_generator(source, to, tmp_path / f"flowers.{to}")
    assert made.max_difference == 0.0
    assert made.bytes == made.path.stat().st_size
    plain = keras.models.load_model(made.path)
    assert np.array_equal(plain(seeds.latents(range(3), 8)), pictures)
    assert [file.name for file in tmp_path.iterdir()] == [f"flowers.{to}"]


def test_saved_model_serves_the_same_pictures(source, pictures, tmp_path):
    made = export_generator(source, "savedmodel", tmp_path / "flowers")
    assert made.max_difference <= 1e-5
    saved = tf.saved_model.load(str(made.path))
    served = saved.serve(seeds.latents(range(3), 8))
    assert np.max(np.abs(served - pictures)) <= 1e-5
    assert [folder.name for folder in tmp_path.iterdir()] == ["flowers"]
    export_generator(source, "savedmodel", made.path, force=True)


def test_onnx_paints_the_same_pictures_by_a_runtime_of_its_own(source, pictures, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    made = export_generator(source, "onnx", tmp_path / "flowers.onnx")
    assert made.max_difference <= 1e-3 and made.bytes == made.path.stat().st_size
    session = onnxruntime.InferenceSession(made.path, providers=["CPUExecutionProvider"])
    (painted,) = session.run(["pictures"], {"latents": seeds.latents(range(3), 8)})
    assert np.abs(painted - pictures).max() <= 1e-3
    assert [file.name for file in tmp_path.iterdir()] == ["flowers.onnx"]


def test_what_is_not_made_of_plain_operations_is_told(tmp_path):
    latents = keras.Input((8,))
    x = layers.Softmax()(layers.Reshape((8, 8, 3))(layers.Dense(192)(latents)))
    save_generator(keras.Model(latents, x), tmp_path / "gen_000001.keras")
    for to, name in (("onnx", "x.onnx"), ("web", "x")):
        with pytest.raises(ArtganError, match="Softmax is not known"):
            export_generator(tmp_path / "gen_000001.keras", to, tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == ["gen_000001.keras"]


def test_nothing_is_overwritten_unasked(source, tmp_path):
    (tmp_path / "flowers.keras").write_text("mine")
    with pytest.raises(UsageError, match=r"exists already.*--force"):
        export_generator(source, "keras", tmp_path / "flowers.keras")
    assert (tmp_path / "flowers.keras").read_text() == "mine"
    export_generator(source, "keras", tmp_path / "flowers.keras", force=True)
    load_generator(tmp_path / "flowers.keras")


def test_force_does_not_delete_a_folder_that_is_no_export(source, tmp_path):
    (tmp_path / "paintings").mkdir()
    (tmp_path / "paintings" / "a.jpg").write_text("mine")
    with pytest.raises(UsageError, match="no earlier savedmodel export"):
        export_generator(source, "savedmodel", tmp_path / "paintings", force=True)
    assert (tmp_path / "paintings" / "a.jpg").exists()


def test_wrong_endings_and_formats_are_usage_errors(source, tmp_path):
    with pytest.raises(UsageError, match=r"ends in \.h5.*x\.h5"):
        export_generator(source, "h5", tmp_path / "x.hdf")
    with pytest.raises(UsageError, match="cannot export to 'tflite'"):
        export_generator(source, "tflite", tmp_path / "x.tflite")


def test_a_network_the_format_cannot_hold_is_an_error_and_leaves_nothing(tmp_path):
    # The old .h5 format forgets keras.ops; the same network survives as .keras and as a saved model.
    latents, label = keras.Input((8,)), keras.Input((1,), dtype="int32")
    x = latents + layers.Flatten()(layers.Embedding(3, 8)(label))
    x = keras.ops.tanh(layers.Reshape((4, 4, 3))(layers.Dense(48)(x)))
    save_generator(keras.Model([latents, label], x), tmp_path / "gen.keras")
    (tmp_path / "x.h5").write_text("mine")
    with pytest.raises(ArtganError, match="does not survive as h5"):
        export_generator(tmp_path / "gen.keras", "h5", tmp_path / "x.h5", force=True)
    assert (tmp_path / "x.h5").read_text() == "mine"
    assert export_generator(tmp_path / "gen.keras", "keras", tmp_path / "x.keras").max_difference == 0.0
    assert export_generator(tmp_path / "gen.keras", "savedmodel", tmp_path / "x").max_difference <= 1e-5
