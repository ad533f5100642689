"""Run a graph with NumPy alone: ten small pictures in less time than TensorFlow takes to be found on the disk.

A convolution is a product of matrices, which NumPy's BLAS computes as quickly as anything does on a processor; what it
needs beside that is its input once for each tap of the kernel, written some rows at a time so that they stay in the
cache. One picture is painted at a time: its bytes depend on its own latent alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from artgan.models.blas import one_thread
from artgan.models.graph import Graph, Node

# A quarter of a million float32 are 1 MiB, what a core's second cache holds today.
_STRIP = 2**18


def run(graph: Graph, latent: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
    """Paint one picture.

    Args:
        graph: what ``graph.read_graph`` returned.
        latent: ``(latent_dim,)`` float32.
        classes: ``(classes,)`` float32, for a graph that takes them.

    Returns:
        ``(size, size, 3)`` float32 in [-1, 1].
    """
    given = [latent] if classes is None else [latent, classes]
    assert tuple(map(len, given)) == graph.inputs, f"{[len(one) for one in given]} do not fit {graph.inputs}"
    values: list[Any] = [np.asarray(one, np.float32) for one in given]
    last = graph.last_uses()
    # As TensorFlow does, which says nothing of it either.
    with one_thread(), np.errstate(over="ignore", invalid="ignore"):
        for number, node in enumerate(graph.nodes):
            made = _RUN[node.kind](node, *(values[value] for value in node.inputs))
            assert made.shape == node.shape, f"{node.kind} gave {made.shape}, not {node.shape}"
            values.append(made)
            for value in node.inputs:
                if last[value] == number:
                    values[value] = None
    return values[-1]


def _dense(node: Node, x: np.ndarray) -> np.ndarray:
    made = x @ node.arrays["kernel"]
    made += node.arrays["bias"]
    return made


def _conv(node: Node, x: np.ndarray) -> np.ndarray:
    kernel = node.arrays["kernel"]
    rows, columns, channels, filters = kernel.shape
    (down, across), (apart_down, apart_across) = node.settings["strides"], node.settings["dilation"]
    height, width, _ = node.shape
    taps = kernel.reshape(-1, filters)
    made = np.empty((height * width, filters), np.float32)
    if rows == columns == down == across == 1 and not any(node.settings["pads"]):
        np.matmul(x.reshape(-1, channels), taps, out=made)
    else:
        x = np.ascontiguousarray(_padded(x, node.settings["pads"]))
        row, column, number = x.strides
        windows = np.lib.stride_tricks.as_strided(
            x,
            (height, width, rows, columns, channels),
            (row * down, column * across, row * apart_down, column * apart_across, number),
            writeable=False,
        )
        step = max(1, _STRIP // (width * len(taps)))
        for first in range(0, height, step):
            strip = windows[first : first + step].reshape(-1, len(taps))
            np.matmul(strip, taps, out=made[first * width : first * width + len(strip)])
    made += node.arrays["bias"]
    return made.reshape(node.shape)


def _deconv(node: Node, x: np.ndarray) -> np.ndarray:
    kernel = node.arrays["kernel"]
    rows, columns, filters, channels = kernel.shape
    (down, across), (top, left) = node.settings["strides"], node.settings["crop"]
    height, width, _ = x.shape
    spread = (x.reshape(-1, channels) @ kernel.reshape(-1, channels).T).reshape(height, width, rows, columns, filters)
    # Wide enough for every tap of the last input, and for what is asked beyond them.
    sheet = np.zeros(
        (
            max((height - 1) * down + rows, top + node.shape[0]),
            max((width - 1) * across + columns, left + node.shape[1]),
            filters,
        ),
        np.float32,
    )
    for i in range(rows):
        for j in range(columns):
            sheet[i : i + height * down : down, j : j + width * across : across][:height, :width] += spread[:, :, i, j]
    return sheet[top : top + node.shape[0], left : left + node.shape[1]] + node.arrays["bias"]


def _padded(x: np.ndarray, pads: tuple[int, int, int, int]) -> np.ndarray:
    if not any(pads):
        return x
    top, bottom, left, right = pads
    height, width, channels = x.shape
    made = np.zeros((top + height + bottom, left + width + right, channels), np.float32)
    made[top : top + height, left : left + width] = x
    return made


def _nearest(node: Node, x: np.ndarray) -> np.ndarray:
    down, across = node.settings["factors"]
    height, width, channels = x.shape
    made = np.empty((height, down, width, across, channels), np.float32)
    made[...] = x[:, None, :, None]
    return made.reshape(node.shape)


def _bilinear(node: Node, x: np.ndarray) -> np.ndarray:
    for axis in (0, 1):
        low, high, weight = weights(x.shape[axis], node.settings["factors"][axis])
        shape = (-1, 1, 1) if axis == 0 else (1, -1, 1)
        share = weight.reshape(shape)
        x = x.take(low, axis) * (1 - share) + x.take(high, axis) * share
    return x


def weights(length: int, factor: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, for each place of an enlarged axis, its two neighbours and the share of the second; half-pixel centres.

    Returns:
        Two arrays of places, int64, and float32 shares.
    """
    places = (np.arange(length * factor) + 0.5) / factor - 0.5
    low = np.floor(places)
    share = (places - low).astype(np.float32)
    return np.maximum(low, 0).astype(int), np.minimum(low + 1, length - 1).astype(int), share


def _pool(node: Node, x: np.ndarray) -> np.ndarray:
    (rows, columns), (down, across) = node.settings["pool"], node.settings["strides"]
    height, width, _ = node.shape
    # One axis after the other: a sum over each window needs no window.
    lines = _total([x[i : i + (height - 1) * down + 1 : down] for i in range(rows)])
    sums = _total([lines[:, j : j + (width - 1) * across + 1 : across] for j in range(columns)])
    return sums * np.float32(1 / (rows * columns))


def _total(parts: list[np.ndarray]) -> np.ndarray:
    made = parts[0].copy()
    for part in parts[1:]:
        made += part
    return made


def _layernorm(node: Node, x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(-1, keepdims=True)
    variance = np.square(centred).mean(-1, keepdims=True)
    normal = centred / np.sqrt(variance + np.float32(node.settings["epsilon"]))
    return normal * node.arrays["scale"] + node.arrays["shift"]


def _act(node: Node, x: np.ndarray) -> np.ndarray:
    name = node.settings["name"]
    if name == "relu":
        return np.maximum(x, np.float32(0))
    if name == "leaky_relu":
        return np.where(x >= 0, x, x * np.float32(node.settings["slope"]))
    if name == "tanh":
        return np.tanh(x)
    if name == "sigmoid":
        # By tanh, which does not overflow.
        return np.float32(0.5) + np.float32(0.5) * np.tanh(np.float32(0.5) * x)
    return x


def _added(node: Node, first: np.ndarray, *others: np.ndarray) -> np.ndarray:
    for other in others:
        first = first + other
    return first


def _multiplied(node: Node, first: np.ndarray, *others: np.ndarray) -> np.ndarray:
    for other in others:
        first = first * other
    return first


_RUN: dict[str, Callable[..., np.ndarray]] = {
    "dense": _dense,
    "conv": _conv,
    "deconv": _deconv,
    "nearest": _nearest,
    "bilinear": _bilinear,
    "pad": lambda node, x: _padded(x, node.settings["pads"]),
    "pool": _pool,
    "affine": lambda node, x: x * node.arrays["scale"] + node.arrays["shift"],
    "layernorm": _layernorm,
    "act": _act,
    "reshape": lambda node, x: x.reshape(node.shape),
    "add": _added,
    "multiply": _multiplied,
    "concat": lambda node, *given: np.concatenate(given, node.settings["axis"]),
}
