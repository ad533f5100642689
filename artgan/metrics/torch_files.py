"""Weights out of torch's files without torch: a pickle that may name five things, and numbers.

Only a file whose checksum was compared is read: what a changed one would say of its numbers is not doubted here.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from typing import IO, Any

import numpy as np

Tensors = dict[str, np.ndarray]


class Folded:
    """Kernels with the normalisation that follows them folded in: y = scale * conv(x) + (beta - mean * scale).

    Args:
        tensors: by their names in torch.
        epsilon: of the normalisation.
    """

    def __init__(self, tensors: Tensors, epsilon: float) -> None:
        self._tensors, self._epsilon = tensors, epsilon

    def __call__(self, kernel: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the kernel ``(out, in, height, width)`` and the bias ``(out,)``, by the names of both."""
        names = (f"{norm}.{name}" for name in ("weight", "bias", "running_mean", "running_var"))
        gamma, beta, mean, variance = (self._tensors[name] for name in names)
        scale = gamma / np.sqrt(variance + self._epsilon)
        return self._tensors[kernel] * scale[:, None, None, None], beta - mean * scale


def read_tensors(data: bytes) -> Tensors:
    """Read a file of tensors, of torch before 1.6 or since.

    Args:
        data: the whole file.

    Returns:
        Name to values, float32 or int64.

    Raises:
        pickle.UnpicklingError: it names what does not belong into such a file.
    """
    table, stored = _read_zip(data) if data.startswith(b"PK") else _read_pickles(data)
    return {
        name: np.lib.stride_tricks.as_strided(
            stored[key][offset:], shape, [step * stored[key].itemsize for step in strides]
        ).copy()
        for name, ((_, key), offset, shape, strides) in table.items()
    }


class _Unpickler(pickle.Unpickler):
    """Reads torch's table of tensors; knows the names that stand in it, and runs none of them."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *rest: (storage, offset, shape, strides)
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *rest: tensor
        if module == "torch" and name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} does not belong into a file of weights")

    def persistent_load(self, pid: Any) -> Any:
        _, kind, key, *_ = pid
        return kind, key


_DTYPES: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def _dtypes(table: dict[str, Any]) -> dict[str, np.dtype[Any]]:
    return {key: _DTYPES[kind] for (kind, key), *_ in table.values()}


def _read_pickles(data: bytes) -> tuple[dict[str, Any], Tensors]:
    """Read the format of torch before 1.6: five pickles, then per storage a count and its numbers."""
    file: IO[bytes] = io.BytesIO(data)
    for _ in range(3):  # a magic number, the version of the format, the system
        _Unpickler(file).load()
    table, keys = _Unpickler(file).load(), _Unpickler(file).load()
    dtypes, stored = _dtypes(table), {}
    for key in keys:
        (count,) = struct.unpack("<q", file.read(8))
        stored[key] = np.frombuffer(file.read(count * dtypes[key].itemsize), dtypes[key])
    return table, stored


def _read_zip(data: bytes) -> tuple[dict[str, Any], Tensors]:
    """Read the format of torch since 1.6: a zip of the table, data.pkl, and a file for each storage."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        table = _Unpickler(io.BytesIO(archive.read(name))).load()
        folder = name.removesuffix(".pkl")
        stored = {key: np.frombuffer(archive.read(f"{folder}/{key}"), kind) for key, kind in _dtypes(table).items()}
    return table, stored
