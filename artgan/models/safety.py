"""Look into a model file before anything opens it.

Keras has a safe mode, and it stays on; this is the lock in front of it. A model is a description of layers and
some arrays, so the description may name nothing but layers from the lists below, and the file may hold nothing
but the arrays. Everything else (lambdas, pickles, links to other files, archives that unpack to terabytes) is
refused with a sentence that says why, before a single object is made from it.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import h5py

from artgan.errors import ArtganError, DamagedError, NotFoundError, UnsafeFileError, UsageError

_COPY_AGAIN = "copy or download the file again, or name another one"
_UNSAFE = "open only model files made of Keras' own layers, from somebody you trust"

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
# Most bytes of each member when unpacked: generators are megabytes, their descriptions kilobytes.
_MOST_BYTES = {_CONFIG: 64 * 2**20, _METADATA: 2**20, _WEIGHTS: 2 * 2**30}
# Weights hardly compress; beyond these factors a file is made to exhaust memory. 1 MiB is harmless at any factor.
_MOST_UNPACKING, _MOST_H5_UNPACKING, _HARMLESS_BYTES = 100, 1000, 2**20
_MOST_H5_OBJECTS = 100_000
# gzip, shuffle, fletcher32 and lzf; other HDF5 filters are loaded from plug-in libraries.
_H5_FILTERS = {1, 2, 3, 32000}

_LAYER_NAMES = """
    InputLayer Dense Conv1D Conv2D Conv2DTranspose DepthwiseConv2D SeparableConv2D Embedding EinsumDense
    BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization SpectralNormalization
    Activation ReLU LeakyReLU PReLU ELU Softmax Identity Dropout SpatialDropout2D GaussianNoise GaussianDropout
    Reshape Flatten Permute RepeatVector UpSampling2D ZeroPadding2D Cropping2D Rescaling Resizing
    AveragePooling2D MaxPooling2D GlobalAveragePooling2D GlobalMaxPooling2D
    Add Subtract Multiply Average Maximum Minimum Concatenate Dot Attention MultiHeadAttention
"""
_INITIALIZER_NAMES = """
    Zeros Ones Constant Identity IdentityInitializer Orthogonal OrthogonalInitializer RandomNormal RandomUniform
    TruncatedNormal VarianceScaling GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform
"""
_LAYERS = frozenset(_LAYER_NAMES.split())
_INITIALIZERS = frozenset(_INITIALIZER_NAMES.split())
_REGULARIZERS = frozenset({"L1", "L2", "L1L2", "OrthogonalRegularizer"})
_CONSTRAINTS = frozenset({"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"})
_MODELS = frozenset({"Functional", "Sequential"})
_POLICIES = frozenset({"DTypePolicy", "FloatDTypePolicy"})
_CLASSES: dict[str | None, frozenset[str]] = {
    "keras": _MODELS | _POLICIES,
    "keras.src.models.functional": _MODELS,
    "keras.dtype_policies": _POLICIES,
    "keras.layers": _LAYERS,
    "keras.initializers": _INITIALIZERS,
    "keras.regularizers": _REGULARIZERS,
    "keras.constraints": _CONSTRAINTS,
    # An .h5 names no modules; Keras looks such names up among its own layers, initializers and so on.
    None: _MODELS | _POLICIES | _LAYERS | _INITIALIZERS | _REGULARIZERS | _CONSTRAINTS,
    "keras.src.ops.core": frozenset({"Cast", "SaturateCast", "ConvertToTensor", "Slice", "StopGradient", "Unstack"}),
}
# In these modules every class is a function of arrays and nothing else (Keras itself refuses what is no operation).
_ARRAY_MODULES = frozenset({"keras.src.ops.numpy", "keras.src.ops.nn", "keras.src.ops.math", "keras.src.ops.image"})
# How Keras writes plain values into a description; "__lambda__" and "__typespec__" are left out on purpose.
_VALUES = frozenset({"__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__"})


@dataclass(frozen=True)
class ModelFile:
    """What an inspected file is: its kind, the Keras that wrote it, and the description of its layers."""

    path: Path
    kind: Literal["keras", "h5"]
    keras_version: str
    config: dict[str, Any]

    @property
    def legacy(self) -> bool:
        """Whether Keras 2 wrote it: ``load_model`` cannot open it, ``legacy.rebuild`` can."""
        return self.kind == "h5" and self.keras_version.startswith("2.")


def inspect_model_file(path: Path) -> ModelFile:
    """Find out what a model file is, by its content, and refuse it when it holds anything but a model.

    The layers of a file that Keras 2 wrote are not judged here: ``legacy.rebuild`` knows only ten.

    Args:
        path: a file of any name.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it is a folder.
        DamagedError: it is empty, cut short, or no Keras model.
        UnsafeFileError: it holds something that would run code, reach into other files or exhaust memory.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder, not a model file", "name the .keras or .h5 file inside it")
    try:
        with open(path, "rb") as file:
            start = file.read(512)
    except FileNotFoundError:
        raise NotFoundError(f"there is no model file {path}", "check the path") from None
    except OSError as error:
        raise DamagedError(f"{path} cannot be read: {error.strerror or error}", _COPY_AGAIN) from error
    if start.startswith(b"PK\x03\x04"):
        return _inspect_zip(path)
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return _inspect_h5(path)
    raise _no_model(path, start)


def check_config(config: object, path: Path | str) -> None:
    """Refuse a model's description that names anything but the layers, operations and values listed above.

    Args:
        config: parsed JSON.
        path: the file it came from, for the message.

    Raises:
        UnsafeFileError: naming the first thing that is not listed.
    """
    waiting = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            waiting.extend(item)
        elif isinstance(item, dict):
            if not item.keys().isdisjoint({"class_name", "module", "registered_name"}):
                _check_class(item, path)
            waiting.extend(item.values())


def _check_class(item: dict[str, Any], path: Path | str) -> None:
    name, module, alias = item.get("class_name"), item.get("module"), item.get("registered_name")
    texts = isinstance(name, str) and isinstance(module, str | None)
    if texts and name in _VALUES and module is None:
        return
    known = texts and (name in _CLASSES.get(module, ()) or (module in _ARRAY_MODULES and str(name).isalnum()))
    if known and alias in (None, name):
        return
    full = f"{module}.{name}" if module else name
    if known:
        full = f"{full} registered as {alias}"
    inner = item.get("config")
    layer = item.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
    where = f" (layer {str(layer)[:80]!r})" if layer else ""
    raise UnsafeFileError(
        f"{path} asks for {str(full)[:120]!r}{where}, which is not one of Keras' layers "
        "and operations that artgan knows to be harmless",
        _UNSAFE,
    )


def _inspect_zip(path: Path) -> ModelFile:
    with _damage(path), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_members(path, members)
        # Reading to the end compares each member's checksum.
        config = _parse(path, archive.read(_CONFIG))
        metadata = _parse(path, archive.read(_METADATA))
        with h5py.File(io.BytesIO(archive.read(_WEIGHTS)), "r") as weights:
            _check_h5(path, weights)
    # Never used: models are opened with compile=False.
    check_config({key: value for key, value in config.items() if key != "compile_config"}, path)
    return ModelFile(path, "keras", str(metadata.get("keras_version", "")), config)


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    names = sorted(member.filename for member in members)
    if _CONFIG not in names:
        if any(name.endswith((".pkl", ".pickle")) for name in names):
            raise UnsafeFileError(f"{path} was not opened: it is a PyTorch archive, which holds pickles", _UNSAFE)
        raise DamagedError(f"{path} is a zip archive, but no Keras model: it has no {_CONFIG}", _COPY_AGAIN)
    if _WEIGHTS not in names or _METADATA not in names:
        missing = _METADATA if _WEIGHTS in names else _WEIGHTS
        raise DamagedError(f"{path} is no whole Keras model: {missing} is missing", _COPY_AGAIN)
    if len(names) != len(_MOST_BYTES):
        odd = next((name for name in names if name not in _MOST_BYTES), "the same member twice")
        raise UnsafeFileError(f"{path} was not opened: besides a model it holds {odd[:120]!r}", _UNSAFE)
    for member in members:
        if member.flag_bits & 0x1:
            raise UnsafeFileError(f"{path} was not opened: {member.filename} in it is encrypted", _UNSAFE)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnsafeFileError(f"{path} was not opened: {member.filename} in it is packed in an odd way", _UNSAFE)
        too_dense = member.file_size > max(_HARMLESS_BYTES, _MOST_UNPACKING * member.compress_size)
        if member.file_size > _MOST_BYTES[member.filename] or too_dense:
            raise UnsafeFileError(
                f"{path} was not opened: {member.filename} in it would unpack from {member.compress_size:,} "
                f"to {member.file_size:,} bytes",
                _UNSAFE,
            )


def _inspect_h5(path: Path) -> ModelFile:
    with _damage(path), h5py.File(path, "r") as file:
        _check_h5(path, file)
        if "model_config" not in file.attrs or "model_weights" not in file:
            raise DamagedError(
                f"{path} is an HDF5 file, but no whole Keras model: it does not describe the layers",
                "name a file made by model.save, not by save_weights",
            )
        config = _parse(path, file.attrs["model_config"])
        version = file.attrs.get("keras_version", "")
        version = version.decode() if isinstance(version, bytes) else str(version)
    found = ModelFile(path, "h5", version, config)
    if not found.legacy:
        check_config(config, path)
    return found


def _check_h5(path: Path, file: h5py.File) -> None:
    """Walk all links of an HDF5 file, and refuse what leads elsewhere or would kill or fill the process."""
    seen: set[int] = set()
    waiting: list[h5py.Group] = [file]
    total = 0
    while waiting:
        group = waiting.pop()
        _check_attributes(path, group)
        for name in group:
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                target = getattr(link, "filename", None) or getattr(link, "path", "")
                raise UnsafeFileError(
                    f"{path} was not opened: {name!r} in it is a link to {str(target)[:120]!r}", _UNSAFE
                )
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:  # A hard link back would otherwise be walked for ever.
                continue
            seen.add(address)
            if len(seen) > _MOST_H5_OBJECTS:
                raise UnsafeFileError(f"{path} was not opened: it holds over {_MOST_H5_OBJECTS:,} objects", _UNSAFE)
            if isinstance(item, h5py.Group):
                waiting.append(item)
            else:
                total += _check_array(path, item)
            if total > _MOST_BYTES[_WEIGHTS]:
                raise UnsafeFileError(f"{path} was not opened: its arrays take over 2 GiB", _UNSAFE)


def _check_attributes(path: Path, item: Any) -> None:
    """Let only texts and numbers pass: reading a damaged attribute of another type kills the whole process."""
    for name in item.attrs:
        kind = item.attrs.get_id(name).get_type().get_class()
        if kind not in (h5py.h5t.STRING, h5py.h5t.INTEGER, h5py.h5t.FLOAT):
            raise DamagedError(f"{path} is damaged: its attribute {name!r} is neither text nor number", _COPY_AGAIN)


def _check_array(path: Path, item: Any) -> int:
    # Numbers, truth values, and the two opaque bytes as which Keras stores bfloat16.
    if not isinstance(item, h5py.Dataset) or not (item.dtype.kind in "fiub" or item.dtype.str == "|V2"):
        raise UnsafeFileError(f"{path} was not opened: {item.name!r} in it is not an array of numbers", _UNSAFE)
    _check_attributes(path, item)
    if item.external or item.is_virtual:
        raise UnsafeFileError(f"{path} was not opened: the numbers of {item.name!r} lie in another file", _UNSAFE)
    filters = item.id.get_create_plist()
    used = {filters.get_filter(index)[0] for index in range(filters.get_nfilters())}
    if not used <= _H5_FILTERS:
        raise UnsafeFileError(f"{path} was not opened: {item.name!r} in it is packed in an odd way", _UNSAFE)
    declared = int(item.dtype.itemsize)
    for side in item.shape or ():
        declared *= int(side)
    if declared > max(_HARMLESS_BYTES, _MOST_H5_UNPACKING * item.id.get_storage_size()):
        raise UnsafeFileError(f"{path} was not opened: {item.name!r} in it would unpack to {declared:,} bytes", _UNSAFE)
    return declared


def _parse(path: Path, text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except RecursionError:
        raise UnsafeFileError(f"{path} was not opened: its description is nested without end", _UNSAFE) from None
    if not isinstance(value, dict):
        raise DamagedError(f"{path} is no Keras model: its description is not one", _COPY_AGAIN)
    return value


@contextlib.contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Turn what the zip, HDF5 and JSON readers raise on broken bytes into one of our sentences."""
    try:
        yield
    except ArtganError:
        raise
    except Exception as error:
        # Broken bytes make those readers raise nearly anything, also zlib.error and plain RuntimeError.
        raise DamagedError(f"{path} is cut short or damaged", _COPY_AGAIN) from error


def _no_model(path: Path, start: bytes) -> DamagedError:
    text = start.lstrip().lower()
    if not start:
        return DamagedError(f"{path} is empty", _COPY_AGAIN)
    if start[0] == 0x80 and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return UnsafeFileError(f"{path} was not opened: it is a pickle, which runs code when opened", _UNSAFE)
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return DamagedError(f"{path} is a web page, not a model: the download went wrong", _COPY_AGAIN)
    if text.startswith(b"version https://git-lfs"):
        return DamagedError(f"{path} is a Git LFS pointer, not the model itself", "fetch it with git lfs pull")
    return DamagedError(f"{path} is neither a .keras nor an .h5 model", _COPY_AGAIN)
