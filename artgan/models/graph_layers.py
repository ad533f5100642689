"""What Keras' layers come to: one entry for each kind of layer that a ``graph.Graph`` can hold.

A layer becomes one or two of these operations (shapes without the batch, ``(height, width, channels)``):

=============  ==========================================  ==================================================
kind           settings                                    arrays
=============  ==========================================  ==================================================
dense                                                      kernel ``(in, out)``, bias ``(out,)``
conv           strides, dilation, pads                     kernel ``(rows, columns, in, out)``, bias ``(out,)``
deconv         strides, crop (from the top and left)       kernel ``(rows, columns, out, in)``, bias ``(out,)``
nearest        factors
bilinear       factors
pad            pads
pool           pool, strides (the mean, nothing padded)
affine                                                     scale, shift, of the channels
layernorm      epsilon                                     scale, shift, of the channels
act            name, slope
reshape
add, multiply                                              (shapes broadcast as NumPy's do)
concat         axis
=============  ==========================================  ==================================================

``pads`` are (top, bottom, left, right); ``strides``, ``dilation``, ``factors`` and ``pool`` (down, across).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from artgan.errors import ArtganError

Shape = tuple[int, ...]
KINDS = (
    "dense", "conv", "deconv", "nearest", "bilinear", "pad", "pool", "affine", "layernorm", "act", "reshape", "add",
    "multiply", "concat",
)  # fmt: skip
# Formulas that Keras, NumPy, ONNX and a browser agree about. Those of a slope: LeakyReLU alone.
ACTIVATIONS = ("linear", "relu", "leaky_relu", "tanh", "sigmoid")


class Untranslatable(ArtganError):
    """A network that only Keras can run; the message says in some words why."""


@dataclass(frozen=True)
class Operation:
    """A node that does not know yet what it takes."""

    kind: str
    shape: Shape
    settings: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


_Translator = Callable[[Mapping[str, Any], Sequence[Shape], list[np.ndarray]], list[Operation]]


def translate(
    kind: str, config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]
) -> list[Operation]:
    """Return what a layer comes to.

    Args:
        kind: Keras' class.
        config: the layer's.
        shapes: of what it is given, without the batch.
        arrays: its weights, in Keras' order.

    Raises:
        Untranslatable: the layer, or a setting of it, is not known, or the weights do not fit.
    """
    if kind not in _TRANSLATORS:
        raise Untranslatable(f"{str(kind)[:60]} is not known")
    if config.get("quantization_config") or config.get("lora_rank"):
        raise Untranslatable(f"its {kind} is quantised or adapted")
    if config.get("data_format") not in (None, "channels_last"):
        raise Untranslatable(f"the channels of its {kind} come first")
    if not shapes or (len(shapes) > 1 and kind not in ("Add", "Multiply", "Concatenate")):
        raise Untranslatable(f"its {kind} takes {len(shapes)} values")
    return _TRANSLATORS[kind](config, shapes, arrays)


def _fit(what: str, arrays: Sequence[np.ndarray], *shapes: Shape) -> None:
    if [array.shape for array in arrays] != list(shapes):
        raise Untranslatable(f"the weights of a {what} do not fit")


def _map_shape(shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise Untranslatable("a layer for maps is given something else")
    return shape[0], shape[1], shape[2]


def _pair(value: Any) -> tuple[int, int]:
    down, across = (value, value) if isinstance(value, int) else value
    if not (isinstance(down, int) and isinstance(across, int) and down >= 1 and across >= 1):
        raise Untranslatable(f"{value!r} is no size")
    return down, across


def _biased(config: Mapping[str, Any], arrays: list[np.ndarray], kernel: Shape, out: int) -> dict[str, np.ndarray]:
    """Return a layer's kernel and bias, zeros where it has none."""
    with_bias = config.get("use_bias", True)
    _fit("kernel", arrays, kernel, *([(out,)] if with_bias else []))
    return {"kernel": arrays[0], "bias": arrays[1] if with_bias else np.zeros(out, np.float32)}


def _activated(operation: Operation, config: Mapping[str, Any]) -> list[Operation]:
    name = config.get("activation")
    return [operation] if name in (None, "linear") else [operation, _act(name, operation.shape)]


def _act(name: Any, shape: Shape, slope: Any = 0.2) -> Operation:
    # Keras' own leaky_relu has a slope of 0.2.
    if name not in ACTIVATIONS or not isinstance(slope, int | float):
        raise Untranslatable(f"the activation {str(name)[:60]} is not known")
    return Operation("act", shape, {"name": name, "slope": float(slope)})


def _dense(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    *before, width = shapes[0]
    units = int(config["units"])
    made = _biased(config, arrays, (width, units), units)
    return _activated(Operation("dense", (*before, units), {}, made), config)


def _conv(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    height, width, channels = _map_shape(shapes[0])
    sides, strides = _pair(config["kernel_size"]), _pair(config["strides"])
    dilation, filters = _pair(config.get("dilation_rate", 1)), int(config["filters"])
    if config.get("groups", 1) != 1:
        raise Untranslatable("its Conv2D has groups")
    made = _biased(config, arrays, (*sides, channels, filters), filters)
    reach = [(side - 1) * apart + 1 for side, apart in zip(sides, dilation, strict=True)]
    pads = (0, 0, 0, 0)
    if config["padding"] == "same":
        top, left = (
            max((-(-length // step) - 1) * step + span - length, 0)
            for length, step, span in zip((height, width), strides, reach, strict=True)
        )
        pads = (top // 2, top - top // 2, left // 2, left - left // 2)
    elif config["padding"] != "valid":
        raise Untranslatable(f"the padding {config['padding']!r} is not known")
    down = (height + pads[0] + pads[1] - reach[0]) // strides[0] + 1
    across = (width + pads[2] + pads[3] - reach[1]) // strides[1] + 1
    settings = {"strides": strides, "dilation": dilation, "pads": pads}
    return _activated(Operation("conv", (down, across, filters), settings, made), config)


def _deconv(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    height, width, channels = _map_shape(shapes[0])
    sides, strides, filters = _pair(config["kernel_size"]), _pair(config["strides"]), int(config["filters"])
    if config.get("output_padding") is not None or _pair(config.get("dilation_rate", 1)) != (1, 1):
        raise Untranslatable("its Conv2DTranspose is dilated or padded")
    made = _biased(config, arrays, (*sides, filters, channels), filters)
    beyond = [max(side - step, 0) for side, step in zip(sides, strides, strict=True)]
    if config["padding"] == "same":
        # The transpose of a convolution that pads its input so as to give one output for each stride.
        shape, crop = (height * strides[0], width * strides[1], filters), tuple(excess // 2 for excess in beyond)
    elif config["padding"] == "valid":
        shape, crop = (height * strides[0] + beyond[0], width * strides[1] + beyond[1], filters), (0, 0)
    else:
        raise Untranslatable(f"the padding {config['padding']!r} is not known")
    return _activated(Operation("deconv", shape, {"strides": strides, "crop": crop}, made), config)


def _upsampling(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    height, width, channels = _map_shape(shapes[0])
    factors, kind = _pair(config["size"]), config.get("interpolation", "nearest")
    if kind not in ("nearest", "bilinear"):
        raise Untranslatable(f"the interpolation {kind!r} is not known")
    return [Operation(kind, (height * factors[0], width * factors[1], channels), {"factors": factors})]


def _padding(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    height, width, channels = _map_shape(shapes[0])
    (top, bottom), (left, right) = config["padding"]
    if min(top, bottom, left, right) < 0:
        raise Untranslatable("a padding is negative")
    shape = (height + top + bottom, width + left + right, channels)
    return [Operation("pad", shape, {"pads": (top, bottom, left, right)})]


def _pooling(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    height, width, channels = _map_shape(shapes[0])
    pool, strides = _pair(config["pool_size"]), _pair(config["strides"] or config["pool_size"])
    if config["padding"] != "valid":
        raise Untranslatable("its pooling is padded")
    shape = ((height - pool[0]) // strides[0] + 1, (width - pool[1]) // strides[1] + 1, channels)
    return [Operation("pool", shape, {"pool": pool, "strides": strides})]


def _last_axis(config: Mapping[str, Any], shape: Shape) -> int:
    """Return how many channels there are, where it is they that are normalised."""
    axis = config.get("axis", -1)
    if (axis[0] if isinstance(axis, list) and len(axis) == 1 else axis) not in (-1, len(shape)):
        raise Untranslatable("something else than channels is normalised")
    return shape[-1]


def _scale_and_shift(config: Mapping[str, Any], arrays: list[np.ndarray], width: int) -> list[np.ndarray]:
    left = iter(arrays)
    scale = next(left) if config.get("scale", True) else np.ones(width, np.float32)
    shift = next(left) if config.get("center", True) else np.zeros(width, np.float32)
    return [scale, shift, *left]


def _batch_norm(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    width = _last_axis(config, shapes[0])
    found = _scale_and_shift(config, arrays, width)
    _fit("BatchNormalization", found, *[(width,)] * 4)
    scale, shift, mean, variance = (array.astype(np.float64) for array in found)
    factor = scale / np.sqrt(variance + float(config["epsilon"]))
    made = {"scale": factor.astype(np.float32), "shift": (shift - mean * factor).astype(np.float32)}
    return [Operation("affine", shapes[0], {}, made)]


def _layer_norm(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    width = _last_axis(config, shapes[0])
    if config.get("rms_scaling"):
        raise Untranslatable("its LayerNormalization scales by the mean square")
    found = _scale_and_shift(config, arrays, width)
    _fit("LayerNormalization", found, (width,), (width,))
    made = {"scale": found[0], "shift": found[1]}
    return [Operation("layernorm", shapes[0], {"epsilon": float(config["epsilon"])}, made)]


def _activation(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    return [_act(config["activation"], shapes[0])]


def _leaky(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    return [_act("leaky_relu", shapes[0], config["negative_slope"])]


def _relu(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    if config.get("max_value") is not None or config.get("threshold"):
        raise Untranslatable("its ReLU has a threshold or a limit")
    return [_act("leaky_relu", shapes[0], config.get("negative_slope") or 0.0)]


def _reshape(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    total, wanted = int(np.prod(shapes[0])), list(config["target_shape"])
    known = int(np.prod([side for side in wanted if side != -1]))
    shape = tuple(total // known if side == -1 else side for side in wanted)
    if int(np.prod(shape)) != total:
        raise Untranslatable("a Reshape does not fit")
    return [Operation("reshape", shape)]


def _flatten(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    return [Operation("reshape", (int(np.prod(shapes[0])),))]


def _nothing(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    return []


def _merged(kind: str) -> _Translator:
    def merge(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
        if len(shapes) < 2 or len({len(shape) for shape in shapes}) != 1:
            raise Untranslatable(f"its {kind} takes values of several ranks")
        return [Operation(kind, tuple(np.broadcast_shapes(*shapes)))]

    return merge


def _concat(config: Mapping[str, Any], shapes: Sequence[Shape], arrays: list[np.ndarray]) -> list[Operation]:
    rank = len(shapes[0])
    axis = int(config.get("axis", -1))
    axis = axis + rank if axis < 0 else axis - 1  # Keras counts the batch.
    others = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
    if not 0 <= axis < rank or len(others) != 1 or any(len(shape) != rank for shape in shapes):
        raise Untranslatable("a Concatenate does not fit")
    shape = list(shapes[0])
    shape[axis] = sum(one[axis] for one in shapes)
    return [Operation("concat", tuple(shape), {"axis": axis})]


_TRANSLATORS: dict[str, _Translator] = {
    "Dense": _dense,
    "Conv2D": _conv,
    "Conv2DTranspose": _deconv,
    "UpSampling2D": _upsampling,
    "ZeroPadding2D": _padding,
    "AveragePooling2D": _pooling,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "Activation": _activation,
    "LeakyReLU": _leaky,
    "ReLU": _relu,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Dropout": _nothing,
    "Identity": _nothing,
    "Add": _merged("add"),
    "Multiply": _merged("multiply"),
    "Concatenate": _concat,
}
