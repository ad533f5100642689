"""Pictures by seed: the same seed paints the same picture, today, tomorrow, alone or among others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artgan import files, images, provenance, seeds
from artgan.errors import NotFoundError, UsageError
from artgan.runs.folder import RunFolder
from artgan.sampling.classes import file_text, shares_of, told, written
from artgan.sampling.engine import AUTO, Engine, open_engine
from artgan.sampling.latents import TEXT, Latent, read_latents, shares_of_all
from artgan.sampling.signing import Signer

if TYPE_CHECKING:
    import keras

__all__ = [
    "Sample", "Source", "open_source", "ordered", "plan", "read_latents", "sample", "sheet_facts", "signed", "write",
    "write_once",
]  # fmt: skip

CHANNELS = ("rgb", "bgr", "both")
ASPECTS = ("square", "original")
_HIGHEST_SCALE = 16
# The description of a JPEG has no room for more than some ten thousand letters.
_LONGEST_LIST = 8000
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
        made: what else it takes to paint it again, named as the command line does, where it is not the usual: scale,
            aspect, channels, sign ...; and the latent, where no seed says it.
    """

    name: str
    seed: int | None
    psi: float
    image: np.ndarray
    shows: str | None = None
    made: Mapping[str, Any] = field(default_factory=dict)
    latent: np.ndarray | None = None
    """What it was painted from, ``(latent_dim,)`` float32, before psi."""


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
    digest: str = ""
    """SHA-256 of the generator's file."""

    def facts(self, **more: Any) -> dict[str, str]:
        """Return what all its pictures, sheets and films tell, and more."""
        model, run = (None, self.run) if self.run else (self.path.name, self.path.name)
        known = {"run": run, "model": model, "epoch": self.epoch, "generator": self.digest[:12] or None}
        return provenance.facts(**known, engine=self.painter.name, **more)

    @property
    def generator(self) -> keras.Model:
        """The generator as a Keras model; loads TensorFlow."""
        return self.painter.generator

    def metadata(self, sample: Sample) -> dict[str, Any]:
        """Return the facts that a picture carries."""
        return self.facts(
            **{"seed": sample.seed, "psi": provenance.exact(sample.psi), "class": sample.shows, **sample.made}
        )


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
        return Source(painter, model, classes=_names(painter, []), digest=files.sha256_file(model))
    assert run is not None
    checkpoint, record = run.generator(epoch), run.current()
    digest = files.sha256_file(checkpoint.path)
    painter = open_engine(checkpoint.path, engine, cache_dir=cache_dir)
    names = _names(painter, record.classes)
    return Source(painter, checkpoint.path, run.name, checkpoint.epoch, record.typical_aspect, names, digest)


def _names(painter: Engine, known: Sequence[str]) -> tuple[str, ...]:
    """Name the classes of a generator; by their numbers where nobody wrote down what they are."""
    count = painter.class_count
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
        scale: 1 to 16, enlarges by ``images.magnify``: more pixels, no more detail.
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
        pictures = source.painter.paint(values, shares_of_all(latents))
        pictures = images.magnify(pictures, _shape(pictures.shape[1], scale, source, aspect))
        for latent, picture in zip(latents, pictures, strict=True):
            shows = None if latent.shares is None else told(latent.shares, source.classes)
            made: dict[str, Any] = dict(latent.fields)
            made |= {"scale": scale} if scale != 1 else {}
            made |= {"aspect": aspect} if aspect != ASPECTS[0] else {}
            made |= {} if latent.shares is None else {"class": written(latent.shares, source.classes)}
            yield Sample(latent.name, latent.seed, psi, picture, shows, made, latent.values)


def plan(
    source: Source, chosen: Sequence[int] | Sequence[Latent] | np.ndarray, classes: str | np.ndarray | None = None
) -> Iterator[list[Latent]]:
    """Give what was chosen its latents, classes and names, some at a time; parameters and errors as for ``sample``."""
    length, whose = source.painter.latent_dim, source.run or source.path.name
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
            turn = seeds.in_turn(numbers, len(source.classes))
            latents = [
                replace(latent, shares=row) if latent.shares is None else latent
                for latent, row in zip(latents, turn, strict=True)
            ]
        yield latents


def _named(piece: Sequence[int] | Sequence[Latent] | np.ndarray, first: int, length: int) -> list[Latent]:
    if isinstance(piece, np.ndarray):
        rows = np.asarray(piece, np.float32)
        return [
            Latent(f"latent{first + row:06d}", z, fields={TEXT: provenance.latent_text(z)})
            for row, z in enumerate(rows)
        ]
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


def ordered(pictures: Iterable[Sample], channels: str = "rgb") -> Iterator[Sample]:
    """Give pictures their order of colours: "rgb"; "bgr" with red and blue exchanged; or "both", one after the other.

    Raises:
        UsageError: another order.
    """
    if channels not in CHANNELS:
        raise UsageError(f"channels {channels!r} is not one of {', '.join(CHANNELS)}", "use --channels rgb")
    for picture in pictures:
        if channels != "bgr":
            yield picture
        if channels != "rgb":
            exchanged = np.ascontiguousarray(picture.image[..., ::-1])
            made = {**picture.made, "channels": "bgr"}
            yield replace(picture, name=f"{picture.name}_bgr", image=exchanged, made=made)


def signed(pictures: Iterable[Sample], signing: Signer) -> Iterator[Sample]:
    """Sign pictures by their seeds, as ``signing.signer`` says."""
    for picture in pictures:
        image, told = signing(picture.image, picture.seed)
        yield replace(picture, image=image, made={**picture.made, **told})


def write(
    picture: Sample,
    source: Source,
    out: Path,
    *,
    format: str = "png",
    channels: str = "rgb",
    force: bool = False,
    metadata: bool = True,
    dpi: int | None = None,
) -> list[tuple[Path, bool]]:
    """Write a sample into a folder.

    Args:
        picture: what ``sample`` yielded.
        source: what painted it.
        out: the folder; made when missing.
        format: png, jpg or webp.
        channels: "rgb"; "bgr" with red and blue exchanged, as old keragan galleries show; or "both".
        force: replace a file that shows something else.
        metadata: whether the file tells where the picture comes from.
        dpi: pixels an inch in print, if that is to be told.

    Returns:
        (path, whether it was written): a file that already is this very picture is left as it is.

    Raises:
        UsageError: another file of that name is there, and ``force`` is not set.
    """
    done = []
    for one in ordered([picture], channels):
        facts = source.metadata(replace(one, made={**one.made, "dpi": dpi})) if metadata else None
        path = out / f"{one.name}.{format}"
        done.append((path, write_once(path, images.encode(one.image, format, facts, dpi=dpi), force)))
    return done


def sheet_facts(source: Source, painted: Sequence[Sample], **more: Any) -> dict[str, str]:
    """Return what a sheet tells: whose pictures, which, and what all of them have in common."""
    first = painted[0]
    alike = {key: value for key, value in first.made.items() if all(p.made.get(key) == value for p in painted)}
    known = [picture.seed for picture in painted if picture.seed is not None]
    text = seeds.seeds_text(known)
    which = {"seeds": text if text and len(text) <= _LONGEST_LIST else None, "count": len(painted), "sheet": "grid"}
    facts = {**source.metadata(replace(first, seed=None, shows=None, made=alike)), **which}
    return facts | {name: str(value) for name, value in more.items() if value is not None}


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
