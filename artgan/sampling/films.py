"""Films in files: pictures come in one by one, and go out before the next; a file is whole or absent.

Nothing here knows a network. ``write_film`` takes any stream of pictures of one size; what a film carries about itself
is said by ``film_metadata`` alone, whatever its format.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from artgan import files, provenance
from artgan.errors import UsageError
from artgan.events import Event, Finished, Progress
from artgan.sampling import film_writers
from artgan.sampling.film_writers import HELD, Shape, Writer
from artgan.seeds import seeds_text

FORMATS = ("mp4", "webm", "gif", "webp", "frames")
VIDEO = ("mp4", "webm")
INSTALL = 'pip install "artgan[video]"'
_HIGHEST_FPS = {"gif": 50}
_LARGEST_SIDE = 4096
# Longest side to enlarge small pictures to, and most times; Pillow's formats grow fast.
_COMFORTABLE, _COMFORTABLE_HELD, _COMFORTABLE_CELL, _HIGHEST_SCALE = 1024, 512, 512, 64
_MOST_HELD_BYTES = 256 * 10**6
# Some thirty latents of a hundred numbers; every frame of a folder of frames carries them.
_LONGEST_LATENTS = 16_000


class FilmSaved(Finished):
    """A film lies on the disk, whole: a file, or a folder of frames."""

    path: Path
    format: str
    frames: int
    fps: int
    width: int
    height: int
    bytes: int


@dataclass(frozen=True)
class Film:
    """Where a film goes and what it is.

    Attributes:
        path: the file, or the folder of frames.
        format: one of ``FORMATS``.
        fps: frames a second, 1 to 120; a GIF shows no more than 50.
        force: replace what is there.
    """

    path: Path
    format: str = "mp4"
    fps: int = 24
    force: bool = False

    def check(self) -> None:
        """Refuse what cannot be written, before anything is painted.

        Raises:
            UsageError: an unknown format, a rate out of bounds, or something is there already.
            SetupError: PyAV is wanted and not installed.
        """
        if self.format not in FORMATS:
            raise UsageError(f"format {self.format!r} is not one of {', '.join(FORMATS)}", "use --format mp4")
        highest = _HIGHEST_FPS.get(self.format, 120)
        if not 1 <= self.fps <= highest:
            kind = "a GIF" if self.format == "gif" else "a film"
            raise UsageError(f"{kind} of {self.fps} frames a second is not between 1 and {highest}", "use --fps 24")
        if self.format in VIDEO:
            film_writers.pyav(self.format)
        if self.path.exists() and not self.force:
            raise UsageError(f"{self.path} is there already", "choose another --out, or replace it with --force")
        if self.path.exists() and self.path.is_dir() != (self.format == "frames"):
            kind = "a folder" if self.path.is_dir() else "a file"
            raise UsageError(f"{self.path} is {kind}, and was not replaced", "choose another --out")
        if self.path.is_dir() and not film_writers.is_frames(self.path):  # Somebody's folder of paintings, say.
            raise UsageError(
                f"{self.path} holds other things than frames, and was not replaced", "choose another --out"
            )

    def scale(self, shape: Shape, side: int, frames: int, asked: int | None) -> int:
        """Return how many times its pictures are enlarged, so that a player shows small ones at a size to look at.

        Args:
            shape: what the film's pictures measure at scale 1.
            side: of one cell in it.
            frames: how many there are.
            asked: 1 to 64, or None: as many times as keep a cell at 512 px and the longer side at 1024 px, or at 512
                and within the memory for the formats that hold the whole film.

        Raises:
            UsageError: out of bounds, larger than players show, or a film too long to be held.
        """
        if asked is not None and not 1 <= asked <= _HIGHEST_SCALE:
            raise UsageError(f"scale {asked} is not between 1 and {_HIGHEST_SCALE}", "use --scale 4, or leave it out")
        comfortable = _COMFORTABLE_HELD if self.format in HELD else _COMFORTABLE
        scale = asked or min(max(1, min(comfortable // max(shape), _COMFORTABLE_CELL // side)), _HIGHEST_SCALE)
        while asked is None and scale > 1 and self.format in HELD and self._held(shape, scale, frames):
            scale -= 1
        width, height = shape.width * scale, shape.height * scale
        if self.format != "frames" and max(width, height) > _LARGEST_SIDE:
            raise UsageError(
                f"a film of {width} x {height} px is larger than players show ({_LARGEST_SIDE} px)",
                "take a smaller --scale or --grid, or --format frames",
            )
        if self.format in HELD and self._held(shape, scale, frames):
            raise UsageError(
                f"{frames} frames of {width} x {height} px do not fit into a {self.format}: Pillow holds them all"
                f" in memory, {frames * width * height * 3 / 1e6:.0f} MB of at most {_MOST_HELD_BYTES / 1e6:.0f}",
                f"take fewer frames, a smaller --scale or --grid, or --format mp4{_install_hint()}",
            )
        return scale

    @staticmethod
    def _held(shape: Shape, scale: int, frames: int) -> bool:
        return shape.width * shape.height * 3 * scale * scale * frames > _MOST_HELD_BYTES


def _install_hint() -> str:
    return "" if has_video() else f" (once: {INSTALL})"


def has_video() -> bool:
    """Say whether PyAV, which writes mp4 and webm, is installed; it is not loaded."""
    return importlib.util.find_spec("av") is not None


def film_metadata(
    kind: str,
    *,
    title: str,
    run: str,
    film: Film,
    epochs: Sequence[int],
    seeds: Sequence[int] | None,
    latents: np.ndarray | None = None,
    **more: object,
) -> dict[str, str]:
    """Return what a film tells: who made it, and what it takes to make it again.

    Args:
        kind: the command that makes it, "interpolate" or "timelapse".
        title: a sentence for people.
        run: the run, or the file, that painted it.
        film: its format and how fast it is.
        epochs: of the generators in it.
        seeds: of the pictures in it; None where they are painted from latents.
        latents: what they are painted from then, ``(n, latent_dim)`` float32. They lie in the film themselves where
            they are not too many.
        more: further facts; None is left out.

    Returns:
        The facts of ``artgan.provenance``; every format of film holds all of them.
    """
    one = epochs[0] if len(epochs) == 1 and kind == "interpolate" else None
    several = seeds_text(epochs) if one is None and len(epochs) else None
    told: dict[str, object] = {"seeds": None if seeds is None else seeds_text(seeds)}
    text = "" if latents is None else provenance.latent_text(latents)
    if latents is not None and 0 < len(text) <= _LONGEST_LATENTS:
        told |= {"latent": text, "count": len(latents)}
        more = {name: value for name, value in more.items() if not name.startswith("latents")}
    told |= {"fps": film.fps, "format": film.format}
    return provenance.facts(film=kind, title=title, run=run, epoch=one, epochs=several, **{**told, **more})


def read_film_metadata(path: Path) -> dict[str, str]:
    """Return what ``film_metadata`` said when a film, or a folder of frames, was written; empty where it was not."""
    return film_writers.read_metadata(path)


def write_film(
    film: Film, pictures: Iterator[np.ndarray], frames: int, metadata: dict[str, str] | None = None
) -> Iterator[Event]:
    """Write a film, one picture at a time.

    Args:
        film: checked already, with ``Film.check``.
        pictures: ``(height, width, 3)`` uint8 each, all of one size. Where a side is odd and the format wants it even,
            the last row or column is repeated.
        frames: how many there are, for the progress.
        metadata: what ``film_metadata`` returned; empty or None leaves it out.

    Yields:
        Progress for each picture, and FilmSaved at the end.

    Raises:
        BusyError: another process is writing the same film.
        DiskFullError: no room; nothing is left that was not there before.
    """
    import time

    begun = time.monotonic()
    busy = f"another process is writing {film.path}"
    lock = film.path.with_name(f".{film.path.name}.lock")
    with files.locked(lock, busy), contextlib.ExitStack() as stack:
        stack.callback(lock.unlink, missing_ok=True)
        shape, done = Shape(0, 0), 0
        with film_writers.whole(film.path, film.format) as part:
            writer: Writer | None = None
            try:
                for picture in pictures:
                    if writer is None:
                        writer = film_writers.WRITERS[film.format](part, film.format, film.fps, metadata or {})
                        shape = writer.begin(picture)
                    writer.add(picture)
                    done += 1
                    yield Progress(stage="filming", done=done, total=frames, unit="frames")
                assert writer is not None, "a film has at least one picture"
                writer.end()
            finally:
                if writer is not None:
                    writer.close()
    yield FilmSaved(
        seconds=time.monotonic() - begun, path=film.path, format=film.format, frames=done, fps=film.fps,
        width=shape.width, height=shape.height, bytes=film_writers.bytes_of(film.path),
    )  # fmt: skip
