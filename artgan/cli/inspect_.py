"""``artgan inspect``: where a file comes from, and the command that paints it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.errors import UsageError
from artgan.settings import Settings

# Facts that come first, in this order; and those that are for programs.
_FIRST = ("run", "model", "dataset", "epoch", "seed", "seeds", "psi", "class", "title", "artist", "year")
_UNTOLD = {"latent", "count", "sheet", "film", "latents_sha256"}
_WORDS = {
    "trainedAlgorithmicMedia": "made by a trained algorithm",
    "compositeWithTrainedAlgorithmicMedia": "made by a trained algorithm in part",
}


@command
def inspect(
    console: Console,
    settings: Settings,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A picture, a film, a generator's file, or a run's folder.")
    ],
    latents: Annotated[
        Path | None,
        typer.Option("--latents", metavar="FILE.npy", help="Write the latents that it tells, for --latents."),
    ] = None,
) -> None:
    """Say where a picture comes from, and the command that paints it again.

    Pictures, sheets and films tell it themselves; a painting of a dataset is looked up in that, a generator by where it
    lies. With --json: an object with path, kind, facts, source_type, program, command and notes. What does not say
    where it comes from ends with exit code 4.

    Example:
        artgan inspect pictures/flowers-64-k3f9x2-000120/seed000042.png
    """
    from artgan import inspecting

    moved = settings.origin("runs_dir").startswith("--")
    origin = inspecting.inspect(file, runs_dir=settings.runs_dir, say_runs_dir=moved)
    if latents is not None:
        _write_latents(console, origin.facts, file, latents)
    names = sorted(origin.facts, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
    rows = [(name.replace("_", " "), _printable(origin.facts[name])) for name in names if name not in _UNTOLD]
    source = origin.source_type.rpartition("/")[2]
    made = [("made by", _printable(origin.program)), ("source", _printable(_WORDS.get(source, source)))]
    value = {**vars(origin), "notes": list(origin.notes)}
    console.facts(value, [("what", origin.kind), *rows, *made, ("again", origin.command)])
    for note in origin.notes:
        console.say(_printable(note))


def _printable(text: str) -> str:
    """Return a text of anybody without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _write_latents(console: Console, facts: Mapping[str, str], file: Path, out: Path) -> None:
    from artgan import files
    from artgan.provenance import latents_of
    from artgan.sampling.latents import latents_bytes

    if not facts.get("latent"):
        raise UsageError(
            f"{file} tells no latent",
            f"where a seed is told, that is enough: {shlex.join(['artgan', 'inspect', str(file)])}",
        )
    count = facts.get("count", "") if facts.get("film") else "1"
    data = latents_bytes(latents_of(facts["latent"], int(count) if count.isascii() and count.isdecimal() else 0))
    if out.exists() and out.read_bytes() != data:
        raise UsageError(f"{out} is there and holds something else", "choose another --latents")
    files.write_bytes(out, data)
    console.say(f"its latent is in {out}" if count == "1" else f"its {count} latents are in {out}")
