"""How long is waited for what."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Waiting times in seconds, and numbers of tries.

    Attributes:
        connect_s: until a connection stands.
        read_s: until the next byte comes.
        stall_s: a body that brings less than ``stall_bytes`` in this time counts as a lost connection.
        stall_bytes: see ``stall_s``.
        tries: of one request, the first included.
        back_off_s: longest wait before the second try; it doubles from try to try.
        most_back_off_s: and never gets longer than this.
        forbidden_s: before the one more try that a 403 gets.
        most_asked_s: longest wait that a server may ask for (``Retry-After``, ``Crawl-delay``).
        silent: so many requests in a row, tries included, without any answer mean that nothing answers any more.
        quiet_s: waits longer than this are told to the person.
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    stall_s: float = 10.0
    stall_bytes: int = 1000
    tries: int = 5
    back_off_s: float = 2.0
    most_back_off_s: float = 60.0
    forbidden_s: float = 5.0
    most_asked_s: float = 120.0
    silent: int = 12
    quiet_s: float = 3.0

    def back_off(self, attempt: int) -> float:
        """Return how long to wait after the ``attempt``-th try, from 1: seconds, exponential with full jitter.

        Brooker 2015, "Exponential Backoff And Jitter": a wait drawn from the whole interval spreads those who failed
        together best.
        """
        return random.uniform(0.0, min(self.most_back_off_s, self.back_off_s * 2.0 ** (attempt - 1)))
