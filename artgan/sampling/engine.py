"""What computes the pictures: TensorFlow, which is the reference, or something that is there sooner.

A generator's file is read as a ``Graph`` and run by NumPy, or by ONNX Runtime where it is installed and the network is
large. Either paints the same pictures to within one of 255 steps, and that is not taken on trust: the first time that
an architecture is met TensorFlow paints its first pictures too, and what came of it is kept in the cache. A network
that cannot be read so, or is painted otherwise, is TensorFlow's alone.

Why by the architecture, not by the file: what an engine may get wrong is a layer, a setting or the order of weights,
and all of these are in the description (``Graph.architecture`` is its digest, as it stands in the file, so that a
setting which is wrongly ignored is met anew as well). Weights are numbers that the same code multiplies. They could
matter by rounding alone, and that is far away: the engines differ by some 2e-6 in a picture, a step is 8e-3. So a run's
500 checkpoints are compared once, and not again while the engine and the reference stay of the same version.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from artgan import files, images, seeds
from artgan.errors import ArtganError, SetupError, UsageError
from artgan.models import graph_numpy
from artgan.models.blas import one_thread
from artgan.models.graph import Graph, read_graph
from artgan.models.graph_layers import Untranslatable

if TYPE_CHECKING:
    import keras

AUTO = "auto"
ENGINES = (AUTO, "tensorflow", "numpy", "onnx")
# Goes up with any change to how a graph is read or run, so that what was found of an earlier one is found again.
_REVISION = 2
_MOST_STEPS = 1
_CHECK_SEEDS = range(2)
# Multiplications for a picture. Below the first NumPy has painted ten before ONNX Runtime is loaded; above the second
# it takes longer for ten than TensorFlow does, its import included.
_ONNX_FROM, _TENSORFLOW_FROM = 100_000_000, 1_000_000_000
# Architectures of the generators that are part of artgan; a test compares them.
_SHIPPED = frozenset({"c77002019bb0b13b767bcbf9f641c7dfebe324ba5f152958d029a92baa82a510"})


class Engine(Protocol):
    """A generator that was opened."""

    @property
    def name(self) -> str:
        """One of ``ENGINES``, never "auto"."""

    @property
    def latent_dim(self) -> int: ...

    @property
    def size(self) -> int:
        """Side of its pictures in pixels."""

    @property
    def class_count(self) -> int:
        """How many classes it paints; 0 where it is told of none."""

    @property
    def generator(self) -> keras.Model:
        """The same as a Keras model; loads TensorFlow."""

    def paint(self, latents: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
        """Paint one picture for each latent.

        Args:
            latents: ``(n, latent_dim)`` float32.
            classes: ``(n, classes)`` float32, for a generator of classes; default all classes in turn.

        Returns:
            ``(n, size, size, 3)`` uint8; picture ``i`` has the same bytes whatever else is painted with it.
        """


class TensorFlow:
    """The reference: Keras and TensorFlow."""

    name = "tensorflow"

    def __init__(self, generator: keras.Model) -> None:
        from artgan.models import files as model_files
        from artgan.models import painting

        self.generator = generator
        self.latent_dim = model_files.latent_dim(generator)
        self.size = model_files.picture_size(generator)
        self.class_count = painting.class_count(generator)

    def paint(self, latents: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
        from artgan.models import painting

        return painting.paint(self.generator, latents, classes)


class Graphed:
    """A graph, one picture at a time, so that no picture's last digit depends on its neighbours."""

    def __init__(self, name: str, path: Path, graph: Graph) -> None:
        self.name, self._path, self._graph = name, path, graph
        self.latent_dim, self.size, self.class_count = graph.latent_dim, graph.size, graph.class_count
        self._run = _runner(name, graph)

    @functools.cached_property
    def generator(self) -> keras.Model:
        return _load(self._path)

    def paint(self, latents: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
        if self.class_count and classes is None:
            classes = seeds.in_turn(range(len(latents)), self.class_count)
        latents = np.asarray(latents, np.float32)
        made = np.empty((len(latents), self.size, self.size, 3), np.uint8)

        def one(number: int) -> None:
            told = [] if classes is None or not self.class_count else [np.asarray(classes[number], np.float32)]
            made[number] = images.to_uint8(self._run([latents[number], *told]))

        if self.name != "numpy":  # ONNX Runtime shares a picture out among its own threads
            for number in range(len(latents)):
                one(number)
            return made
        with one_thread(), ThreadPoolExecutor(_cores()) as pool:  # whole pictures are what the cores share
            list(pool.map(one, range(len(latents))))
        return made


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_engine(path: Path, wanted: str = AUTO, *, cache_dir: Path | None = None) -> Engine:
    """Open a generator's file with what paints it soonest.

    Args:
        path: a file as for ``models.files.load_generator``.
        wanted: one of ``ENGINES``.
        cache_dir: where it is kept that an engine was compared; default the user's cache.

    Raises:
        UsageError: no such engine, or the one that is wanted cannot paint this network, or not well enough.
        SetupError: it is not installed.
        ArtganError: what ``load_generator`` raises of the file.
    """
    if wanted not in ENGINES:
        raise UsageError(f"no engine {wanted!r}", f"choose one of: {', '.join(ENGINES)}")
    if wanted == "onnx" and not _onnx_is_here():
        raise SetupError("ONNX Runtime is not installed", 'pip install "artgan[onnx]", or use --engine auto')
    if wanted != "tensorflow":
        try:
            graph = read_graph(path)
            name = _choose(graph) if wanted == AUTO else wanted
            if name != "tensorflow":
                engine = Graphed(name, path, graph)
                if _is_trusted(engine, path, graph.architecture, cache_dir):
                    return engine
            elif wanted == AUTO:
                return TensorFlow(_load(path))
            reason = "it paints its pictures otherwise than TensorFlow"
        except Untranslatable as error:
            reason = str(error)
        if wanted != AUTO:
            raise UsageError(
                f"the engine {wanted} does not do for {path.name}: {reason}", "leave --engine out, for TensorFlow"
            )
    return TensorFlow(_load(path))


def _choose(graph: Graph) -> str:
    work = graph.multiplications
    if work >= _ONNX_FROM and _onnx_is_here():
        return "onnx"
    return "numpy" if work < _TENSORFLOW_FROM else "tensorflow"


def _onnx_is_here() -> bool:
    return all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))


def _runner(name: str, graph: Graph) -> Callable[[list[np.ndarray]], np.ndarray]:
    if name == "numpy":
        return lambda given: graph_numpy.run(graph, *given)
    from artgan.models import graph_onnx

    run = graph_onnx.session(graph_onnx.to_onnx(graph))
    return lambda given: run([one[None] for one in given])[0]


def _load(path: Path) -> keras.Model:
    from artgan.models.files import load_generator

    return load_generator(path)


def _is_trusted(engine: Graphed, path: Path, architecture: str, cache_dir: Path | None) -> bool:
    """Say whether an engine paints such a network as TensorFlow does; ask TensorFlow the first time, of this file."""
    if architecture in _SHIPPED:
        return True
    versions = [f"{name} {_version(name)}" for name in (engine.name, "tensorflow", "keras")]
    key = ", ".join([f"revision {_REVISION}", *versions])
    kept = _cache_path(architecture, cache_dir)
    known = _read(kept)
    if key not in known:
        known[key] = _paints_the_same(engine, path)
        # What cannot be kept is found out again.
        with contextlib.suppress(OSError, ArtganError):
            files.write_json(kept, known)
    return known[key]


def _paints_the_same(engine: Graphed, path: Path) -> bool:
    reference = TensorFlow(_load(path))
    if (reference.latent_dim, reference.size, reference.class_count) != (
        engine.latent_dim,
        engine.size,
        engine.class_count,
    ):
        return False
    latents = seeds.latents(_CHECK_SEEDS, engine.latent_dim)
    apart = engine.paint(latents).astype(int) - reference.paint(latents)
    return int(np.abs(apart).max()) <= _MOST_STEPS


def _version(name: str) -> str:
    """Return which version of an engine is installed, without loading it."""
    return metadata.version({"onnx": "onnxruntime"}.get(name, name))


def _cache_path(architecture: str, cache_dir: Path | None) -> Path:
    if cache_dir is None:
        import platformdirs

        cache_dir = Path(platformdirs.user_cache_dir("artgan", appauthor=False))
    return cache_dir / "engines" / f"{architecture}.json"


def _read(path: Path) -> dict[str, bool]:
    """Return what was found earlier; what cannot be read was not."""
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return (
        {key: value for key, value in known.items() if value is True or value is False}
        if isinstance(known, dict)
        else {}
    )
