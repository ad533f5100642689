"""Asked to stop once, a training or a fetch finishes what it is at and saves; asked twice, a command leaves."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from artgan.events import Event
from artgan.training.events import Planned


class Asked:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self.count = 0

    def is_set(self) -> bool:
        return self.count > 0


@contextmanager
def stop_on_signal(view: Any = None, *, twice_leaves: bool = True) -> Iterator[Asked]:
    """Count Ctrl-C and the system's request to end instead of dying of them.

    Args:
        view: its ``stopping``, if it has one, is called when somebody asked.
        twice_leaves: whether the second request is obeyed at once, with a ``KeyboardInterrupt``.
    """
    asked = Asked()

    def handle(number: int, frame: object) -> None:
        asked.count += 1
        if twice_leaves and asked.count > 1:
            raise KeyboardInterrupt
        if hasattr(view, "stopping"):
            view.stopping()

    try:
        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread, where signals do not arrive
        yield asked
        return
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leaving_early(events: Iterable[Event], asked: Asked) -> Iterator[Event]:
    """Pass events on; who asks to stop before the training is planned leaves at once: there is nothing to save yet.

    Raises:
        KeyboardInterrupt: somebody asked that early.
    """
    planned = False
    for event in events:
        planned = planned or isinstance(event, Planned)
        if asked.is_set() and not planned:
            raise KeyboardInterrupt
        yield event
