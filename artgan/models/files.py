"""Generators in files: written small and whole, opened safely, always red, green, blue."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from artgan.errors import DamagedError, UsageError
from artgan.files import storage_error, write_bytes
from artgan.models import legacy, safety

# A member's time is part of a zip; with the format's first day the same model always gives the same bytes.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
# float16 rounds a normal number by at most 2**-11 = 4.9e-4 of it; beyond this the number was too small for it.
_HALF_ERROR = 1e-3
_HINT = "name a generator, such as the gen_<epoch> file beside it"


def save_generator(model: keras.Model, path: Path, *, half: bool = True) -> None:
    """Write a generator as a ``.keras`` file that plain ``keras.models.load_model`` opens, without artgan.

    Halving stores kernels in float16 (Keras casts them back to float32 on loading) unless float16 cannot hold them;
    vectors (biases, batch statistics) stay float32: they are under 1 % of the bytes, and variances may be tiny.
    The same model gives the same bytes every time.

    Args:
        model: built under float32, of Keras' own layers and ``keras.ops`` alone.
        path: ends in ``.keras``; replaced when there.
        half: store at half precision.

    Raises:
        UnsafeFileError: a layer is not one of Keras' own, so that the file could not be opened again.
        DiskFullError: no room; what was at ``path`` is as it was.
    """
    assert path.suffix == ".keras", f"Keras opens no .keras file named {path.name}"
    config = keras.saving.serialize_keras_object(model)
    config["compile_config"] = None
    policies = {policy["name"] for policy in _policies(config)}
    assert policies <= {"float32"}, f"a saved generator would compute in {policies} wherever it is opened"
    safety.check_config(config, path)
    try:
        with tempfile.TemporaryDirectory() as folder:
            saved = Path(folder) / "model.weights.h5"
            model.save_weights(saved)
            weights = _copied_weights(saved, half)
    except OSError as error:
        raise storage_error(error, path) from error
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in (
            ("metadata.json", json.dumps({"keras_version": keras.__version__}).encode()),
            ("config.json", json.dumps(config).encode()),
            ("model.weights.h5", weights),
        ):
            member = zipfile.ZipInfo(name, _ZIP_TIME)
            member.create_system = 3  # Otherwise it tells Windows from the rest.
            file.writestr(member, content)
    write_bytes(path, archive.getvalue())


def load_model(path: Path) -> keras.Model:
    """Open any ``.keras`` or ``.h5`` model, told by its content, and run nothing that it holds.

    Args:
        path: a file of any name, written by Keras 3, or by keragan with Keras 2.2 to 2.15.

    Returns:
        The model, not compiled, all weights float32, channels in the file's own order (keragan: blue, green, red).

    Raises:
        NotFoundError: there is no such file.
        DamagedError: it is no model, or not whole.
        UnsafeFileError: it holds something that would run code or reach into other files.
    """
    return _open(path)[0]


def load_generator(path: Path) -> keras.Model:
    """Open a generator: ``(n, latent_dim)`` float32 to ``(n, size, size, 3)`` float32 in [-1, 1], RGB.

    Red comes first whatever file it was: a generator that Keras 2 wrote is keragan's, which paints blue, green, red,
    and is turned. With classes the model takes a second input, the labels.

    Args:
        path: a file as for ``load_model``.

    Returns:
        The generator; ``latent_dim`` and ``picture_size`` tell its measures.

    Raises:
        ArtganError: as for ``load_model``, and when the model is not a generator, saying what it is.
    """
    model, found = _open(path)
    shapes = [tuple(tensor.shape) for tensor in model.inputs]
    painted = [tuple(tensor.shape) for tensor in model.outputs]
    takes_latents = len(shapes) in (1, 2) and len(shapes[0]) == 2 and shapes[0][1] is not None
    takes_labels = len(shapes) < 2 or len(shapes[1]) in (1, 2)
    paints = len(painted) == 1 and len(painted[0]) == 4 and painted[0][1] == painted[0][2] is not None
    if not (takes_latents and takes_labels and paints and painted[0][3] == 3):
        raise UsageError(f"{path} is not a generator: it takes {_words(shapes)} and gives {_words(painted)}", _HINT)
    if found.legacy:
        legacy.to_rgb(model)
    return model


def latent_dim(model: keras.Model) -> int:
    """Return the length of the latent vector that a generator takes."""
    return int(model.inputs[0].shape[1])


def picture_size(model: keras.Model) -> int:
    """Return the side, in pixels, of the pictures that a generator paints."""
    return int(model.outputs[0].shape[1])


def _open(path: Path) -> tuple[keras.Model, safety.ModelFile]:
    found = safety.inspect_model_file(path)
    if found.legacy:
        return legacy.rebuild(path, found.config), found
    try:
        with tempfile.TemporaryDirectory() as folder:
            named = path
            if path.suffix != f".{found.kind}":  # Keras goes by the name.
                named = Path(shutil.copyfile(path, Path(folder) / f"model.{found.kind}"))
            model = _as_float32(keras.models.load_model(named, compile=False, safe_mode=True))
    except Exception as error:
        # A description with missing, ill-typed or impossible numbers makes Keras raise nearly anything.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise DamagedError(
            f"{path} looks like a model, but Keras {keras.__version__} cannot build it: {reason}",
            f"it was written by Keras {found.keras_version[:20] or '(not told)'}; artgan opens what Keras 3 opens",
        ) from error
    if not model.built:
        raise DamagedError(f"{path} does not say what its network takes", "save the model after it has been called")
    return model, found


def _as_float32(model: keras.Model) -> keras.Model:
    """Rebuild a model that was saved under mixed precision, which would give bfloat16 pictures."""
    config = keras.saving.serialize_keras_object(model)
    mixed = [policy for policy in _policies(config) if policy["name"] != "float32"]
    if not mixed:
        return model
    for policy in mixed:
        policy["name"] = "float32"
    plain = keras.saving.deserialize_keras_object(config, safe_mode=True)
    plain.set_weights(model.get_weights())
    return plain


def _policies(config: Any) -> Iterator[dict[str, Any]]:
    """Yield the config of every dtype policy in a model's description."""
    if isinstance(config, dict):
        if str(config.get("class_name", "")).endswith("DTypePolicy"):
            yield config["config"]
        config = list(config.values())
    if isinstance(config, list | tuple):
        for item in config:
            yield from _policies(item)


def _copied_weights(source: Path, half: bool) -> bytes:
    """Copy a weights file into bytes that depend on the weights alone, at half precision where that fits."""
    copy = io.BytesIO()
    with h5py.File(source, "r") as old, h5py.File(copy, "w") as new:

        def add(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                new.create_dataset(name, data=_halved(item[()]) if half else item[()])
            else:
                new.create_group(name)
            for key, value in item.attrs.items():
                new[name].attrs[key] = value

        old.visititems(add)
    return copy.getvalue()


def _halved(values: np.ndarray) -> np.ndarray:
    """Return float16 where it keeps every value to 1e-3 of itself or of the array's typical size, else ``values``."""
    if values.ndim < 2 or values.dtype != np.float32:
        return values
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    typical = np.sqrt(np.mean(np.square(values, dtype=np.float64)))
    with np.errstate(invalid="ignore"):
        error = np.abs(half.astype(np.float64) - values)
    # Overflow gives an infinite error and NaN compares false: both stay as they were.
    return half if np.all(error <= _HALF_ERROR * np.maximum(np.abs(values), typical)) else values


def _words(shapes: list[tuple[int | None, ...]]) -> str:
    """Say what tensors of these shapes are: pictures, one number, or so many numbers."""
    words = []
    for shape in shapes:
        if len(shape) == 4:
            words.append(f"pictures of {shape[2]} x {shape[1]} with {shape[3]} channels")
        elif len(shape) == 2:
            words.append("one score" if shape[1] == 1 else f"{shape[1]} numbers")
        else:
            words.append(f"arrays of shape {shape[1:]}")
    return " and ".join(words)
