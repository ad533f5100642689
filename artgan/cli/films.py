"""What the commands that make films have in common: their options, and how they tell what they made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.console import Console
from artgan.errors import UsageError

if TYPE_CHECKING:
    from artgan.events import Event
    from artgan.sampling.films import Film, FilmSaved

FORMATS = ("mp4", "webm", "gif", "webp", "frames")
# Where the films are that nobody gave a place.
_FOLDER = Path("films")


def grid_of(text: str) -> tuple[int, int]:
    """Read what ``--grid`` was given: columns and rows, "3x2".

    Raises:
        UsageError: it is something else.
    """
    match = re.fullmatch(r"([1-9]\d?)[xX]([1-9]\d?)", text.strip(), flags=re.ASCII)
    if not match:
        raise UsageError(f"--grid {text!r} is not columns and rows", "write it as --grid 3x2")
    return int(match[1]), int(match[2])


Format = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="|".join(FORMATS), show_default=False,
        help="The kind of film; default: by --out, else mp4, or webp where PyAV is not installed.",
    ),
]  # fmt: skip
Out = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to; default: a name of its own in films/.")
]
Fps = Annotated[int, typer.Option("--fps", metavar="N", help="Frames a second.")]
Grid = Annotated[Any, typer.Option("--grid", metavar="CxR", parser=grid_of, help="Columns x rows of pictures.")]
Scale = Annotated[
    int | None,
    typer.Option(
        "--scale",
        metavar="K",
        help="So many times larger, by Lanczos; default: to a size to look at, 1,024 px or less.",
    ),
]
NoMetadata = Annotated[bool, typer.Option("--no-metadata", help="Do not write into the film where it comes from.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a film that is there.")]


def film_of(console: Console, out: Path | None, format: str | None, name: str, fps: int, force: bool) -> Film:
    """Return where the film goes and what kind it is, checked.

    Args:
        console: told where there is another format than one would expect.
        out: a file, a folder that is there, or None.
        format: what was asked for, if anything was.
        name: of the film, without the suffix, where ``out`` does not say it.
        fps: frames a second.
        force: replace what is there.

    Raises:
        UsageError: the format and the name contradict each other, or something is there already.
        SetupError: PyAV is needed and not installed.
    """
    from artgan import files
    from artgan.sampling import films

    suffix = out.suffix.lower().lstrip(".") if out and not out.is_dir() else ""
    if format is None and suffix:
        if suffix not in FORMATS or suffix == "frames":
            raise UsageError(f"--out {out} does not end in .mp4, .webm, .gif or .webp", "say which with --format")
        format = suffix
    if format is None:
        format = "mp4" if films.has_video() else "webp"
        if format == "webp":
            console.say(f"a webp, which a browser shows; for mp4, once: {films.INSTALL}")
    ending = "" if format == "frames" else f".{format}"
    if out is None or (out.is_dir() and not (format == "frames" and _empty_or_frames(out))):
        out = (out or _FOLDER) / f"{files.safe_name(name, longest=150)}{ending}"
    elif format != "frames" and suffix != format:
        if suffix in FORMATS:
            raise UsageError(f"--out {out} and --format {format} contradict each other", f"--out {out.stem}.{format}")
        out = out.with_name(out.name + ending)
    film = films.Film(out, format, fps, force)
    film.check()
    return film


def tell(console: Console, events: Iterable[Event], film: Film, more: dict[str, Any]) -> FilmSaved:
    """Draw the events of a film, and say what was made; ``more`` is what JSON tells beside."""
    made: FilmSaved = console.finish(events)
    rate = f", {words.rate(made.frames / made.seconds)} frames/s" if made.seconds > 0.5 else ""
    console.say(
        f"{words.count(made.frames, 'frame')} of {made.width} x {made.height} px, {made.frames / made.fps:.1f} s at"
        f" {made.fps} a second, {words.size(made.bytes)}; made in {words.duration(made.seconds)}{rate}"
    )
    console.result({**made.model_dump(mode="json"), **more}, str(film.path))
    return made


def _empty_or_frames(folder: Path) -> bool:
    from artgan.sampling.film_writers import is_frames

    return is_frames(folder)
