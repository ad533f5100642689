"""Which pictures ``sample`` paints, beyond a list of seeds: variations, mixtures, and the best of a pool."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.console import Console
from artgan.errors import UsageError
from artgan.runs.folder import RunFolder
from artgan.settings import Settings

if TYPE_CHECKING:
    from artgan.sampling.latents import Latent
    from artgan.sampling.samples import Source

_PANEL = "Choosing"
_SORTS = ("critic", "typical", "variety")
_POOL = 10
"""Pictures of a pool for each that is kept, where nobody said how many."""
_STRENGTH, _AMOUNT = 0.3, "0.5"


def _text(flag: str, metavar: str, help: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=help, rich_help_panel=_PANEL, show_default=False)


@dataclass(frozen=True)
class Choosing:
    """What was typed; each field is an option."""

    sort: Annotated[
        str | None,
        _text(
            "--sort", "|".join(_SORTS),
            "The best first: by the critic's confidence; nearest to the paintings; or as various as can be.",
        ),
    ] = None  # fmt: skip
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep", min=1, metavar="K", rich_help_panel=_PANEL,
            help=f"Write only the best K; default pool: {_POOL} times as many.",
        ),
    ] = None  # fmt: skip
    vary: Annotated[str | None, _text("--vary", "SEED|FILE.npy", "Variations of this picture.")] = None
    strength: Annotated[
        float | None, _text("--strength", "X", f"How far from it: 0 is the same, 1 another. [{_STRENGTH}]")
    ] = None
    mix: Annotated[str | None, _text("--mix", "A,B", "A mixture of two: seeds, or files of latents.")] = None
    amount: Annotated[
        str | None, _text("--amount", "X", f"Of the second, 0 to 1; several: 0.2,0.4; or -n evenly. [{_AMOUNT}]")
    ] = None
    save_latents: Annotated[
        Path | None, _text("--save-latents", "FILE.npy", "Keep what was painted from, for --latents.")
    ] = None

    def check(self, seeds: str | None, latents: Path | None, count: int | None, walks: bool) -> None:
        """Refuse what does not go together, before anything is loaded.

        Raises:
            UsageError: for the first that does not.
        """
        if self.sort is not None and self.sort not in _SORTS:
            raise UsageError(f"--sort {self.sort!r} is not one of {', '.join(_SORTS)}", "--sort typical --keep 10")
        if self.keep is not None and self.sort is None:
            raise UsageError(f"--keep {self.keep} does not say in which order", "--sort critic, typical or variety")
        if self.sort and walks:
            raise UsageError("a walk across classes has its own order", "leave --sort out")
        if self.vary is not None and self.mix is not None:
            raise UsageError(f"--vary {self.vary} and --mix {self.mix} are two things", "give one of them")
        for flag, value, needs, given in (
            ("--strength", self.strength, "--vary SEED", self.vary), ("--amount", self.amount, "--mix A,B", self.mix),
        ):  # fmt: skip
            if value is not None and given is None:
                raise UsageError(f"{flag} {value} is nothing without {needs.split()[0]}", f"{needs} {flag} {value}")
        self._check_made(seeds, latents, count, walks)

    def _check_made(self, seeds: str | None, latents: Path | None, count: int | None, walks: bool) -> None:
        flag, text = ("--vary", self.vary) if self.mix is None else ("--mix", self.mix)
        if text is None:
            return
        if latents is not None:
            raise UsageError(
                f"--latents and {flag} both say what to begin with", f"name the file there: {flag} {latents}"
            )
        if walks:
            raise UsageError(f"{flag} does not walk across classes", "name one class, or a mixture")
        if self.mix is not None and seeds is not None:
            raise UsageError("--seeds says nothing of a mixture", f"--mix {seeds}")
        if self.mix is not None and self.amount is not None and count is not None:
            raise UsageError(f"--amount {self.amount} and -n {count} both say how many mixtures", "give one of them")

    def chosen(self, source: Source, seeds: str | None, latents: Path | None, count: int | None) -> Any:
        """Return the seeds, or the latents, that say which pictures, or which make the pool."""
        from artgan.sampling import mixing
        from artgan.sampling.latents import read_latents

        if latents is not None:
            return read_latents(latents)
        length, classes = source.painter.latent_dim, len(source.classes)
        if self.vary is not None:
            points = mixing.read_points(self.vary, length)
            if len(points) != 1:
                raise UsageError(
                    f"--vary {self.vary} names {len(points)} pictures, and one is varied", "--vary 42 -n 12"
                )
            strength = _STRENGTH if self.strength is None else self.strength
            return mixing.vary(points[0], self._numbers(seeds, count), strength, classes)
        if self.mix is not None:
            points = mixing.read_points(self.mix, length)
            if len(points) != 2:
                raise UsageError(f"--mix {self.mix} names {len(points)} pictures, and two are mixed", "--mix 3,17")
            return list(mixing.mix(points[0], points[1], self._amounts(count), classes))
        return self._numbers(seeds, count)

    def _numbers(self, seeds: str | None, count: int | None) -> Sequence[int]:
        from artgan.seeds import parse_seeds

        return parse_seeds(seeds) if seeds else range(count or (self.keep * _POOL if self.keep else 10))

    def _amounts(self, count: int | None) -> list[float]:
        if count is not None and self.amount is None:
            return [step / (count - 1) for step in range(count)] if count > 1 else [float(_AMOUNT)]
        text = self.amount or _AMOUNT
        try:
            return [float(piece) for piece in text.split(",")]
        except ValueError as error:
            raise UsageError(f"--amount {text!r} is not numbers", "--amount 0.4, or 0.2,0.4,0.6") from error

    def best(
        self, console: Console, settings: Settings, source: Source, chosen: Any, run: RunFolder | None,
        psi: float, classes: str | None,
    ) -> tuple[list[Latent], list[dict[str, Any]]]:  # fmt: skip
        """Paint the pool; return what is kept of it, the best first, and what a row of each says beside the rest."""
        from artgan.evaluation.picks import choose

        assert self.sort is not None
        picks = console.outcome(
            choose(
                source, chosen, self.keep, self.sort, run=run, datasets_dir=settings.datasets_dir, psi=psi,
                classes=classes,
            )
        )  # fmt: skip
        console.say(f"the best {len(picks.latents)} of {picks.pool} by {picks.judge}")
        console.say(picks.beside.words)
        beside: list[Any] = [*picks.beside.neighbours] or [None] * len(picks.latents)
        for latent, neighbour in zip(picks.latents, beside, strict=True):
            if neighbour is not None and neighbour.copy:
                which = neighbour.title or neighbour.id
                console.warn(f"{latent.name} is nearly a copy of {which}: {neighbour.original or neighbour.path}")
        return picks.latents, [
            {"score": score, "copy_of": neighbour.path if neighbour is not None and neighbour.copy else None}
            for score, neighbour in zip(picks.scores, beside, strict=True)
        ]

    def save(self, console: Console, source: Source, chosen: Any, classes: Any, force: bool) -> None:
        """Keep the latents of what is about to be painted, where that was asked for."""
        if self.save_latents is None:
            return
        import numpy as np

        from artgan.sampling.latents import write_latents
        from artgan.sampling.samples import plan

        values = np.stack([latent.values for piece in plan(source, chosen, classes) for latent in piece])
        write_latents(self.save_latents, values, force=force)
        console.say(f"{words.count(len(values), 'latent')} kept in {self.save_latents}: --latents paints them again")

    def more(self, seeds: str | None, latents: Path | None, count: int | None) -> str:
        """Return the options that paint more of the kind; empty where it is plain seeds or latents."""
        if self.mix is not None:
            wider = "--amount 0.5 --scale 4" if count else "-n 9 --grid"
            return f"--mix {shlex.quote(self.mix)} {wider}"
        if latents is not None or (self.vary is None and self.sort is None):
            return ""
        numbers = self._numbers(seeds, count)
        first = max(numbers) + 1
        pieces = [f"--vary {shlex.quote(self.vary)}"] if self.vary is not None else []
        pieces += [f"--strength {self.strength:g}"] if self.strength is not None else []
        pieces += [f"--seeds {first}-{first + len(numbers) - 1}"]
        pieces += [f"--sort {self.sort}"] if self.sort else []
        return " ".join(pieces + ([f"--keep {self.keep}"] if self.keep else []))
