"""Pictures by seed: the same seed paints the same picture, today, tomorrow, alone or among others."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artgan import files, images, seeds
from artgan.errors import DamagedError, NotFoundError, UsageError
from artgan.runs.folder import RunFolder
from artgan.sampling.classes import file_text, shares_of, told
from artgan.sampling.engine import AUTO, Engine, open_engine

if TYPE_CHECKING:
    import keras

CHANNELS = ("rgb", "bgr", "both")
ASPECTS = ("square", "original")
_HIGHEST_SCALE = 16


@dataclass(frozen=True)
class Sample:
    """One picture.

    Attributes:
        name: what its file is called, without the suffix: ``seed000042``, or ``latent000003``; with the class, where
            one was asked for: ``seed000042-still-life``.
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


@dataclass(frozen=True)
class Source:
    """A generator that was opened, and where it came from."""

    painter: Engine
    path: Path
    run: str | None = None
    epoch: int | None = None
    typical_aspect: float | None = None
    classes: tuple[str, ...] = ()
    """Names of the classes that it paints, in its own order."""

    @property
    def generator(self) -> keras.Model:
        """The generator as a Keras model; loads TensorFlow."""
        return self.painter.generator

    def metadata(self, sample: Sample) -> dict[str, Any]:
        """Return the fields that a picture carries."""
        from artgan import __version__

        return {
            "run": self.run or self.path.name,
            "epoch": self.epoch,
            "seed": sample.seed,
            "psi": f"{sample.psi:g}",
            "class": sample.shows,
            "engine": self.painter.name,
            "version": __version__,
        }


def open_source(
    run: RunFolder | None = None,
    model: Path | None = None,
    *,
    epoch: int | str | None = None,
    engine: str = AUTO,
    cache_dir: Path | None = None,
) -> Source:
    """Open the generator of a run (the highest epoch unless another, or "best", is named), or a generator's file.

    Args:
        run: what was trained, or
        model: a generator's file.
        epoch: of the run.
        engine: what computes, one of ``engine.ENGINES``.
        cache_dir: where it is kept that an engine was compared with TensorFlow; default the user's cache.

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
        painter = open_engine(model, engine, cache_dir=cache_dir)
        return Source(painter, model, classes=_names(painter, []))
    assert run is not None
    checkpoint, record = run.generator(epoch), run.current()
    painter = open_engine(checkpoint.path, engine, cache_dir=cache_dir)
    names = _names(painter, record.classes)
    return Source(painter, checkpoint.path, run.name, checkpoint.epoch, record.typical_aspect, names)


def _names(painter: Engine, known: Sequence[str]) -> tuple[str, ...]:
    """Name the classes of a generator; by their numbers where nobody wrote down what they are."""
    count = painter.class_count
    return tuple(known) if len(known) == count else tuple(map(str, range(count)))


def sample(
    source: Source,
    chosen: Sequence[int] | np.ndarray,
    *,
    psi: float = 1.0,
    scale: int = 1,
    aspect: str = "square",
    classes: str | np.ndarray | None = None,
) -> Iterator[Sample]:
    """Paint pictures.

    Args:
        source: what ``open_source`` returned.
        chosen: seeds, or latents ``(n, latent_dim)`` float32.
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
    length = source.painter.latent_dim
    given = isinstance(chosen, np.ndarray)
    if isinstance(chosen, np.ndarray) and (chosen.ndim != 2 or chosen.shape[1] != length):
        raise UsageError(f"latents of shape {chosen.shape} do not fit: (n, {length}) is wanted")
    asked = None if classes is None else shares_of(classes, source.classes, len(chosen), source.run or source.path.name)
    # Painted in pieces, so that ten thousand pictures need no more memory than some.
    for first in range(0, len(chosen), 64):
        piece = chosen[first : first + 64]
        latents = np.asarray(piece, np.float32) if given else seeds.latents([int(seed) for seed in piece], length)
        shares = None if asked is None else asked[first : first + 64]
        if shares is None and source.classes:
            shares = seeds.in_turn(range(first, first + len(piece)) if given else piece, len(source.classes))
        pictures = source.painter.paint(latents * np.float32(psi), shares)
        pictures = images.enlarge(pictures, _shape(pictures.shape[1], scale, source, aspect))
        for offset, picture in enumerate(pictures):
            seed = None if given else int(piece[offset])
            name = f"latent{first + offset:06d}" if given else f"seed{seed:06d}"
            shows = None if shares is None else told(shares[offset], source.classes)
            yield Sample(name if asked is None else f"{name}-{file_text(str(shows))}", seed, psi, picture, shows)


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


def read_latents(path: Path) -> np.ndarray:
    """Read latents ``(n, latent_dim)``, or one of them ``(latent_dim,)``, from a ``.npy`` file; float32.

    Raises:
        NotFoundError: no such file.
        DamagedError: it is not an array of finite numbers; nothing in it is run.
    """
    try:
        latents = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
    except FileNotFoundError as error:
        raise NotFoundError(f"no file {path}") from error
    except (ValueError, EOFError, OSError) as error:
        raise DamagedError(f"{path} is not a .npy file of numbers") from error
    if not isinstance(latents, np.ndarray) or latents.dtype.kind not in "fiu" or latents.ndim not in {1, 2}:
        raise DamagedError(f"{path} does not hold latents of shape (n, latent_dim)")
    if not np.isfinite(latents).all():
        raise DamagedError(f"{path} holds numbers that are not finite")
    return np.atleast_2d(latents).astype(np.float32)


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
