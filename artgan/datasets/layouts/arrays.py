"""Pictures in one array file, as keragan's ``--save_npy_path`` wrote them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from artgan import images
from artgan.datasets.layouts.entry import Entry
from artgan.datasets.layouts.sources import ReadError, Source, SourceFile
from artgan.errors import DamagedError
from artgan.events import Note


class Array:
    """``(n, height, width, 3)``: floats in [-1, 1], or bytes.

    Args:
        name: the layout's name.
        about: its description.
        blue_first: the channels are blue, green, red, as OpenCV reads pictures and keragan keeps them.
        guessed: an array file is taken for this one unless the user says otherwise.
    """

    def __init__(self, name: str, about: str, *, blue_first: bool, guessed: bool) -> None:
        self.name = name
        self.about = about
        self._blue_first = blue_first
        self._guessed = guessed

    def recognise(self, source: Source) -> bool:
        return self._guessed and source.kind == "array"

    def rights(self, source: Source) -> str:
        return "Those of the pictures that the array was made from."

    def entries(self, source: Source) -> Iterator[Entry | Note]:
        pictures = _open_array(source.path)
        if self._guessed:
            yield Note(
                text="colours are read as blue, green, red, which is how keragan keeps them; "
                "if red and blue come out exchanged, say --layout npy-rgb"
            )
        width = max(6, len(str(len(pictures) - 1)))
        for index in range(len(pictures)):
            name = f"{source.path.name}/{index:0{width}}.png"
            yield Entry(SourceFile(name, partial(_encode, pictures, index, self._blue_first)), {})


def _open_array(path: Path) -> np.ndarray:
    """Map an array file into memory, without ever unpickling.

    Raises:
        DamagedError: it is not an array of pictures.
    """
    hint = "keragan's --save_npy_path writes floats of the shape (count, size, size, 3)"
    try:
        pictures = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise DamagedError(f"{path} cannot be read as an array: {error}", hint) from error
    shape: tuple[int, ...] = getattr(pictures, "shape", ())
    if len(shape) != 4 or shape[3] != 3 or 0 in shape or pictures.dtype.kind not in "fu":
        kind = getattr(pictures, "dtype", "no array")
        raise DamagedError(f"{path} holds {kind} of the shape {tuple(shape)}, not RGB pictures", hint)
    return pictures


def _encode(pictures: np.ndarray, index: int, blue_first: bool) -> bytes:
    """Return one picture as a PNG."""
    picture = np.asarray(pictures[index])
    if picture.dtype != np.uint8:
        # keragan computes x / 127.5 - 1: nothing is outside. A little room is for half precision.
        if not np.isfinite(picture).all() or np.abs(picture).max() > 1.01:
            raise ReadError("unreadable: values outside -1 to 1")
        picture = images.to_uint8(picture)
    if blue_first:
        picture = picture[..., ::-1]
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "PNG")
    return buffer.getvalue()
