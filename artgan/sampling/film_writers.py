"""The formats of films: PyAV encodes mp4 and webm as the pictures come, Pillow gif and webp, frames are PNG files."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from PIL import Image

from artgan import files, images, provenance
from artgan.errors import ArtganError, SetupError

HELD = ("gif", "webp")
"""Formats of which Pillow holds all pictures in memory."""
# Constant rate factors at which paintings show no blocks, and presets at which encoding keeps up with painting.
_CODECS: dict[str, tuple[str, dict[str, str]]] = {
    "mp4": ("libx264", {"crf": "17", "preset": "medium"}),
    "webm": ("libvpx-vp9", {"crf": "24", "b": "0", "cpu-used": "4", "row-mt": "1", "deadline": "good"}),
}
_BT709, _LIMITED_RANGE = 1, 1
_PALETTE_FRAMES = 16
_EXIF_DESCRIPTION = 0x010E


class Shape(NamedTuple):
    """How large a picture is, in pixels."""

    width: int
    height: int


class Writer(Protocol):
    """Writes pictures one by one into the unfinished film."""

    def __init__(self, part: Path, format: str, fps: int, metadata: dict[str, str]) -> None: ...

    def begin(self, picture: np.ndarray) -> Shape:
        """Take the measures of the first picture, and return those of the film."""

    def add(self, picture: np.ndarray) -> None: ...

    def end(self) -> None:
        """Write what is still missing, after the last picture."""

    def close(self) -> None:
        """Let go of everything, also when something went wrong."""


def pyav(format: str) -> Any:
    """Import PyAV.

    Raises:
        SetupError: it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise SetupError(
            f"writing {format} takes PyAV, which is not installed", 'pip install "artgan[video]", or --format webp'
        ) from error
    return av


class _Video:
    def __init__(self, part: Path, format: str, fps: int, metadata: dict[str, str]) -> None:
        self._av, self._fps, self._done = pyav(format), fps, 0
        codec, options = _CODECS[format]
        # With its protocol, or a colon in the name would be taken for one.
        name = "file:" + os.path.abspath(part)
        # Only mp4 has an index to move to the front, so that it plays while it loads.
        flags = {"movflags": "+faststart"} if format == "mp4" else {}
        with _storage(part):
            self._container = self._av.open(name, "w", format=format, options=flags)
        self._part = part
        self._container.metadata.update(_tags(metadata))
        self._stream = self._container.add_stream(codec, rate=Fraction(fps), options=options)

    def begin(self, picture: np.ndarray) -> Shape:
        height, width = _even(picture).shape[:2]
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        context = self._stream.codec_context
        context.time_base = Fraction(1, self._fps)
        # Said in the file, or players guess the colours by the size of the picture.
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED_RANGE
        return Shape(width, height)

    def add(self, picture: np.ndarray) -> None:
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(_even(picture)), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        frame.pts, frame.time_base = self._done, Fraction(1, self._fps)
        self._done += 1
        with _storage(self._part):
            self._container.mux(self._stream.encode(frame))

    def end(self) -> None:
        with _storage(self._part):
            self._container.mux(self._stream.encode(None))
            self._container.close()

    def close(self) -> None:
        # Where writing has failed, so does the end of the file.
        with contextlib.suppress(Exception):
            self._container.close()


class _Held:
    """Pillow wants all pictures at once, for these formats."""

    def __init__(self, part: Path, format: str, fps: int, metadata: dict[str, str]) -> None:
        self._part, self._format, self._fps, self._metadata = part, format, fps, metadata
        self._pictures: list[Image.Image] = []

    def begin(self, picture: np.ndarray) -> Shape:
        return Shape(picture.shape[1], picture.shape[0])

    def add(self, picture: np.ndarray) -> None:
        self._pictures.append(Image.fromarray(picture))

    def end(self) -> None:
        told = self._metadata
        options: dict[str, Any]
        if self._format == "gif":
            _share_palette(self._pictures)
            options = {"optimize": False}
            if told:
                options |= {"disposal": 1, "comment": provenance.comment(told).encode()}
        else:
            exif = Image.Exif()
            options = {"quality": 80, "method": 4, "exif": exif}
            if told:
                exif[_EXIF_DESCRIPTION] = provenance.description(told)
                options["xmp"] = provenance.xmp(told)
        first, *others = self._pictures
        durations = _durations(len(self._pictures), self._fps, 10 if self._format == "gif" else 1)
        first.save(
            self._part, self._format.upper(), save_all=True, append_images=others, duration=durations, loop=0, **options
        )

    def close(self) -> None:
        self._pictures.clear()


class _Frames:
    def __init__(self, part: Path, format: str, fps: int, metadata: dict[str, str]) -> None:
        self._part, self._metadata, self._done = part, metadata, 0

    def begin(self, picture: np.ndarray) -> Shape:
        return Shape(picture.shape[1], picture.shape[0])

    def add(self, picture: np.ndarray) -> None:
        # Not synced one by one: the folder gets its name when all are there.
        (self._part / f"{self._done:06d}.png").write_bytes(images.encode(picture, "png", self._metadata))
        self._done += 1

    def end(self) -> None:
        pass

    def close(self) -> None:
        pass


WRITERS: dict[str, type[Writer]] = {"mp4": _Video, "webm": _Video, "gif": _Held, "webp": _Held, "frames": _Frames}


@contextlib.contextmanager
def whole(path: Path, format: str) -> Iterator[Path]:
    """Give the file, or the folder, to write to; on leaving it gets its name, or nothing is left of it.

    Raises:
        DiskFullError: no room.
    """
    if format != "frames":
        with files.whole_file(path) as part:
            yield part
        return
    part = path.with_name(path.name + ".part")
    try:
        shutil.rmtree(part, ignore_errors=True)  # of one that was killed
        part.mkdir(parents=True)
        yield part
        if path.exists():
            # Aside first: deleting takes time, and whoever is stopped then has the earlier frames or these, whole.
            earlier = path.with_name(path.name + ".earlier.part")
            shutil.rmtree(earlier, ignore_errors=True)
            path.rename(earlier)
            part.rename(path)
            shutil.rmtree(earlier, ignore_errors=True)
        else:
            part.rename(path)
    except OSError as error:
        raise files.storage_error(error, path) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def is_frames(path: Path) -> bool:
    """Say whether a folder holds nothing but what was written as frames."""
    return all(entry.suffix == ".png" and entry.stem.isdecimal() for entry in path.iterdir())


def bytes_of(path: Path) -> int:
    """Return how much room a film takes."""
    return sum(entry.stat().st_size for entry in path.iterdir()) if path.is_dir() else path.stat().st_size


def read_metadata(path: Path) -> dict[str, str]:
    """Return the facts of a film; empty where it tells none."""
    if path.is_dir():
        return images.read_metadata(min(path.glob("*.png"))) if any(path.glob("*.png")) else {}
    return images.read_metadata(path) if path.suffix[1:] in HELD else provenance.read_film(path)[0]


def _tags(metadata: dict[str, str]) -> dict[str, str]:
    """Return what players show of a film: a title, what it is in words, and all facts as a comment."""
    if not metadata:
        return {}
    told = provenance.comment(metadata)
    return {"title": metadata.get("title", ""), "description": _made_by(metadata), "comment": told}


def _made_by(metadata: dict[str, str]) -> str:
    version = metadata.get("version", "")
    return f"Made by a trained algorithm, a generative adversarial network, with artgan {version}".rstrip()


def _even(picture: np.ndarray) -> np.ndarray:
    """Repeat the last row or column of a picture with odd sides: colours are stored for two by two pixels."""
    height, width = picture.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return picture
    return np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _share_palette(pictures: list[Image.Image]) -> None:
    """Give all pictures the same 256 colours, chosen from some of them: with colours of its own each would flicker.

    So would scattered dots; without them paintings are nearer to what they were, and the file is smaller.
    """
    chosen = pictures[:: max(1, len(pictures) // _PALETTE_FRAMES)]
    strip = np.concatenate([np.asarray(picture.resize((40, 40))) for picture in chosen])
    palette = Image.fromarray(strip).quantize(256, Image.Quantize.MEDIANCUT, kmeans=1)
    for index, picture in enumerate(pictures):
        pictures[index] = picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _durations(frames: int, fps: int, unit_ms: int) -> list[int]:
    """Return how long each frame is shown, in whole units, so that the film as a whole keeps its time."""
    ends = [round(1000 * (number + 1) / fps / unit_ms) * unit_ms for number in range(frames)]
    return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


@contextlib.contextmanager
def _storage(part: Path) -> Iterator[None]:
    """Turn what FFmpeg says of a full disk into what Python says of one; the rest names the film."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        if type(error).__module__.startswith("av."):
            raise ArtganError(f"{part.stem} could not be encoded: {error}", "try --format frames") from error
        raise
