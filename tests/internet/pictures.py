"""Pictures drawn from a word: the same word gives the same bytes, two words give pictures that differ everywhere."""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

Format = Literal["JPEG", "PNG", "GIF", "WEBP"]

_MOST_KEPT = 512 * 2**20


def draw(word: str, width: int, height: int) -> Image.Image:
    """Draw blurred blots of colour with a little grain, as large as asked for; RGB."""
    random = np.random.default_rng(int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big"))
    cells = random.integers(0, 256, (10, 10, 3), np.uint8)
    blots = np.asarray(Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC))
    grain = random.integers(-4, 5, (64, 64, 1), np.int16)
    grain = np.tile(grain, (height // 64 + 1, width // 64 + 1, 1))[:height, :width]
    return Image.fromarray(np.clip(blots + grain, 0, 255).astype(np.uint8))


def encode(picture: Image.Image, kind: Format = "JPEG") -> bytes:
    """Return the bytes of a file."""
    out = io.BytesIO()
    if kind == "JPEG":
        picture.save(out, kind, quality=85)
    else:
        picture.save(out, kind)
    return out.getvalue()


def sign(text: str, width: int, height: int, kind: Format = "JPEG") -> bytes:
    """Draw a grey board that says something: what a site shows where it has no picture."""
    board = Image.new("RGB", (width, height), (200, 200, 200))
    ImageDraw.Draw(board).text((width // 3, height // 2), text, fill=(90, 90, 90))
    return encode(board, kind)


def shrink(data: bytes, box: tuple[int, int]) -> bytes:
    """Return a JPEG of a picture made to fit a box, never enlarged."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    share = min(1.0, box[0] / picture.width, box[1] / picture.height)
    size = max(1, round(picture.width * share)), max(1, round(picture.height * share))
    return encode(picture.resize(size, Image.Resampling.LANCZOS))


class Shelf:
    """Keeps what was drawn: the newest in memory, and all of it in a folder where one is given."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def get(self, word: str, make: Callable[[], bytes]) -> bytes:
        """Return the bytes that belong to a word, making them the first time."""
        with self._lock:
            if word in self._kept:
                self._kept.move_to_end(word)
                return self._kept[word]
        path = self._folder / hashlib.sha256(word.encode()).hexdigest() if self._folder else None
        if path and path.is_file():
            data = path.read_bytes()
        else:
            data = make()
            if path:
                path.write_bytes(data)
        with self._lock:
            if word not in self._kept:
                self._kept[word] = data
                self._bytes += len(data)
            while self._bytes > _MOST_KEPT and len(self._kept) > 1:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return data
