"""What every command has in common: its options, its help page, its way to fail."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from artgan import settings as settings_module
from artgan.cli import article, helptext
from artgan.cli.console import Console
from artgan.cli.failures import exit_code_of
from artgan.cli.helptext import EVERYWHERE


class Command(typer.core.TyperCommand):
    """A command with artgan's help page, which understands the flags of the 2020 article."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            options = {flag for param in self.get_params(ctx) for flag in [*param.opts, *param.secondary_opts]}
            args, notes = article.translate(args, options, getattr(self.callback, "old_flags", {}))
            for note in notes:
                sys.stderr.write(f"note: {note}\n")
        return super().parse_args(ctx, args)

    def get_help(self, ctx: Any) -> str:
        return helptext.command_page(self, ctx)


def _common(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


_OUTPUT = [
    _common(
        "as_json",
        Annotated[bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=EVERYWHERE)],
        False,
    ),
    _common(
        "quiet",
        Annotated[bool, typer.Option("--quiet", "-q", help="Say only what matters.", rich_help_panel=EVERYWHERE)],
        False,
    ),
    _common(
        "verbose",
        Annotated[
            int,
            typer.Option(
                "--verbose",
                "-v",
                count=True,
                rich_help_panel=EVERYWHERE,
                show_default=False,
                help="Say more; -vv shows where an error happened.",
            ),
        ],
        0,
    ),
]
_FOLDERS = [
    _common(
        f"{what}_dir",
        Annotated[
            Path | None,
            typer.Option(f"--{what}-dir", metavar="DIR", help=f"The folder of {what}.", rich_help_panel=EVERYWHERE),
        ],
        None,
    )
    for what in ("datasets", "runs")
]


def given_again(then: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that says what a command does when it is given again after it was stopped.

    Stands under ``@command``. Without it the hint promises nothing.
    """

    def mark(function: Callable[..., None]) -> Callable[..., None]:
        function.again = then  # type: ignore[attr-defined]
        return function

    return mark


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Make a function a command.

    The function's parameters become arguments and options, as Typer reads them, but for two that are handed in: it is
    given a ``console: Console``, and a ``settings: Settings`` if it asks for one. Every command gets ``--json``, ``-q``
    and ``-v``; one with settings also ``--datasets-dir`` and ``--runs-dir``.
    """
    signature = inspect.signature(function, eval_str=True)
    takes_settings = "settings" in signature.parameters
    own = [p for name, p in signature.parameters.items() if name not in {"console", "settings"}]
    common = [*(_FOLDERS if takes_settings else []), *_OUTPUT]

    @functools.wraps(function)
    def run(*, as_json: bool, quiet: bool, verbose: int, **values: Any) -> None:
        # Keras asks for it when it is loaded; artgan's networks are TensorFlow's.
        os.environ["KERAS_BACKEND"] = "tensorflow"
        console = Console(-1 if quiet else verbose, as_json=as_json)
        with exit_code_of(tell_all=verbose > 1, again=getattr(function, "again", "")) as outcome:
            if takes_settings:
                folders = {parameter.name: values.pop(parameter.name) for parameter in _FOLDERS}
                values["settings"] = settings_module.load(os.environ, Path.cwd(), folders)
            function(console=console, **values)
        if outcome.code:
            raise typer.Exit(outcome.code)

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + common
    run.__signature__ = signature.replace(parameters=parameters, return_annotation=None)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run
