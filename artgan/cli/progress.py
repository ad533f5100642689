"""Drawing a stream of events: a bar in a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

from artgan.cli import terminal, words
from artgan.events import Event, Note, Progress, Skipped

if TYPE_CHECKING:
    from artgan.cli.console import Console

_EVERY_S = 10.0
_SHARES = 10
# What is over in a moment needs no ten lines.
_AT_MOST_EVERY_S = 0.5
_SKIPPED_SHOWN = 3


class Drawing(Protocol):
    """Draws events one by one until it is closed."""

    def show(self, event: Event) -> None: ...

    def close(self) -> None: ...


def drawing_for(console: Console) -> Drawing:
    """Return what draws events here: nothing much with ``-q``, a bar in a terminal, lines elsewhere."""
    if console.verbosity < 0:
        return Quiet(console)
    return Bar(console) if terminal.is_person() else Lines(console)


class Quiet:
    """Says warnings only; the other drawings build on it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._skipped: Counter[str] = Counter()

    def show(self, event: Event) -> None:
        if isinstance(event, Note):
            (self.console.warn if event.level == "warning" else self.console.say)(event.text)
        elif isinstance(event, Skipped):
            self._skip(event)
        elif isinstance(event, Progress):
            self.progress(event)

    def progress(self, event: Progress) -> None:
        """Draw how far it is."""

    def close(self) -> None:
        hidden = self._skipped.total() - _SKIPPED_SHOWN
        if hidden > 0 and self.console.verbosity < 1:
            reasons = ", ".join(f"{n} {reason}" for reason, n in self._skipped.most_common())
            self.console.say(f"not used: {reasons} (all of them: -v)")

    def _skip(self, event: Skipped) -> None:
        self._skipped[event.reason.partition(":")[0] or event.status] += 1
        if self._skipped.total() <= _SKIPPED_SHOWN or self.console.verbosity >= 1:
            self.console.say(f"not used: {event.source}: {event.reason or event.status}")


class _Pace:
    """How fast a stage goes and how long it still takes."""

    def __init__(self, event: Progress) -> None:
        self.stage = event.stage
        self.begun = time.monotonic()
        self.first = event.done

    def text(self, event: Progress) -> str:
        elapsed = time.monotonic() - self.begun
        done = event.done - self.first
        pieces = [words.number(event.done) if event.total is None else self._share(event)]
        if done > 0 and elapsed > 0.2:
            pieces.append(f"{words.rate(done / elapsed)}/s")
            pieces.append(words.duration(elapsed))
            if event.total is not None and event.done < event.total:
                pieces.append(f"{words.duration((event.total - event.done) * elapsed / done)} left")
        pieces += [f"{words.number(n)} {what}" for what, n in event.counts.items()]
        if event.bytes:
            pieces.append(words.size(event.bytes))
        return ", ".join(pieces)

    @staticmethod
    def _share(event: Progress) -> str:
        share = event.done / event.total if event.total else 1.0
        return f"{words.number(event.done)} of {words.number(event.total or 0)} {event.unit} ({share:.0%})"


class Lines(Quiet):
    """A plain line every ten seconds and every ten per cent."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._pace: _Pace | None = None
        self._last_time = 0.0
        self._last_share = 0

    def progress(self, event: Progress) -> None:
        new = self._pace is None or self._pace.stage != event.stage
        if self._pace is None or new:
            self._pace = _Pace(event)
            self._last_share = 0
        share = _SHARES * event.done // event.total if event.total else 0
        over = share >= _SHARES > self._last_share
        now = time.monotonic()
        since = now - self._last_time
        tenth = share > self._last_share and since >= _AT_MOST_EVERY_S
        if new or over or tenth or since >= _EVERY_S:
            self._last_time, self._last_share = now, share
            self.console.say(f"{event.stage}: {self._pace.text(event)}")


class Bar(Quiet):
    """One live line: what is done, how fast, how long it takes still."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._pace: _Pace | None = None
        self._bar: Any = None
        self._task: Any = None

    def progress(self, event: Progress) -> None:
        if self._pace is None or self._pace.stage != event.stage:
            self._stop()
            self._pace = _Pace(event)
            self._start(event)
        self._bar.update(self._task, completed=event.done, total=event.total, text=self._pace.text(event))

    def close(self) -> None:
        self._stop()
        super().close()

    def _start(self, event: Progress) -> None:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, Progress, TextColumn

        columns: list[Any] = [
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[text]}", markup=False),
        ]
        if terminal.full_width() >= 76:
            columns.insert(1, BarColumn(bar_width=18))
        self._bar = Progress(*columns, console=RichConsole(stderr=True, highlight=False), refresh_per_second=5)
        self._task = self._bar.add_task(event.stage, total=event.total, text="")
        self._bar.start()

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            self._pace = None
