"""Files as torch writes them, without torch, and weights by a rule in the shape of Inception-v3's."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np

Tensors = dict[str, np.ndarray]


def inception_tensors(narrower: int = 1) -> Tensors:
    """Draw weights for all convolutions of pytorch-fid's network, with so many times fewer channels."""
    random, found = np.random.RandomState(0), {}  # whose numbers never change
    for line in Path(__file__).with_name("inception_shapes.txt").read_text(encoding="utf-8").splitlines():
        name, *words = line.split()
        count, channels, *sides = (int(word) for word in words)
        shape = (count // narrower, channels if channels == 3 else channels // narrower, *sides)
        reach = np.sqrt(6 / np.prod(shape[1:]))
        found[f"{name}.conv.weight"] = random.uniform(-reach, reach, shape)
        for part, least in (("weight", 0.5), ("bias", -0.5), ("running_mean", -0.5), ("running_var", 0.5)):
            found[f"{name}.bn.{part}"] = random.uniform(least, least + 1, shape[0])
    return {name: values.astype(np.float32) for name, values in found.items()}


def table(tensors: Tensors) -> bytes:
    """Write torch's table of tensors: what stands in which storage, and how."""

    def numbers(values: tuple[int, ...]) -> str:
        return "(" + "".join(f"I{value}\n" for value in values) + "t"

    text = "("
    for key, (name, values) in enumerate(tensors.items()):
        kind = {"f": "Float", "i": "Long"}[values.dtype.kind]
        strides = tuple(step // values.itemsize for step in values.strides)
        text += f"V{name}\nctorch._utils\n_rebuild_tensor_v2\n((Vstorage\nctorch\n{kind}Storage\nV{key}\nVcpu\n"
        text += f"I{values.size}\ntQI0\n{numbers(values.shape)}{numbers(strides)}I00\nccollections\nOrderedDict\n(tRtR"
    return f"{text}d.".encode()


def older_file(tensors: Tensors) -> bytes:
    """Write the format before 1.6."""
    keys = [str(key) for key in range(len(tensors))]
    pickles = [pickle.dumps(0x1950A86A20F9469CFC6C, 2), pickle.dumps(1001, 2), pickle.dumps({"little_endian": True}, 2)]
    stored = [struct.pack("<q", values.size) + values.tobytes("A") for values in tensors.values()]
    return b"".join([*pickles, table(tensors), pickle.dumps(keys, 2), *stored])


def newer_file(tensors: Tensors) -> bytes:
    """Write the format since 1.6."""
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        archive.writestr("weights/data.pkl", table(tensors))
        for key, values in enumerate(tensors.values()):
            archive.writestr(f"weights/data/{key}", values.tobytes("A"))
    return file.getvalue()
