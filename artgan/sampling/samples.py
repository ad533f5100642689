"""Pictures by seed: the same seed paints the same picture, today, tomorrow, alone or among others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from artgan import files, images, seeds
from artgan.errors import NotFoundError, UsageError
from artgan.models.files import latent_dim, load_generator
from artgan.models.painting import class_count, in_turn, paint
from artgan.runs.folder import RunFolder
from artgan.sampling.classes import file_text, shares_of, told
from artgan.sampling.latents import TEXT, Latent, read_latents, shares_of_all, to_text

__all__ = ["Sample", "Source", "open_source", "plan", "read_latents", "sample", "write", "write_once"]

ENGINE = "tensorflow"
CHANNELS = ("rgb", "bgr", "both")
ASPECTS = ("square", "original")
_HIGHEST_SCALE = 16
_AT_A_TIME = 64
"""Pictures that are painted in one piece, so that ten thousand need no more memory than some."""


@dataclass(frozen=True)
class Sample:
    """One picture.

    Attributes:
        name: what its file is called, without the suffix: ``seed000042``, ``latent000003`` or, where it follows from
            others, ``seed000042-vary-0.3-000001``; with the class, where one was asked for: ``seed000042-still-life``.
        seed: 0 to 4294967295; None when it was painted from given latents.
        psi: what its latent was scaled by.
        image: ``(height, width, 3)`` uint8.
        shows: its class, or the mixture of classes: "still-life:0.5,landscape:0.5"; None where none are known.
    """

    name: str
    seed: int | None
    psi: float
    image: np.ndarray
    shows: str | None = None
    latent: np.ndarray | None = None
    """What it was painted from, ``(latent_dim,)`` float32, before psi."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """How its latent was made, where no seed says it."""


@dataclass(frozen=True)
class Source:
    """A generator that was opened, and where it came from."""

    generator: keras.Model
    path: Path
    run: str | None = None
    epoch: int | None = None
    typical_aspect: float | None = None
    classes: tuple[str, ...] = ()
    """Names of the classes that it paints, in its own order."""

    def metadata(self, sample: Sample) -> dict[str, Any]:
        """Return the fields that a picture carries."""
        from artgan import __version__

        return {
            "run": self.run or self.path.name,
            "epoch": self.epoch,
            "seed": sample.seed,
            "psi": f"{sample.psi:g}",
            "class": sample.shows,
            **sample.fields,
            "engine": ENGINE,
            "version": __version__,
        }


def open_source(run: RunFolder | None = None, model: Path | None = None, *, epoch: int | str | None = None) -> Source:
    """Open the generator of a run (the highest epoch unless another, or "best", is named), or a generator's file.

    Raises:
        NotFoundError: there is none.
        UsageError: both or neither were given, or an epoch of a file.
        DamagedError: the file is not a generator, or not safe.
    """
    if (run is None) == (model is None):
        raise UsageError("a run or a model says what paints, one of them", "use --run RUN or --model FILE")
    if model is not None:
        if epoch is not None:
            raise UsageError(f"epoch {epoch} chooses within a run, and {model} is one file", "leave --epoch out")
        if not model.is_file():
            raise NotFoundError(f"no file {model}", "name a gen_<epoch> file, or use --run RUN")
        generator = load_generator(model)
        return Source(generator, model, classes=_names(generator, []))
    assert run is not None
    checkpoint, record = run.generator(epoch), run.current()
    generator = load_generator(checkpoint.path)
    names = _names(generator, record.classes)
    return Source(generator, checkpoint.path, run.name, checkpoint.epoch, record.typical_aspect, names)


def _names(generator: keras.Model, known: Sequence[str]) -> tuple[str, ...]:
    """Name the classes of a generator; by their numbers where nobody wrote down what they are."""
    count = class_count(generator)
    return tuple(known) if len(known) == count else tuple(map(str, range(count)))


def sample(
    source: Source,
    chosen: Sequence[int] | Sequence[Latent] | np.ndarray,
    *,
    psi: float = 1.0,
    scale: int = 1,
    aspect: str = "square",
    classes: str | np.ndarray | None = None,
) -> Iterator[Sample]:
    """Paint pictures.

    Args:
        source: what ``open_source`` returned.
        chosen: seeds, latents ``(n, latent_dim)`` float32, or latents with their names.
        psi: every latent is multiplied by it: below 1 the pictures are more alike and more typical, above 1 bolder.
        scale: 1 to 16, enlarges by Lanczos resampling: more pixels, no more detail.
        aspect: "square", or "original", which stretches the square back to the typical shape of the paintings, where
            they were squeezed into it (``prepare --fit stretch``).
        classes: what to paint, for a generator of classes: a name, a mixture "still-life:0.5,landscape:0.5", a walk
            "landscape..still-life" over the pictures, or the shares of each class, ``(n, classes)`` or ``(classes,)``.
            Default: each seed has its class, the one that it is modulo their number, so that a sheet shows all.

    Yields:
        One sample each, in the order asked for.

    Raises:
        UsageError: latents of another length, a scale or psi out of bounds, no typical shape known, no such class.
    """
    _check(source, psi, scale, aspect)
    for latents in plan(source, chosen, classes):
        values = np.stack([latent.values for latent in latents]) * np.float32(psi)
        pictures = paint(source.generator, values, shares_of_all(latents))
        pictures = images.enlarge(pictures, _shape(pictures.shape[1], scale, source, aspect))
        for latent, picture in zip(latents, pictures, strict=True):
            shows = None if latent.shares is None else told(latent.shares, source.classes)
            yield Sample(latent.name, latent.seed, psi, picture, shows, latent.values, latent.fields)


def plan(
    source: Source, chosen: Sequence[int] | Sequence[Latent] | np.ndarray, classes: str | np.ndarray | None = None
) -> Iterator[list[Latent]]:
    """Give what was chosen its latents, classes and names, some at a time; parameters and errors as for ``sample``."""
    length, whose = latent_dim(source.generator), source.run or source.path.name
    if isinstance(chosen, np.ndarray) and (chosen.ndim != 2 or chosen.shape[1] != length):
        raise UsageError(f"latents of shape {chosen.shape} do not fit: (n, {length}) is wanted")
    asked = None if classes is None else shares_of(classes, source.classes, len(chosen), whose)
    for first in range(0, len(chosen), _AT_A_TIME):
        latents = _named(chosen[first : first + _AT_A_TIME], first, length)
        if asked is not None:
            latents = [
                replace(latent, name=f"{latent.name}-{file_text(told(row, source.classes))}", shares=row)
                for latent, row in zip(latents, asked[first : first + _AT_A_TIME], strict=True)
            ]
        elif source.classes:
            numbers = [first + row if latent.seed is None else latent.seed for row, latent in enumerate(latents)]
            turn = in_turn(numbers, len(source.classes))
            latents = [
                replace(latent, shares=row) if latent.shares is None else latent
                for latent, row in zip(latents, turn, strict=True)
            ]
        yield latents


def _named(piece: Sequence[int] | Sequence[Latent] | np.ndarray, first: int, length: int) -> list[Latent]:
    if isinstance(piece, np.ndarray):
        rows = np.asarray(piece, np.float32)
        return [Latent(f"latent{first + row:06d}", z, fields={TEXT: to_text(z)}) for row, z in enumerate(rows)]
    latents = [one for one in piece if isinstance(one, Latent)]
    if latents:
        return latents
    numbers = [int(one) for one in piece if not isinstance(one, Latent)]
    return [Latent(f"seed{n:06d}", z, n) for n, z in zip(numbers, seeds.latents(numbers, length), strict=True)]


def _check(source: Source, psi: float, scale: int, aspect: str) -> None:
    if not 1 <= scale <= _HIGHEST_SCALE:
        raise UsageError(f"scale {scale} is not between 1 and {_HIGHEST_SCALE}", "use --scale 4")
    if not 0 <= psi <= 10:
        raise UsageError(f"psi {psi:g} is not between 0 and 10", "1 paints as it was trained, 0.7 plays safe")
    if aspect == "original" and source.typical_aspect is None:
        raise UsageError(
            "the paintings were not stretched to a square, so there is no other shape to go back to",
            "leave --aspect out, or train on: artgan prepare --fit stretch",
        )
    if aspect not in ASPECTS:
        raise UsageError(f"aspect {aspect!r} is not one of {', '.join(ASPECTS)}", "leave it out for square")


def _shape(side: int, scale: int, source: Source, aspect: str) -> tuple[int, int]:
    """Return (width, height): the shorter side keeps what the network painted."""
    ratio = source.typical_aspect if aspect == "original" and source.typical_aspect else 1.0
    return round(side * scale * max(ratio, 1.0)), round(side * scale * max(1.0 / ratio, 1.0))


def write(
    picture: Sample, source: Source, out: Path, *, format: str = "png", channels: str = "rgb", force: bool = False
) -> list[tuple[Path, bool]]:
    """Write a sample into a folder.

    Args:
        picture: what ``sample`` yielded.
        source: what painted it.
        out: the folder; made when missing.
        format: png, jpg or webp.
        channels: "rgb"; "bgr" with red and blue exchanged, as old keragan galleries show; or "both".
        force: replace a file that shows something else.

    Returns:
        (path, whether it was written): a file that already is this very picture is left as it is.

    Raises:
        UsageError: another file of that name is there, and ``force`` is not set.
    """
    if channels not in CHANNELS:
        raise UsageError(f"channels {channels!r} is not one of {', '.join(CHANNELS)}", "use --channels rgb")
    done = []
    for order in ("rgb", "bgr") if channels == "both" else (channels,):
        suffix = "_bgr" if order == "bgr" else ""
        path = out / f"{picture.name}{suffix}.{format}"
        pixels = picture.image if order == "rgb" else np.ascontiguousarray(picture.image[..., ::-1])
        data = images.encode(pixels, format, source.metadata(picture))
        done.append((path, write_once(path, data, force)))
    return done


def write_once(path: Path, data: bytes, force: bool) -> bool:
    """Write a file unless it is there with these very bytes; return whether it was written.

    Raises:
        UsageError: it is there with others, and ``force`` is not set.
    """
    if path.is_file() and not force:
        if path.read_bytes() == data:
            return False
        raise UsageError(f"{path} is there and is another picture", "choose another --out, or replace it with --force")
    files.write_bytes(path, data)
    return True
