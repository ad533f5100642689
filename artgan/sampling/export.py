"""Hand a generator to other programs, and look that they get the same pictures."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from artgan import __version__, seeds
from artgan.errors import ArtganError, UsageError
from artgan.files import copy_file, storage_error, write_bytes, write_text
from artgan.models import graph_numpy
from artgan.models.files import latent_dim, load_generator, load_model, save_generator
from artgan.models.graph import Graph, read_graph
from artgan.models.graph_layers import Untranslatable
from artgan.models.graph_onnx import session, to_onnx
from artgan.models.painting import class_count
from artgan.sampling.web.page import Facts, halved, page
from artgan.seeds import in_turn

Format = Literal["keras", "savedmodel", "h5", "onnx", "web"]
# Largest difference of a pixel in [-1, 1] to the original: none where the same layers run again, rounding where
# TensorFlow has compiled them into another program. One grey level is 7.8e-3; a page has half precision, and is refused
# with more than one of them.
_BOUNDS: dict[Format, float] = {"keras": 0.0, "h5": 0.0, "savedmodel": 1e-5, "onnx": 1e-3, "web": 7.8e-3}
_ENDINGS: dict[Format, str] = {"keras": ".keras", "h5": ".h5", "savedmodel": "", "onnx": ".onnx", "web": ""}
# What an earlier export into a folder has in it.
_FOLDERS = {"savedmodel": "saved_model.pb", "web": "index.html"}
_CHECK_SEEDS = range(4)

_Painter = Callable[[list[np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Exported:
    """What was written, and how far its pictures were from the original's on four latents."""

    path: Path
    max_difference: float
    bytes: int


def export_generator(
    source: Path, to: Format, destination: Path, *, force: bool = False, facts: Facts | None = None
) -> Exported:
    """Write a generator in another format at full precision, read it back, and compare the pictures of both.

    Args:
        source: a generator file of any kind that ``load_generator`` opens; keragan's colours are turned to RGB.
        to: ``keras`` and ``h5`` for ``keras.models.load_model``, ``savedmodel`` for TensorFlow, TFLite and serving:
            its endpoint ``serve`` takes ``(n, latent_dim)`` float32, and of a generator of classes a list of that
            and ``(n, classes)`` float32; ``onnx`` takes the same as ``latents`` and ``classes`` and gives ``pictures``;
            ``web`` is a folder with one page, ``index.html``, that paints where it is opened.
        destination: the file, ending in .keras, .h5 or .onnx, or the folder of a saved model or a page.
        force: replace what is there.
        facts: what a page says of the generator; default its file's name.

    Returns:
        The path, the largest difference of a pixel in [-1, 1] (at most 0 for keras and h5, 1e-5 for savedmodel,
        1e-3 for onnx, 7.8e-3 for web), and the bytes written.

    Raises:
        UsageError: ``destination`` exists and ``force`` is not set, or its ending does not fit.
        ArtganError: the written model cannot be read back or paints otherwise; nothing is left at ``destination``
            that was not there before.
        SetupError: onnx and its runtime are not installed.
    """
    if to not in _BOUNDS:
        raise UsageError(f"cannot export to {to!r}", f"choose one of {', '.join(_BOUNDS)}")
    if _ENDINGS[to] and destination.suffix != _ENDINGS[to]:
        raise UsageError(
            f"a {to} file ends in {_ENDINGS[to]}, {destination.name} does not",
            f"write {destination.with_suffix(_ENDINGS[to])}",
        )
    if destination.exists() and not force:
        raise UsageError(f"{destination} exists already", "add --force to replace it, or choose another name")
    earlier = _is_earlier(destination / _FOLDERS[to], to) if to in _FOLDERS else destination.is_file()
    if destination.exists() and not earlier:  # Somebody's folder of paintings, say.
        raise UsageError(f"{destination} is no earlier {to} export and was not replaced", "choose another name")
    try:
        if to in ("onnx", "web"):
            difference = _write_graph(source, to, destination, facts)
        else:
            write = _write_folder if to == "savedmodel" else _write_file
            difference = write(load_generator(source), to, destination)
    except OSError as error:
        raise storage_error(error, destination) from error
    files = [destination] if destination.is_file() else destination.rglob("*")
    return Exported(destination, difference, sum(file.stat().st_size for file in files if file.is_file()))


def _is_earlier(inside: Path, to: Format) -> bool:
    """Say whether a folder is what was exported earlier; a page of anybody else is not."""
    return inside.is_file() and (to != "web" or b'content="artgan"' in inside.read_bytes()[:1000])


def _write_file(model: keras.Model, to: Format, destination: Path) -> float:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / f"model{_ENDINGS[to]}"
        if to == "keras":
            save_generator(model, written, half=False)
        else:
            model.save(written)
        difference = _difference(model, to, lambda: _keras_painter(written))
        copy_file(written, destination)
    return difference


def _write_folder(model: keras.Model, to: Format, destination: Path) -> float:
    part = destination.with_name(destination.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        model.export(part, format="tf_saved_model", verbose=False)
        difference = _difference(model, to, lambda: _saved_painter(part))
        if destination.exists():
            shutil.rmtree(destination)
        part.rename(destination)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return difference


def _write_graph(source: Path, to: Format, destination: Path, facts: Facts | None) -> float:
    """Write what is made of the plain operations that the generator comes to."""
    model = load_generator(source)
    try:
        graph = _graph(source, model)
        data = to_onnx(graph) if to == "onnx" else None
    except Untranslatable as error:
        raise ArtganError(f"the generator cannot be written as {to}: {error}", "export it --to savedmodel") from error
    if data is not None:
        difference = _difference(model, to, lambda: session(data))
        write_bytes(destination, data)
        return difference
    # The page's own weights, by NumPy: the browser's arithmetic is NumPy's, which the tests compare in a browser.
    difference = _difference(model, to, lambda: _graph_painter(halved(graph)))
    text = page(graph, facts or Facts(source.stem, None, [], __version__))
    write_text(destination / _FOLDERS["web"], text)
    return difference


def _graph(source: Path, model: keras.Model) -> Graph:
    """Read the graph of a file; of one that Keras alone opens, by way of a file as artgan writes them."""
    try:
        return read_graph(source)
    except Untranslatable:
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / "model.keras"
            save_generator(model, written, half=False)
            return read_graph(written)


def _graph_painter(graph: Graph) -> _Painter:
    return lambda values: np.stack([graph_numpy.run(graph, *given) for given in zip(*values, strict=True)])


def _difference(model: keras.Model, to: Format, read_back: Callable[[], _Painter]) -> float:
    """Run both on the same latents; complain when they differ by more than the format's bound."""
    latents = seeds.latents(_CHECK_SEEDS, latent_dim(model))
    classes = [in_turn(range(len(latents)), class_count(model))] if class_count(model) else []
    try:
        painted = read_back()([latents, *classes])
    except Exception as error:
        # Whatever the reader of another format raises, the export has failed and says so.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ArtganError(f"the generator does not survive as {to}: {reason}", "export it --to keras") from error
    difference = float(np.max(np.abs(painted - _run(model, [latents, *classes]))))
    if not difference <= _BOUNDS[to]:  # Also when it is not a number.
        raise ArtganError(
            f"the {to} export paints otherwise than the generator: pixels differ by {difference:.2g}, "
            f"at most {_BOUNDS[to]:.2g} is allowed",
            "export it --to keras",
        )
    return difference


def _run(model: keras.Model, values: list[np.ndarray]) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(values[0] if len(values) == 1 else values, training=False))


def _keras_painter(path: Path) -> _Painter:
    model = load_model(path)
    return lambda values: _run(model, values)


def _saved_painter(path: Path) -> _Painter:
    saved = tf.saved_model.load(str(path))
    # Keras exports several inputs as one list.
    return lambda values: saved.serve(values[0] if len(values) == 1 else values).numpy()
