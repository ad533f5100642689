"""Beginning from networks trained before: what fits is copied, what does not is said, half a network is refused."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import keras

from artgan.errors import UsageError

# Layers that exist once for training and once of stock layers, with the same weights.
_SAME = {"UpConv2D": "Conv2D", "ConvPool2D": "Conv2D"}


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
    """Copy the weights of the layers that two networks have in common, in order.

    Layers correspond when their kind and the shapes of their weights are equal; the longest common run of such layers
    is taken over, so a network for another size keeps the stages it shares.

    Args:
        source: a trained network.
        target: the network to begin with; changed in place.
        network: what to call it.

    Raises:
        UsageError: fewer than half of the target's layers would take over weights; nothing was changed.
    """
    given, wanted = _weighted(source), _weighted(target)
    matcher = difflib.SequenceMatcher(None, [_kind(x) for x in given], [_kind(x) for x in wanted], autojunk=False)
    pairs = [
        (given[block.a + i], wanted[block.b + i]) for block in matcher.get_matching_blocks() for i in range(block.size)
    ]
    reused = {layer.name for _, layer in pairs}
    result = Transfer(network, sorted(reused), [layer.name for layer in wanted if layer.name not in reused])
    if 2 * len(pairs) < len(wanted):
        raise UsageError(
            f"only {len(pairs)} of the {len(wanted)} layers of the {network} fit what was given",
            "begin from a run with the same preset, and the same or a neighbouring size",
        )
    for layer_from, layer_to in pairs:
        layer_to.set_weights(layer_from.get_weights())
    return result


def _weighted(model: keras.Model) -> list[keras.Layer]:
    """Return the layers that have weights of their own, nested ones too, in order."""
    found: list[keras.Layer] = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found.extend(_weighted(layer))
        elif layer.weights and not isinstance(layer, keras.layers.Dropout):
            found.append(layer)
    return found


def _kind(layer: keras.Layer) -> tuple[object, ...]:
    name = type(layer).__name__
    return (_SAME.get(name, name), *(tuple(weight.shape) for weight in layer.weights))
