"""A generator's file as a list of plain operations on arrays, read without Keras and without TensorFlow.

Loading TensorFlow takes seconds, painting ten pictures milliseconds. A ``.keras`` file tells all that painting needs:
the layers as JSON, the weights as HDF5. Here they become a ``Graph`` of a dozen operations, which ``graph_numpy`` runs,
``graph_onnx`` writes for other programs, and a web page runs in a browser. Each takes a picture at a time, so shapes
have no batch in front.

What is not known here is no error: ``Untranslatable`` says that Keras has to do it.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from artgan.errors import ArtganError
from artgan.models import graph_layers, safety
from artgan.models.graph_layers import Operation, Untranslatable

# Two hundred million numbers in one map are 16,384 px in RGB: nobody trains that, and a hostile file may ask for it.
_MOST_NUMBERS = 200_000_000
_MOST_NODES = 5_000


@dataclass(frozen=True)
class Node:
    """One operation.

    Attributes:
        kind: one of ``graph_layers.KINDS``.
        inputs: which values it takes: 0 is the latents, 1 the classes where there are some, then one for each node.
        shape: of what it gives, without the batch; channels last.
        settings: numbers and texts, as the kind wants them.
        arrays: float32.
    """

    kind: str
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """A generator: latents, and classes where it takes them, to one picture.

    Attributes:
        inputs: lengths of the inputs, ``(latent_dim,)`` or ``(latent_dim, classes)``.
        nodes: in an order in which they can be computed; the last gives ``(size, size, 3)`` in [-1, 1].
        architecture: SHA-256 of all that the file says of the network beside the values of its weights.
    """

    inputs: tuple[int, ...]
    nodes: tuple[Node, ...]
    architecture: str = ""

    @property
    def latent_dim(self) -> int:
        return self.inputs[0]

    @property
    def class_count(self) -> int:
        return self.inputs[1] if len(self.inputs) > 1 else 0

    @property
    def size(self) -> int:
        return self.nodes[-1].shape[0]

    @property
    def multiplications(self) -> int:
        """How many a picture takes, in convolutions and products."""
        work = 0
        for node in self.nodes:
            kernel = node.arrays.get("kernel")
            if kernel is not None:
                # Each number of what is made, or for a transposed convolution of what is given, meets the kernel once.
                places = node.shape[:-1]
                if node.kind == "deconv":
                    places = tuple(side // step for side, step in zip(places, node.settings["strides"], strict=True))
                work += math.prod(places) * kernel.size
        return work

    def last_uses(self) -> list[int]:
        """Return for each value the number of the last node that takes it, so that its memory can go back."""
        last = [0] * (len(self.inputs) + len(self.nodes))
        for number, node in enumerate(self.nodes):
            for value in node.inputs:
                last[value] = number
        last[-1] = len(self.nodes)
        return last


def read_graph(path: Path) -> Graph:
    """Read a generator's file.

    Args:
        path: a ``.keras`` file, of any name.

    Raises:
        Untranslatable: a layer, or something about it, is not known here, or it is no generator.
        ArtganError: what ``safety.inspect_model_file`` raises of a file that no engine should open.
    """
    found = safety.inspect_model_file(path)
    if found.kind != "keras":
        raise Untranslatable("it is an .h5 file")
    try:
        with zipfile.ZipFile(path) as archive:
            weights = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(weights, "r") as file:
            arrays = _weights(file)
            graph = _Reader(arrays).read(found.config)
            graph = replace(graph, architecture=_digest(found.config, arrays))
    except ArtganError:
        raise
    except Exception as error:
        # A description with missing, ill-typed or impossible numbers makes Python raise nearly anything.
        raise Untranslatable("its description or weights do not fit together") from error
    _check(graph)
    return graph


def _weights(file: h5py.File) -> dict[str, list[np.ndarray]]:
    """Return the arrays of each layer by the layer's name, in Keras' order."""
    found: dict[str, list[np.ndarray]] = {}
    for group in file["layers"].values() if "layers" in file else ():
        variables = group.get("vars")
        if variables is None or not len(variables):
            continue
        name = variables.attrs.get("name")
        if not isinstance(name, str) or name in found:
            raise Untranslatable("it does not say whose its weights are")
        arrays = [variables[str(number)][()] for number in range(len(variables))]
        if any(array.dtype.kind != "f" for array in arrays):
            raise Untranslatable("its weights are no plain numbers")
        found[name] = [np.ascontiguousarray(array, np.float32) for array in arrays]
    return found


def _digest(config: Mapping[str, Any], arrays: Mapping[str, list[np.ndarray]]) -> str:
    shapes = {name: [array.shape for array in listed] for name, listed in arrays.items()}
    return hashlib.sha256(json.dumps([config, shapes], sort_keys=True).encode()).hexdigest()


def _check(graph: Graph) -> None:
    shape = graph.nodes[-1].shape if graph.nodes else ()
    if len(shape) != 3 or shape[0] != shape[1] or shape[2] != 3:
        raise Untranslatable("it does not paint square pictures")


class _Reader:
    """Follows the description from the outputs back to the inputs."""

    def __init__(self, weights: Mapping[str, list[np.ndarray]]) -> None:
        self._weights = weights
        self._nodes: list[Node] = []
        self._shapes: list[tuple[int, ...]] = []
        self._values: dict[tuple[str, int], int] = {}

    def read(self, config: Mapping[str, Any]) -> Graph:
        inner = config["config"]
        if config["class_name"] != "Functional":
            raise Untranslatable(f"it is a {config['class_name']}")
        layers = {layer["name"]: layer for layer in inner["layers"]}
        if len(layers) != len(inner["layers"]):
            raise Untranslatable("two layers have the same name")
        inputs, outputs = _ends(inner["input_layers"]), _ends(inner["output_layers"])
        if len(inputs) not in (1, 2) or len(outputs) != 1:
            raise Untranslatable("it does not take latents and give pictures")
        for name, call in inputs:
            batch, *shape = layers[name]["config"]["batch_shape"]
            if len(shape) != 1 or batch is not None or not isinstance(shape[0], int):
                raise Untranslatable("it does not take latents")
            self._values[name, call] = len(self._shapes)
            self._shapes.append((shape[0],))
        lengths = tuple(shape[0] for shape in self._shapes)
        self._compute(outputs[0], layers)
        return Graph(lengths, tuple(self._nodes))

    def _compute(self, wanted: tuple[str, int], layers: Mapping[str, Any]) -> None:
        """Add the nodes that a value needs, without recursion: a hostile description may be as deep as it likes."""
        waiting, open_ = [wanted], set()
        while waiting:
            key = waiting[-1]
            if key in self._values:
                waiting.pop()
                continue
            layer = layers[key[0]]
            before = _tensors(layer["inbound_nodes"][key[1]])
            missing = [other for other in before if other not in self._values]
            if missing:
                if key in open_:
                    raise Untranslatable("its layers lead in a circle")
                open_.add(key)
                waiting.extend(missing)
                continue
            self._add(key, layer, [self._values[other] for other in before])
            waiting.pop()

    def _add(self, key: tuple[str, int], layer: Mapping[str, Any], inputs: list[int]) -> None:
        if layer.get("module") not in ("keras.layers", None):
            raise Untranslatable(f"{layer['class_name']} is not known")
        shapes = [self._shapes[value] for value in inputs]
        arrays = self._weights.get(key[0], [])
        operations = graph_layers.translate(layer["class_name"], layer["config"], shapes, arrays)
        for operation in operations:
            inputs = [self._append(operation, inputs)]
        self._values[key] = inputs[0]

    def _append(self, operation: Operation, inputs: list[int]) -> int:
        shape = tuple(int(side) for side in operation.shape)
        if min(shape, default=1) < 1 or math.prod(shape) > _MOST_NUMBERS or len(self._nodes) >= _MOST_NODES:
            raise Untranslatable(f"a map of {' x '.join(map(str, shape))} is out of bounds")
        self._nodes.append(Node(operation.kind, tuple(inputs), shape, operation.settings, operation.arrays))
        self._shapes.append(shape)
        return len(self._shapes) - 1


def _ends(listed: Any) -> list[tuple[str, int]]:
    """Read ``["latents", 0, 0]``, or a list of these."""
    ends = [listed] if listed and isinstance(listed[0], str) else listed
    if any(not isinstance(name, str) or tensor != 0 for name, _, tensor in ends):
        raise Untranslatable("its inputs or outputs are nested")
    return [(name, call) for name, call, _ in ends]


def _tensors(call: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the layers and calls whose results a call takes."""
    # "training": False is what pictures are painted with anyhow.
    if any(value is not None and value is not False for value in call["kwargs"].values()):
        raise Untranslatable("a layer is called in a way of its own")
    return list(_histories(call["args"]))


def _histories(value: Any) -> Iterable[tuple[str, int]]:
    if isinstance(value, list):
        for item in value:
            yield from _histories(item)
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        name, call, tensor = value["config"]["keras_history"]
        if tensor != 0:
            raise Untranslatable("a layer gives several values")
        yield name, call
    else:
        raise Untranslatable("a layer is given something else than values")
