"""``artgan sign``: put a signature on pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.article import ARGUMENT, Old
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.failures import KEEPS
from artgan.cli.finish import Hand
from artgan.cli.groups import options_of
from artgan.errors import ArtganError, PartlyDoneError


@command
@given_again(KEEPS)
@options_of(Hand, "hand")
def sign(
    console: Console,
    hand: Hand,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Pictures, or folders of pictures.")],
    with_: Annotated[
        list[Path],
        typer.Option("--with", metavar="PNG", help="The signature; again for several, or a folder of them."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Where to; default: signed, beside each picture.")
    ] = None,
    metadata: Annotated[
        bool, typer.Option("--metadata/--no-metadata", help="Tell in the copies what the pictures tell.")
    ] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what is there, and sign what is signed already.")
    ] = False,
) -> None:
    """Sign pictures: copies with a signature in a corner.

    The signature is a PNG with a transparent ground; of a scan or photograph, dark ink on light paper is told apart.
    Where its own colours would not be seen, it is written in the picture's darkest or lightest paint. What is left to
    chance (--jitter, several signatures) follows from the picture's seed, so that it comes out the same again. With
    --json: an array of objects with source, path, sign and reason.

    Example:
        artgan sign pictures/flowers-64-k3f9x2-000120 --with signature.png
        artgan sign bouquet.jpg --with signature.png --position LL --jitter 0.5 --out signed
    """
    from artgan.sampling.signed import pictures_of, sign_files

    rows: list[dict[str, Any]] = []
    failed, there, smallest = 0, 0, 1_000_000
    for done in sign_files(pictures_of(paths), hand.signer(with_), out, force=force, metadata=metadata):
        rows.append(
            {"source": done.source, "path": done.path, "sign": done.sign or None, "reason": done.reason or None}
        )
        if done.path is None:
            failed += 1
            console.warn(f"{done.source} {done.reason}")
            continue
        there += not done.new
        smallest = min(smallest, done.width)
        if not console.as_json:
            console.out(str(done.path))
    if console.as_json:
        console.result(rows)
    signed = len(rows) - failed
    console.say(f"{words.count(signed, 'picture')} signed" + (f", {there} of them already, the same" if there else ""))
    hand.advise(console, smallest)
    if failed:
        message = f"{words.count(failed, 'picture')} of {len(rows)} could not be signed"
        raise PartlyDoneError(message, "the reasons stand above") if signed else ArtganError(message)


sign.old_flags = {  # type: ignore[attr-defined]
    "--sign": Old("--with"),
    "--input": Old(ARGUMENT),
    "--output": Old("--out"),
    "--size": Old("", "a size is a share of the picture's width now: --sign-size 0.18"),
    "--rand-coord": Old("", "--jitter moves, turns and resizes it, by the picture's seed"),
    "--rand-rot": Old("", "--jitter moves, turns and resizes it, by the picture's seed"),
    "--rand-size": Old("", "--jitter moves, turns and resizes it, by the picture's seed"),
    "--rand-stamp": Old(
        "", "several signatures are drawn from by the picture's seed; --choose contrast takes the best"
    ),
    "--stamp-selection": Old("", "--choose seed, or --choose contrast"),
    "--unit": Old("", "sizes are shares of the picture's width now"),
}
