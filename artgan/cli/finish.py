"""What happens to pictures once they are painted, as options: signed, told about, shown; one declaration for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli.console import Console
from artgan.errors import NotFoundError

if TYPE_CHECKING:
    from artgan.sampling.samples import Sample
    from artgan.sampling.signing import Placing, Signer

_PANEL = "Signature"
# A signature of fewer pixels across is a smudge.
_LEGIBLE = 28


def _option(flag: str, metavar: str, help: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=help, rich_help_panel=_PANEL)


@dataclass(frozen=True)
class Hand:
    """How a signature is placed; each field is an option."""

    position: Annotated[str, _option("--position", "LR|LL|UR|UL", "Its corner: lower or upper, right or left.")] = "LR"
    sign_size: Annotated[float, _option("--sign-size", "X", "Its width, as a share of the picture's.")] = 0.18
    sign_margin: Annotated[float, _option("--sign-margin", "X", "From it to the edges, as such a share.")] = 0.04
    jitter: Annotated[
        float, _option("--jitter", "X", "0 to 1: moved, turned and resized a little, by the picture's seed.")
    ] = 0.0
    ink: Annotated[
        str,
        _option(
            "--ink", "auto|own|dark|light", "Its own colours, or the picture's darkest or lightest; auto: by contrast."
        ),
    ] = "auto"
    choose: Annotated[
        str, _option("--choose", "seed|contrast", "Of several: drawn by the picture's seed, or the one seen best.")
    ] = "seed"

    def placing(self) -> Placing:
        """Return the same for the library, checked."""
        from artgan.sampling.signing import Placing

        return Placing(
            self.position.upper(), self.sign_size, self.sign_margin, self.jitter, self.ink.lower(), self.choose.lower()
        )

    def advise(self, console: Console, width: int) -> None:
        """Say so where the signature on a picture of so many pixels is but a smudge."""
        if width * self.sign_size < _LEGIBLE:
            console.say(
                "so few pixels hold no legible signature: artgan sample --scale 4 --sign paints larger pictures"
            )

    def signer(self, paths: list[Path]) -> Signer:
        """Read the signatures and return what signs with them."""
        from artgan.sampling.signatures import read_signatures
        from artgan.sampling.signing import signer

        placing = self.placing()
        return signer(read_signatures(paths), placing)


@dataclass(frozen=True)
class Finish(Hand):
    """What was typed."""

    sign: Annotated[
        list[Path] | None, _option("--sign", "PNG", "Sign the pictures with this; again for several, or a folder.")
    ] = None
    dpi: Annotated[
        int | None,
        typer.Option("--dpi", min=1, max=9600, metavar="N", help="Tell printers how many pixels an inch is."),
    ] = None
    metadata: Annotated[
        bool, typer.Option("--metadata/--no-metadata", help="Tell in each file where the picture comes from.")
    ] = True
    show: Annotated[
        bool | None,
        typer.Option(
            "--show/--no-show", help="Show some in the terminal. [where a person sits at one that has colours]"
        ),
    ] = None

    def check(self) -> None:
        """Refuse what cannot be, before anything is loaded.

        Raises:
            ArtganError: a signature is not there, or is none; an option is out of bounds.
        """
        self.placing()
        for path in self.sign or []:
            if not path.exists():
                raise NotFoundError(f"no signature {path}", "name a picture of it, or a folder of several")

    def apply(self, pictures: Iterable[Sample], channels: str) -> Iterator[Sample]:
        """Return the pictures in their order of colours, signed where that was asked for."""
        from artgan.sampling import samples

        pictures = samples.ordered(pictures, channels)
        return samples.signed(pictures, self.signer(self.sign)) if self.sign else pictures

    def told(self) -> dict[str, str | None]:
        """Return what a sheet of signed pictures tells beside what they have in common: all that was drawn from."""
        names = ",".join(path.name for path in self.sign or [])
        return {"sign": names or None, "choose": self.choose if names and self.choose != Hand.choose else None}

    def display(self, console: Console, paths: list[Path], setting: Any) -> None:
        """Show some of the pictures in the terminal where it can, and nobody said no."""
        from PIL import Image

        from artgan.cli import inline

        inline.show(console, paths, self.show, setting)
        if self.sign and paths:
            with Image.open(paths[0]) as picture:
                self.advise(console, picture.width)
