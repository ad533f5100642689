"""Put a generator and what runs it into one page."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from artgan.models.graph import Graph, Node
from artgan.sampling.web import kernel

# float16 rounds a normal number by at most 2**-11 of it, and ends at 65504.
_HALF_MOST = 6e4


@dataclass(frozen=True)
class Facts:
    """What the page says of the generator: whose it is, and the names of its classes."""

    name: str
    epoch: int | None
    classes: Sequence[str]
    version: str


def page(graph: Graph, facts: Facts) -> str:
    """Return the page; it asks for nothing, neither of a network nor of the disk."""
    network, weights = _packed(graph)
    told = {
        "name": facts.name,
        "epoch": facts.epoch,
        "classes": list(facts.classes),
        "version": facts.version,
        "network": network,
    }
    parts = {
        "TITLE": html.escape(facts.name),
        "STYLE": _text("room.css"),
        "PAINTER": _text("painter.js"),
        "ROOM": _text("room.js"),
        # "</script>" in a name would end the element; in JSON a "<" may be written so.
        "FACTS": json.dumps(told, separators=(",", ":")).replace("<", "\\u003c"),
        "KERNEL": base64.b64encode(kernel.module()).decode("ascii"),
        "WEIGHTS": base64.b64encode(weights).decode("ascii"),
    }
    made = []
    # Once through the template, so that nothing that was put in is looked at again.
    for number, piece in enumerate(_text("room.html").split("@@")):
        made.append(parts[piece] if number % 2 else piece)
    return "".join(made)


def halved(graph: Graph) -> Graph:
    """Return the graph with the weights that the page has: kernels at half precision where they fit it."""
    return replace(graph, nodes=tuple(replace(node, arrays=_rounded(node.arrays)) for node in graph.nodes))


def _rounded(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        name: array.astype(np.float16).astype(np.float32) if _fits_half(array) else array
        for name, array in arrays.items()
    }


def _fits_half(array: np.ndarray) -> bool:
    return array.ndim > 1 and bool(np.abs(array).max(initial=0) < _HALF_MOST)


def _packed(graph: Graph) -> tuple[dict[str, Any], bytes]:
    """Return the graph as JSON has it, and all arrays one after the other."""
    blob = bytearray()
    nodes = []
    for node in graph.nodes:
        listed: dict[str, Any] = {"kind": node.kind, "inputs": node.inputs, "shape": node.shape, **node.settings}
        if node.kind in ("conv", "deconv"):
            listed["kernel"] = node.arrays["kernel"].shape[:2]
        listed["arrays"] = {}
        for name, array in node.arrays.items():
            half = _fits_half(array)
            values = _laid_out(node, name, array).astype("<f2" if half else "<f4")
            blob += bytes(-len(blob) % 4)
            listed["arrays"][name] = {"offset": len(blob), "count": int(values.size), "half": half}
            blob += values.tobytes()
        nodes.append(listed)
    return {"inputs": graph.inputs, "nodes": nodes}, bytes(blob)


def _laid_out(node: Node, name: str, array: np.ndarray) -> np.ndarray:
    if node.kind == "deconv" and name == "kernel":  # In front what the product sums over.
        return np.ascontiguousarray(array.transpose(3, 0, 1, 2))
    return array


@cache
def _text(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")
