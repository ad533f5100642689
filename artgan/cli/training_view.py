"""Drawing a training: the first screen, then a live panel in a terminal and plain lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import Any

from artgan.cli import terminal, words
from artgan.cli.console import Console
from artgan.cli.progress import Bar, Drawing, Lines, Quiet
from artgan.events import Event, Progress
from artgan.runs.store import STARTER
from artgan.training.events import GridSaved, Grown, Planned, RolledBack, Tick, Verdict

_EVERY_S = 10.0
_SHARES = 10
_REDRAW_S = 0.25
_STOPPING = "finishing the step and saving; Ctrl-C again leaves at once"
# Lines of the panel's text, and of the first screen, which stays in sight where there is room for it.
_TEXT_LINES = 9
_FIRST_LINES = 10
_ROOMY_LINES = 40


def view_for(console: Console) -> Drawing:
    """Return what draws a training here."""
    if console.verbosity < 0:
        return Quiet(console)
    return Panel(console) if terminal.is_person() else PlainView(console)


def first_screen(console: Console, plan: Planned) -> None:
    """Tell everything that is known before the first step counts."""
    held = f", {plan.held_out} more held out" if plan.held_out else ""
    networks = f"generator of {words.weights(plan.generator_parameters)} weights, critic of"
    networks += f" {words.weights(plan.discriminator_parameters)}"
    length = f"{words.number(plan.planned_images)} images in all, " if plan.planned_images else ""
    most = "until it no longer improves, at most " if plan.until_good else ""
    parts = f", {plan.micro_batch} at a time" if plan.micro_batch else ""
    begun = "" if plan.resumed_from_step else plan.begun_from
    if begun == STARTER:
        begun += ", networks that come with artgan (--init none begins from nothing)"
    console.pairs(
        [
            ("dataset", f"{plan.dataset}, {words.count(plan.images, 'painting')}{held}"),
            ("images", f"{plan.size} x {plan.size} px{_first(plan.stages)}, {plan.batch_size} in a step{parts}"),
            ("networks", f"{plan.preset}: {networks}"),
            ("goes on", f"from step {words.number(plan.resumed_from_step)}" if plan.resumed_from_step else ""),
            ("begins with", begun or ""),
            ("device", f"{plan.device}, {plan.precision}, {words.rate(plan.images_per_s)} images/s"),
            ("time", f"{most}{length}about {words.duration(plan.planned_seconds)}"),
            ("memory", f"about {words.size(plan.memory_mb * 1e6)}"),
            ("run", str(plan.path or "none: this is a dry run")),
        ]
    )


def _first(stages: tuple[int, ...]) -> str:
    return f" after {' and '.join(map(str, stages[:-1]))} px" if len(stages) > 1 else ""


def grown(event: Grown) -> str:
    return f"the large is learned well enough: on to {event.size} px"


def numbers(tick: Tick) -> str:
    """Return what a tick says, in one line."""
    more = "".join(f", {text}" for text in (augmentation(tick), judgement(tick)) if text)
    return (
        f"epoch {words.number(tick.epoch)}, step {words.number(tick.step)}, {words.number(tick.images_seen)} images, "
        f"{words.rate(tick.images_per_s)}/s, critic {tick.d_loss:.3f}, generator {tick.g_loss:.3f}, "
        f"accuracy {tick.accuracy:.0%}{more}"
    )


def augmentation(tick: Tick) -> str:
    """Return how often pictures are augmented, and the overfitting that says so; empty where that is fixed."""
    if tick.augment_p is None:
        return ""
    return f"augmented {tick.augment_p:.0%}" + ("" if tick.overfitting is None else f" at {tick.overfitting:.2f}")


def judgement(tick: Tick) -> str:
    """Return how good it was found to be at a tick: "KID 0.123 +- 0.002"; empty where it was not judged."""
    return "" if tick.kid_lite0 is None else f"KID {tick.kid_lite0:.3f} +- {tick.kid_lite0_error or 0:.3f}"


def rolled_back(event: RolledBack) -> str:
    return f"the numbers ran away at step {event.step}; went back to step {event.to_step} ({event.times} of 3 times)"


class PlainView(Lines):
    """A line every ten seconds and every ten per cent."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._last: tuple[float, float] = (0.0, 0.0)
        self._share = 0.0

    def show(self, event: Event) -> None:
        if isinstance(event, Planned):
            first_screen(self.console, event)
            self._last = (time.monotonic(), 0.0)
        elif isinstance(event, Progress) and event.stage == "train":
            self._share = event.done / event.total if event.total else 0.0
        elif isinstance(event, Tick):
            now = time.monotonic()
            judged = event.kid_lite0 is not None
            if judged or now - self._last[0] >= _EVERY_S or int(_SHARES * self._share) > int(_SHARES * self._last[1]):
                self._last = (now, self._share)
                left = f", {words.duration(event.remaining_s)} left" if event.remaining_s else ""
                self.console.say(f"{self._share:4.0%}  {numbers(event)}{left}")
        elif isinstance(event, Verdict):
            (self.console.warn if event.level == "warning" else self.console.say)(event.text)
        elif isinstance(event, GridSaved):
            self.console.detail(f"sheet of epoch {event.epoch}: {event.path}")
        elif isinstance(event, RolledBack):
            self.console.warn(rolled_back(event))
        elif isinstance(event, Grown):
            self.console.say(grown(event))
        else:
            super().show(event)

    def stopping(self) -> None:
        # From a signal handler: no buffer that the main program may be writing to.
        with contextlib.suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), f"{_STOPPING}\n".encode())


class Panel(Bar):
    """A panel that stays in its place: how far, how fast, the losses, and the newest sheet."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._live: Any = None
        self._tick: Tick | None = None
        self._judgement = ""
        self._progress: Progress | None = None
        self._sheet: Any = None
        self._sheet_name = ""
        self._size = 0
        self._stopping = False
        self._drawn = 0.0
        self._drawing = False
        self._began = 0.0

    def show(self, event: Event) -> None:
        if isinstance(event, Planned):
            self._stop()
            first_screen(self.console, event)
            self._began = time.monotonic()
            self._size = event.size
            if event.path:
                self._start_live()
        elif isinstance(event, Progress) and event.stage == "train":
            self._progress = event
            self._redraw()
        elif isinstance(event, Tick):
            self._tick = event
            self._judgement = judgement(event) or self._judgement
            self._redraw()
        elif isinstance(event, GridSaved):
            self._show_sheet(event)
            self._redraw(at_once=True)
        elif isinstance(event, RolledBack):
            self.console.warn(rolled_back(event))
        elif isinstance(event, Grown):
            self.console.say(grown(event))
        else:
            super().show(event)

    def stopping(self) -> None:
        self._stopping = True
        if not self._drawing:
            self._redraw(at_once=True)

    def close(self) -> None:
        if self._live is not None:
            self._redraw(at_once=True)
            self._live.stop()
            self._live = None
        super().close()

    def _start_live(self) -> None:
        from rich.console import Console as RichConsole
        from rich.live import Live

        screen = RichConsole(stderr=True, highlight=False)
        self._live = Live(console=screen, auto_refresh=False, vertical_overflow="crop")
        self._colours = screen.color_system in {"truecolor", "256"} and not screen.no_color
        self._live.start()
        self._redraw(at_once=True)

    def _show_sheet(self, event: GridSaved) -> None:
        self._sheet_name = str(event.path)
        if not self._live or not self._colours:
            return
        from artgan.cli.halfblocks import HalfBlocks, part_of_sheet

        columns, lines = self._live.console.size
        columns, room = columns - 2, lines - _TEXT_LINES - (_FIRST_LINES if lines >= _ROOMY_LINES else 0)
        # A sheet that somebody moves at this moment is no reason to stop a training.
        with contextlib.suppress(OSError):
            sheet = part_of_sheet(event.path, self._size, columns, room) if room >= _TEXT_LINES else None
            self._sheet = HalfBlocks(sheet, columns, room) if sheet else None

    def _redraw(self, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if self._live is None or (not at_once and now - self._drawn < _REDRAW_S):
            return
        from rich.console import Group
        from rich.padding import Padding

        self._drawn, self._drawing = now, True
        try:
            parts: list[Any] = [self._text()]
            if self._sheet is not None:
                parts.append(Padding(self._sheet, (0, 0, 0, 1)))
            self._live.update(Group(*parts), refresh=True)
        finally:
            self._drawing = False

    def _text(self) -> Any:
        from rich.text import Text

        width = self._live.console.width
        lines = [self._how_far(width)]
        if self._tick is not None:
            tick = self._tick
            far = [
                f"epoch {words.number(tick.epoch)}", f"step {words.number(tick.step)}",
                f"{words.number(tick.images_seen)} images", f"{words.rate(tick.images_per_s)} images/s",
            ]  # fmt: skip
            well = [
                f"critic {tick.d_loss:.3f}", f"generator {tick.g_loss:.3f}", f"accuracy {tick.accuracy:.0%}",
                f"memory {words.size(tick.memory_mb * 1e6)}", augmentation(tick), self._judgement,
            ]  # fmt: skip
            lines += [*_flow(far, width), *_flow([piece for piece in well if piece], width), f" {tick.verdict or ''}"]
        if self._sheet_name:
            lines.append(f" {self._sheet_name}")
        lines.append(f" {_STOPPING if self._stopping else 'Ctrl-C saves and stops'}")
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")

    def _how_far(self, width: int) -> str:
        event = self._progress
        share = event.done / event.total if event and event.total else 0.0
        left = self._tick.remaining_s if self._tick else None
        elapsed = words.duration(time.monotonic() - self._began)
        text = f"{share:4.0%}   {elapsed}" + (f", {words.duration(left)} left" if left else "")
        cells = max(8, min(40, width - len(text) - 6))
        filled = round(share * cells)
        return f" {'━' * filled}{'─' * (cells - filled)} {text}"


def _flow(pieces: list[str], width: int) -> list[str]:
    """Lay pieces beside each other, in as many lines as the width asks for."""
    lines = [""]
    for piece in pieces:
        if lines[-1] and len(lines[-1]) + len(piece) + 3 > width:
            lines.append("")
        lines[-1] += (" " if not lines[-1] else "   ") + piece
    return lines
