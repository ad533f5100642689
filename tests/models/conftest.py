"""Small networks and the files that old and new Keras make of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

layers = keras.layers


def randomised(model: keras.Model, seed: int) -> keras.Model:
    """Give every weight, batch statistics too, a value that a forgotten or exchanged array would show."""
    draw = np.random.default_rng(seed)
    for variable in model.weights:
        values = draw.normal(0, 0.3, variable.shape)
        variable.assign(np.abs(values) + 0.2 if "variance" in variable.path else values)
    return model


@pytest.fixture(scope="session")
def generator() -> keras.Model:
    """keragan's generator in small: 8 numbers to 16 px."""
    x = latents = keras.Input((8,))
    x = layers.Dense(4 * 4 * 8, activation="relu")(x)
    x = layers.Reshape((4, 4, 8))(x)
    for filters in (8, 6):
        x = layers.UpSampling2D()(x)
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = layers.BatchNormalization(momentum=0.8)(x)
        x = layers.Activation("relu")(x)
    x = layers.Conv2D(3, 3, padding="same")(x)
    return randomised(keras.Model(latents, layers.Activation("tanh")(x)), 1)


@pytest.fixture(scope="session")
def discriminator() -> keras.Model:
    """keragan's discriminator in small: 16 px to a score."""
    x = pictures = keras.Input((16, 16, 3))
    for filters in (4, 6):
        x = layers.Conv2D(filters, 3, padding="same", strides=1)(x)
        x = layers.AveragePooling2D(2)(x)
        x = layers.BatchNormalization(momentum=0.8, epsilon=0.01)(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
        x = layers.Dropout(0.3)(x)
    x = layers.Flatten()(x)
    return randomised(keras.Model(pictures, layers.Dense(1, activation="sigmoid")(x)), 2)


@pytest.fixture(scope="session")
def latents() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)


def described(model: keras.Model, version: str) -> list[dict]:
    """Describe a chain of layers as that Keras did."""
    entries = []
    for layer in model.layers[1:]:
        settings = {key: value for key, value in layer.get_config().items() if not isinstance(value, dict)}
        if "negative_slope" in settings:
            settings["alpha"] = settings.pop("negative_slope")
        if version == "2.2.4":
            settings.pop("groups", None)
        else:
            settings |= {"dtype": "float32", "trainable": False}
            if isinstance(layer, layers.BatchNormalization):
                settings["axis"] = [3]
        entries.append({"class_name": type(layer).__name__, "config": settings})
    shape = [None, *model.input_shape[1:]]
    entries[0]["config"]["batch_input_shape"] = shape
    if version != "2.2.4":
        first = {"batch_input_shape": shape, "dtype": "float32", "name": "first_input"}
        entries.insert(0, {"class_name": "InputLayer", "config": first})
    return entries


@pytest.fixture(scope="session")
def keras2_entries() -> Callable[[keras.Model, str], list[dict]]:
    return described


@pytest.fixture(scope="session")
def write_keras2() -> Callable[..., None]:
    """Return a function that writes ``model`` as Keras 2.2.4, 2.4.0, ... did; ``entries`` replaces its layers."""

    def write(path: Path, model: keras.Model, version: str, *, flat: bool = False, entries: list | None = None) -> None:
        entries = described(model, version) if entries is None else entries
        sequential = {"class_name": "Sequential", "config": {"name": "sequential_1", "layers": entries}}
        outer_input = {"batch_input_shape": [None, *model.input_shape[1:]], "name": "input_2"}
        nest = {
            "class_name": "Model" if version == "2.2.4" else "Functional",
            "config": {
                "name": "model_2",
                "layers": [
                    {"class_name": "InputLayer", "config": outer_input, "name": "input_2", "inbound_nodes": []},
                    {**sequential, "name": "sequential_1", "inbound_nodes": [[["input_2", 0, 0, {}]]]},
                ],
                "input_layers": [["input_2", 0, 0]],
                "output_layers": [["sequential_1", 1, 0]],
            },
        }
        text = json.dumps(sequential if flat else nest)
        with h5py.File(path, "w") as file:
            file.attrs["keras_version"] = version
            file.attrs["backend"] = "tensorflow"
            file.attrs["model_config"] = text.encode() if version == "2.2.4" else text
            weights = file.create_group("model_weights")
            for layer in model.layers:
                group = weights.require_group(layer.name if flat else "sequential_1")
                for variable in layer.weights:
                    group[f"{layer.name}/{variable.name}:0"] = np.asarray(variable)
                    # What a discriminator's file also holds: the optimizer's arrays, under the same names.
                    file[f"optimizer_weights/Adam/{layer.name}/{variable.name}:0"] = np.zeros(variable.shape)

    return write
