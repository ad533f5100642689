"""The command line: parses what a person types, calls the library, draws the events that it yields.

In: arguments, ``ARTGAN_*`` variables and settings files. Out: data on stdout, everything else on stderr, an exit code.
Read in this order: ``app`` (the table of commands), ``command`` (what every command has in common), ``console`` (what
is printed and where), ``words`` and ``table`` (numbers, times and rows for people), ``progress`` (drawing a stream of
events), ``helptext`` (the pages of ``--help``), ``options`` (``TrainConfig`` as options), ``article`` (the flags of the
2020 article), then one file per command. Only this folder knows typer and rich.
"""

from __future__ import annotations

from artgan.program import program


def main() -> None:
    """Run the command that ``sys.argv`` holds and exit with its code."""
    from artgan.cli.app import app

    with program():
        app(prog_name="artgan")
