"""Beginning from networks trained before: what fits is copied, what does not is said, half a network is refused."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

import keras
import numpy as np

from artgan.errors import UsageError
from artgan.models.classes import CLASS

# Layers that exist once for training and once of stock layers, with the same weights.
_SAME = dict.fromkeys(("UpConv2D", "SmoothUpConv2D", "ConvPool2D"), "Conv2D")
_CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)


@dataclass(frozen=True)
class Transfer:
    """Which layers of a network took over weights, by name, and which begin fresh."""

    network: str
    reused: list[str]
    fresh: list[str]

    def __str__(self) -> str:
        total = len(self.reused) + len(self.fresh)
        text = f"{self.network}: {len(self.reused)} of {total} layers reused"
        return text + (f", fresh: {', '.join(self.fresh)}" if self.fresh else "")


def transfer(source: keras.Model, target: keras.Model, network: str) -> Transfer:
    """Copy the weights of the layers that two networks have in common.

    In networks whose author named every layer, those of equal names correspond. A kernel may see more or fewer channels
    there than here: those that both see are taken over, and the others count for nothing until they are learned. So it
    is with the first layer of a generator, which sees latents alone, or the class of the picture behind them.
    Elsewhere layers correspond when their kind and the shapes of their weights are equal, in the longest common runs.
    Either way a network for another size keeps the stages it shares.

    Args:
        source: a trained network.
        target: the network to begin with; changed in place.
        network: what to call it.

    Raises:
        UsageError: fewer than half of the target's layers would take over weights; nothing was changed.
    """
    given, wanted = _weighted(source), _weighted(target)
    named = all(_is_named(layer) for layer in [*given, *wanted])
    pairs = _pairs_by_name(given, wanted) if named else _pairs_in_order(given, wanted)
    reused = {layer.name for _, layer in pairs}
    result = Transfer(network, sorted(reused), [layer.name for layer in wanted if layer.name not in reused])
    if 2 * len(pairs) < len(wanted):
        fitting = ", ".join(_title(layer) for layer in wanted if layer.name in reused) or "none"
        others = ", ".join(_title(layer) for layer in wanted if layer.name not in reused)
        raise UsageError(
            f"only {len(pairs)} of the {len(wanted)} layers of the {network} fit what was given: {fitting};"
            f" not {others}",
            "begin from a run with the same preset, and the same or a neighbouring size",
        )
    for layer_from, layer_to in pairs:
        layer_to.set_weights([_fitted(*arrays) for arrays in zip(layer_from.weights, layer_to.weights, strict=True)])
    return result


def _pairs_in_order(given: list[keras.Layer], wanted: list[keras.Layer]) -> list[tuple[keras.Layer, keras.Layer]]:
    matcher = difflib.SequenceMatcher(None, [_kind(x) for x in given], [_kind(x) for x in wanted], autojunk=False)
    return [
        (given[block.a + i], wanted[block.b + i]) for block in matcher.get_matching_blocks() for i in range(block.size)
    ]


def _pairs_by_name(given: list[keras.Layer], wanted: list[keras.Layer]) -> list[tuple[keras.Layer, keras.Layer]]:
    known = {layer.name: layer for layer in given}
    found = [(known[layer.name], layer) for layer in wanted if layer.name in known]
    return [pair for pair in found if _open_kind(pair[0]) == _open_kind(pair[1])]


def _is_named(layer: keras.Layer) -> bool:
    """Whether somebody gave a layer its name: Keras itself calls the third Conv2D "conv2d_2"."""
    own = re.sub(r"(?<!^)(?=[A-Z][a-z]|(?<=[a-z])[A-Z])", "_", type(layer).__name__).lower()
    return not re.fullmatch(rf"{own}(_\d+)?", layer.name)


def _fitted(given: keras.Variable, wanted: keras.Variable) -> np.ndarray:
    """Return what is given in the shape that is wanted; the channels a kernel sees are its last axis but one."""
    array = np.array(given)
    if array.shape == wanted.shape:
        return array
    seen, wanted_channels = array.shape[-2], wanted.shape[-2]
    missing = [(0, max(wanted_channels - seen, 0)) if axis == array.ndim - 2 else (0, 0) for axis in range(array.ndim)]
    return np.pad(array[..., :wanted_channels, :], missing)


def freeze(critic: keras.Model, count: int) -> list[str]:
    """Take the first convolutions of a critic out of training (Mo, Cho and Shin 2020, "Freeze the Discriminator").

    What they see in pictures is the same for any paintings, and a few paintings spoil it.

    Args:
        critic: before its optimizer is built.
        count: of layers, counted from the picture.

    Returns:
        The layers' names.

    Raises:
        UsageError: there are not so many.
    """
    layers = [layer for layer in _weighted(critic) if isinstance(layer, _CONVOLUTIONS)]
    if count > len(layers):
        raise UsageError(
            f"freeze_critic {count} is more than the {len(layers)} layers of convolution that this critic has",
            f"use --freeze-critic {len(layers)} or less",
        )
    for layer in layers[:count]:
        layer.trainable = False
    return [layer.name for layer in layers[:count]]


def _weighted(model: keras.Model) -> list[keras.Layer]:
    """Return the layers that have weights of their own, nested ones too, in order."""
    found: list[keras.Layer] = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found.extend(_weighted(layer))
        elif layer.weights and not isinstance(layer, keras.layers.Dropout):
            found.append(layer)
    return found


def _title(layer: keras.Layer) -> str:
    return f"{type(layer).__name__} {'x'.join(str(side) for side in layer.weights[0].shape)}"


def _kind(layer: keras.Layer) -> tuple[object, ...]:
    name = type(layer).__name__
    if isinstance(layer, keras.layers.Dense) and layer.units > 1 and layer.name != CLASS:
        return (name, layer.units, layer.use_bias)
    return (_SAME.get(name, name), *(tuple(weight.shape) for weight in layer.weights))


def _open_kind(layer: keras.Layer) -> tuple[object, ...]:
    """The kind, whatever number of channels a convolution sees."""
    kind, *shapes = _kind(layer)
    return (kind, layer.filters, layer.kernel_size) if isinstance(layer, keras.layers.Conv2D) else (kind, *shapes)
