"""What a command says and where: data on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from artgan.cli import table as tables
from artgan.cli import terminal
from artgan.errors import UsageError

if TYPE_CHECKING:
    from artgan.cli.progress import Drawing
    from artgan.events import Event

T = TypeVar("T")

# In a pipe nothing is cut or wrapped: whoever reads it wants all of it.
_UNCUT = 10_000


class Console:
    """The mouth of a command.

    Args:
        verbosity: -1 with ``-q``, 0 without, 1 with ``-v``, 2 with ``-vv``.
        as_json: whether ``--json`` was given.
    """

    def __init__(self, verbosity: int = 0, *, as_json: bool = False) -> None:
        self.verbosity = verbosity
        self.as_json = as_json

    def out(self, text: str) -> None:
        """Print data: the one thing a pipe wants to have."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def say(self, text: str = "") -> None:
        """Tell the person something; silent with ``-q``."""
        if self.verbosity >= 0:
            self._err(text)

    def detail(self, text: str) -> None:
        """Tell what only ``-v`` wants to know."""
        if self.verbosity >= 1:
            self._err(text)

    def warn(self, text: str) -> None:
        """Tell what the person should know even with ``-q``."""
        self._err(f"{terminal.style('warning:', 'yellow', stream=sys.stderr)} {text}")

    def next(self, command: str) -> None:
        """End with the command that goes on from here."""
        self.say(f"{terminal.style('next:', 'green', stream=sys.stderr)} {command}")

    def pairs(self, rows: Iterable[tuple[str, str]]) -> None:
        """Tell facts, one a line: a name and what it is; empty facts are left out."""
        width = terminal.full_width() if sys.stderr.isatty() else _UNCUT
        for line in tables.facts(rows, width, lambda name: terminal.style(name, "dim", stream=sys.stderr)):
            self.say(line)

    def facts(self, value: Any, rows: Iterable[tuple[str, str]]) -> None:
        """Print facts as data: ``value`` as JSON with ``--json``, else one a line."""
        width = terminal.full_width() if sys.stdout.isatty() else _UNCUT
        self.result(value, lambda: "\n".join(tables.facts(rows, width, lambda name: terminal.style(name, "dim"))))

    def result(self, value: Any, text: str | Callable[[], str] = "") -> None:
        """Print the result: ``value`` as JSON with ``--json``, else ``text`` where there is any."""
        if self.as_json:
            self.out(json.dumps(_plain(value), indent=1, ensure_ascii=False))
            return
        text = text() if callable(text) else text
        if text:
            self.out(text)

    def table(
        self, value: Any, columns: Sequence[tables.Column], rows: Sequence[Sequence[str]], empty: str = ""
    ) -> None:
        """Print rows: as JSON (``value``) with ``--json``, else in columns; ``empty`` is said where there are none."""
        if self.as_json or rows:
            self.result(value, lambda: "\n".join(self.table_lines(columns, rows)))
        else:
            self.say(empty)

    def table_lines(self, columns: Sequence[tables.Column], rows: Sequence[Sequence[str]]) -> list[str]:
        """Return what ``table`` prints, line by line."""
        width = terminal.full_width() if sys.stdout.isatty() else _UNCUT
        lines = tables.layout(columns, rows, width)
        return [terminal.style(lines[0], "dim"), *lines[1:]]

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before what cannot be undone.

        Args:
            question: what is about to happen, ending with a question mark.
            yes: whether ``-y`` was given; then nothing is asked.

        Raises:
            UsageError: nobody is there to answer, or the answer is no.
        """
        if yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(f"nobody is here to answer: {question}", "repeat the command with --yes")
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            self.say("nothing was changed")
            raise typer.Exit(1)

    def follow(self, events: Iterable[Event], drawing: Drawing | None = None) -> Iterator[Event]:
        """Draw a stream of events while it goes, and pass every event on.

        Args:
            events: what a long operation yields.
            drawing: draws the events; by default a progress bar in a terminal and plain lines elsewhere.
        """
        from artgan.cli import progress

        drawing = drawing or progress.drawing_for(self)
        try:
            for event in events:
                drawing.show(event)
                yield event
        finally:
            drawing.close()

    def finish(self, events: Iterable[Event], drawing: Drawing | None = None) -> Any:
        """Draw a stream of events to its end and return the last event."""
        last = None
        for event in self.follow(events, drawing):
            last = event
        return last

    def outcome(self, events: Generator[Event, None, T]) -> T:
        """Draw a stream of events to its end and return what its generator returns."""
        found: list[T] = []

        def kept() -> Iterator[Event]:
            found.append((yield from events))

        self.finish(kept())
        return found[0]

    def _err(self, text: str) -> None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _plain(value: Any) -> Any:
    """Turn records, paths, times and named tuples into what JSON knows."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
