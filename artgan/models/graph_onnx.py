"""Write a graph as an ONNX model, and run one by ONNX Runtime (extra ``onnx``).

The model takes latents ``latents (n, latent_dim)``, and ``classes (n, classes)`` where there are some, and
gives ``pictures (n, size, size, 3)`` float32 in [-1, 1]: channels last outside, as everywhere in artgan. ONNX wants
channels first, so the writer keeps maps that way inside and turns the last one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from artgan.errors import SetupError
from artgan.models.graph import Graph, Node
from artgan.models.graph_layers import Untranslatable

# Resize with half-pixel centres and dynamic batches have not changed since; runtimes of 2022 read it.
_OPSET, _IR_VERSION = 17, 8


def to_onnx(graph: Graph) -> bytes:
    """Return the model.

    Raises:
        SetupError: ``onnx`` is not installed.
    """
    try:
        from onnx import TensorProto, checker, helper
    except ImportError as error:
        raise _missing() from error
    writer = _Writer(graph, helper)
    for node in graph.nodes:
        writer.add(node)
    writer.finish()
    kind = TensorProto.FLOAT
    ends = zip(writer.inputs, graph.inputs, strict=True)
    inputs = [helper.make_tensor_value_info(name, kind, ["n", length]) for name, length in ends]
    outputs = [helper.make_tensor_value_info("pictures", kind, ["n", *graph.nodes[-1].shape])]
    body = helper.make_graph(writer.nodes, "generator", inputs, outputs, writer.arrays)
    model = helper.make_model(
        body, producer_name="artgan", opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
    )
    checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def session(model: bytes) -> Callable[[list[np.ndarray]], np.ndarray]:
    """Return a function from latents (and classes) to pictures, as the model has it, computed on the processor.

    Raises:
        SetupError: ``onnxruntime`` is not installed.
    """
    # Since 1.29 it tells Microsoft what is opened, unless this stands before it begins. artgan asks nobody.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
    except ImportError as error:
        raise _missing() from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Threads that wait for each other by turning round and round take from other work what they do not use.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    opened = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [one.name for one in opened.get_inputs()]
    return lambda values: opened.run(None, dict(zip(names, values, strict=True)))[0]


def _missing() -> SetupError:
    return SetupError("ONNX needs onnx and onnxruntime, which are not installed", 'pip install "artgan[onnx]"')


class _Writer:
    """Turns one node after the other; remembers what each value is called."""

    def __init__(self, graph: Graph, helper: Any) -> None:
        self.inputs = ["latents", "classes"][: len(graph.inputs)]
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        self._helper = helper
        self._names = list(self.inputs)
        self._shapes: list[tuple[int, ...]] = [(length,) for length in graph.inputs]

    def add(self, node: Node) -> None:
        given = [self._names[value] for value in node.inputs]
        shapes = [self._shapes[value] for value in node.inputs]
        self._names.append(_WRITE[node.kind](self, node, given, shapes))
        self._shapes.append(node.shape)

    def finish(self) -> None:
        self.op("Transpose", [self._names[-1]], name="pictures", perm=[0, 2, 3, 1])

    def op(self, kind: str, inputs: list[str], *, name: str | None = None, **attributes: Any) -> str:
        """Add an operation and return what its result is called."""
        name = name or f"v{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(kind, inputs, [name], **attributes))
        return name

    def array(self, values: Any, kind: type = np.float32) -> str:
        """Add a constant and return its name."""
        from onnx import numpy_helper

        name = f"w{len(self.arrays)}"
        self.arrays.append(numpy_helper.from_array(np.ascontiguousarray(values, kind), name))
        return name

    def channels(self, values: np.ndarray, rank: int) -> str:
        """Add one number for each channel, shaped so that it meets them where ONNX has them."""
        return self.array(values.reshape((-1, *[1] * (rank - 1)) if rank == 3 else (-1,)))


_Write = Callable[[_Writer, Node, list[str], list[tuple[int, ...]]], str]


def _dense(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    kernel, bias = node.arrays["kernel"], node.arrays["bias"]
    if len(shapes[0]) == 1:
        return to.op("Gemm", [given[0], to.array(kernel), to.array(bias)])
    if len(shapes[0]) != 3:
        raise Untranslatable("a Dense layer works on something else than maps")
    return to.op("Conv", [given[0], to.array(kernel.T[:, :, None, None]), to.array(bias)])


def _conv(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    inputs = [given[0], to.array(node.arrays["kernel"].transpose(3, 2, 0, 1)), to.array(node.arrays["bias"])]
    top, bottom, left, right = node.settings["pads"]
    strides, dilation = list(node.settings["strides"]), list(node.settings["dilation"])
    return to.op("Conv", inputs, strides=strides, dilations=dilation, pads=[top, left, bottom, right])


def _deconv(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    kernel, strides, crop = node.arrays["kernel"], node.settings["strides"], node.settings["crop"]
    inputs = [given[0], to.array(kernel.transpose(3, 2, 0, 1)), to.array(node.arrays["bias"])]
    ends, beyond = [], []
    for axis in (0, 1):
        full = (shapes[0][axis] - 1) * strides[axis] + kernel.shape[axis]
        rest = full - crop[axis] - node.shape[axis]
        # Where strides are wider than the kernel, what lies beyond the last tap is bias alone.
        ends.append(max(rest, 0))
        beyond.append(max(-rest, 0))
    return to.op("ConvTranspose", inputs, strides=list(strides), pads=[*crop, *ends], output_padding=beyond)


def _resize(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    scales = to.array([1, 1, *node.settings["factors"]])
    if node.kind == "nearest":
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    return to.op("Resize", [given[0], "", scales], **how)


def _pad(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    top, bottom, left, right = node.settings["pads"]
    return to.op("Pad", [given[0], to.array([0, 0, top, left, 0, 0, bottom, right], np.int64)])


def _pool(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    return to.op("AveragePool", given, kernel_shape=list(node.settings["pool"]), strides=list(node.settings["strides"]))


def _affine(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    rank = len(node.shape)
    scaled = to.op("Mul", [given[0], to.channels(node.arrays["scale"], rank)])
    return to.op("Add", [scaled, to.channels(node.arrays["shift"], rank)])


def _layernorm(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    maps = len(node.shape) == 3
    x = to.op("Transpose", given, perm=[0, 2, 3, 1]) if maps else given[0]
    inputs = [x, to.array(node.arrays["scale"]), to.array(node.arrays["shift"])]
    made = to.op("LayerNormalization", inputs, axis=-1, epsilon=node.settings["epsilon"])
    return to.op("Transpose", [made], perm=[0, 3, 1, 2]) if maps else made


def _act(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    kind = {"relu": "Relu", "leaky_relu": "LeakyRelu", "tanh": "Tanh", "sigmoid": "Sigmoid", "linear": "Identity"}
    name = node.settings["name"]
    return to.op(kind[name], given, **({"alpha": node.settings["slope"]} if name == "leaky_relu" else {}))


def _reshape(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    before = to.op("Transpose", given, perm=[0, 2, 3, 1]) if len(shapes[0]) == 3 else given[0]
    made = to.op("Reshape", [before, to.array([-1, *node.shape], np.int64)])
    return to.op("Transpose", [made], perm=[0, 3, 1, 2]) if len(node.shape) == 3 else made


def _merge(kind: str) -> _Write:
    def write(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
        made = given[0]
        for other in given[1:]:
            made = to.op(kind, [made, other])
        return made

    return write


def _concat(to: _Writer, node: Node, given: list[str], shapes: list[tuple[int, ...]]) -> str:
    axis = node.settings["axis"] + 1
    if len(node.shape) == 3:
        axis = {1: 2, 2: 3, 3: 1}[axis]
    return to.op("Concat", given, axis=axis)


_WRITE: Mapping[str, _Write] = {
    "dense": _dense,
    "conv": _conv,
    "deconv": _deconv,
    "nearest": _resize,
    "bilinear": _resize,
    "pad": _pad,
    "pool": _pool,
    "affine": _affine,
    "layernorm": _layernorm,
    "act": _act,
    "reshape": _reshape,
    "add": _merge("Add"),
    "multiply": _merge("Mul"),
    "concat": _concat,
}
