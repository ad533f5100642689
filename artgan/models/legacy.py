"""Rebuild the networks that keragan saved with Keras 2, which ``keras.models.load_model`` cannot open.

keragan wraps a ``Sequential`` in a ``Model`` and saves both as ``.h5``. Keras 3 counts the nodes of such a nest
otherwise than Keras 2 and fails on every such file. Here the chain of layers is read from the description, each
layer is made anew from the ten kinds that keragan uses, and its weights are found by name. No loader of Keras takes
part, so that nothing in the file can name a class or a function to run.

keragan trained on OpenCV arrays: its generators paint blue, green, red. ``to_rgb`` turns them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from artgan.errors import DamagedError

# Our argument -> its name in the file. What is not here (initializers, regularizers, ...) matters to training only.
_ARGUMENTS: dict[str, dict[str, str]] = {
    "Dense": {"units": "units", "activation": "activation", "use_bias": "use_bias"},
    "Conv2D": {
        "filters": "filters",
        "kernel_size": "kernel_size",
        "strides": "strides",
        "padding": "padding",
        "dilation_rate": "dilation_rate",
        "groups": "groups",
        "activation": "activation",
        "use_bias": "use_bias",
    },
    "BatchNormalization": {"momentum": "momentum", "epsilon": "epsilon", "center": "center", "scale": "scale"},
    "Activation": {"activation": "activation"},
    "Reshape": {"target_shape": "target_shape"},
    "UpSampling2D": {"size": "size", "interpolation": "interpolation"},
    "AveragePooling2D": {"pool_size": "pool_size", "strides": "strides", "padding": "padding"},
    "LeakyReLU": {"negative_slope": "alpha"},
    "Dropout": {"rate": "rate"},
    "Flatten": {},
}
# Those whose formula is the same in Keras 2 and 3.
_ACTIVATIONS = {"linear", "relu", "tanh", "sigmoid", "softmax", "elu", "selu", "softplus", "softsign"}
_NESTS = {"Sequential", "Model", "Functional"}
_HINT = f"artgan rebuilds old files from {', '.join(_ARGUMENTS)} in one chain"


def rebuild(path: Path, config: dict[str, Any]) -> keras.Model:
    """Make a Keras 3 model of an ``.h5`` file written by Keras 2.

    Works for keragan's generators and discriminators of Keras 2.2.4 ("Model", no InputLayer inside) and later
    ("Functional", InputLayer inside), nested or flat, and for any other chain of the same layers.

    Args:
        path: the file, which ``safety.inspect_model_file`` has passed.
        config: the description of the layers in it.

    Returns:
        A flat functional model, same layer names, all layers trainable, channels in the file's order.

    Raises:
        DamagedError: a layer is of another kind, the layers are no chain, or weights are missing or do not fit.
    """
    try:
        entries = list(_chain(config, path))
        shape = next(entry["config"]["batch_input_shape"] for entry in entries
                     if "batch_input_shape" in entry["config"])[1:]  # fmt: skip
        inputs = outputs = keras.Input(shape)
        made: list[tuple[keras.Layer, list[str]]] = []
        for entry in entries:
            if entry["class_name"] == "InputLayer":
                continue
            layer = _layer(entry, path, len(outputs.shape))
            outputs = layer(outputs)
            made.append((layer, _parts(entry)))
        model = keras.Model(inputs, outputs)
        with h5py.File(path, "r") as file:
            arrays = _arrays(file["model_weights"])
            for layer, parts in made:
                layer.set_weights([_weight(arrays, layer.name, part, path) for part in parts])
    except DamagedError:
        raise
    except Exception as error:
        # A description with missing, ill-typed or impossible numbers makes Python and Keras raise nearly anything.
        raise DamagedError(
            f"{path} cannot be rebuilt: its description or weights do not fit together", _HINT
        ) from error
    return model


def to_rgb(model: keras.Model) -> None:
    """Turn a blue-green-red generator into a red-green-blue one by reversing its last convolution's outputs.

    Args:
        model: ends in a convolution to three channels and at most an activation; changed in place.

    Raises:
        DamagedError: it ends otherwise.
    """
    last = next((layer for layer in reversed(model.layers) if not isinstance(layer, keras.layers.Activation)), None)
    if not isinstance(last, keras.layers.Conv2D) or last.filters != 3:
        raise DamagedError("this old model does not end in a convolution to three colours", _HINT)
    last.set_weights([np.ascontiguousarray(array[..., ::-1]) for array in last.get_weights()])


def _chain(entry: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """Yield the layers of a nest in the order they are called."""
    inner = entry["config"]
    # Before Keras 2.2.3 a Sequential's config was the bare list.
    layers = inner if isinstance(inner, list) else inner["layers"]
    before = None
    for layer in layers:
        if entry["class_name"] != "Sequential":
            calls = layer["inbound_nodes"]
            if [[origin[0] for origin in call] for call in calls] != ([] if before is None else [[before]]):
                raise DamagedError(f"{path} cannot be rebuilt: its layers are no chain at {layer['name']!r}", _HINT)
            before = layer["name"]
        if layer["class_name"] in _NESTS:
            yield from _chain(layer, path)
        else:
            yield layer


def _layer(entry: dict[str, Any], path: Path, rank: int) -> keras.Layer:
    kind, settings = entry["class_name"], entry["config"]
    name = settings["name"]
    if kind not in _ARGUMENTS:
        raise DamagedError(f"{path} was not opened: its layer {name!r} is a {kind}, which artgan does not know", _HINT)
    if str(settings.get("activation", "linear")) not in _ACTIVATIONS:  # A dict when it was somebody's own function.
        raise DamagedError(
            f"{path} was not opened: its layer {name!r} has the activation {str(settings['activation'])[:80]!r}, "
            "which artgan does not know",
            f"known are {', '.join(sorted(_ACTIVATIONS))}",
        )
    axis = settings.get("axis", -1)
    channels_last = settings.get("data_format") in (None, "channels_last")
    if not channels_last or (axis[0] if isinstance(axis, list) else axis) not in (-1, rank - 1):
        raise DamagedError(f"{path} cannot be rebuilt: the channels of its layer {name!r} are not the last axis", _HINT)
    known = _ARGUMENTS[kind].items()
    return getattr(keras.layers, kind)(name=name, **{ours: settings[old] for ours, old in known if old in settings})


def _parts(entry: dict[str, Any]) -> list[str]:
    """Return the names of a layer's weights in the order of ``set_weights``."""
    settings = entry["config"]
    if entry["class_name"] in ("Dense", "Conv2D"):
        return ["kernel", "bias"] if settings.get("use_bias", True) else ["kernel"]
    if entry["class_name"] == "BatchNormalization":
        chosen = [part for part, flag in (("gamma", "scale"), ("beta", "center")) if settings.get(flag, True)]
        return [*chosen, "moving_mean", "moving_variance"]
    return []


def _arrays(group: h5py.Group) -> dict[tuple[str, str], list[h5py.Dataset]]:
    """Find all arrays by the last two parts of their path, ``(layer, "kernel:0")``."""
    found: dict[tuple[str, str], list[h5py.Dataset]] = {}

    def remember(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            layer, _, part = name.rpartition("/")
            found.setdefault((layer.rpartition("/")[2], part), []).append(item)

    group.visititems(remember)
    return found


def _weight(arrays: dict[tuple[str, str], list[h5py.Dataset]], layer: str, part: str, path: Path) -> np.ndarray:
    matches = arrays.get((layer, f"{part}:0"), [])
    if len(matches) != 1:
        raise DamagedError(f"{path} holds {len(matches)} arrays for the {part} of layer {layer!r}, not one", _HINT)
    return matches[0][()]
