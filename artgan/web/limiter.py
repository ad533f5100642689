"""The pace: so many requests a second and no more, slower where a server is in trouble."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from artgan.web.answers import Stopped
from artgan.web.hosts import HostClass

_JITTER_S = 0.1
"""A request that must first open its connection arrives later than the next one, which finds it open: by up to 30 ms
within one busy machine (measured through a proxy, 2026), by some round trips of 20 to 40 ms each over the internet."""
_SLOWEST_S = 30.0
_RECOVERY = 0.8


@dataclass
class _Pace:
    promised: float
    """Seconds from the start of one request to that of the next."""
    spacing: float
    """The same, as it is now: never less than ``promised``."""
    last: float = field(default=float("-inf"))
    slowed: float = field(default=float("-inf"))
    paused_until: float = field(default=float("-inf"))


class Limiter:
    """Keep the promise of every host class, and ease off while its servers are in trouble.

    No window of one second ever holds more than ``per_second`` requests, counted where they arrive: the starts of
    ``per_second`` + 1 of them are 1.1 s apart, so up to 0.1 s may be lost on the way. Trouble (429, 5xx, lost
    connections) doubles the time between requests, up to 30 s, at most once in that time, since several threads meet
    the same trouble together; every success takes back a fifth, down to what was promised. An answer that is neither
    changes nothing: as in Scrapy's AutoThrottle, errors, which come quickly, never make it faster.

    All methods may be called from several threads.

    Args:
        clock: a monotonic clock, seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._paces: dict[str, _Pace] = {}

    def wait(self, host: HostClass, stop: threading.Event) -> None:
        """Return when the next request to the class may start.

        Raises:
            Stopped: ``stop`` was set, before or while waiting.
        """
        while not stop.is_set():
            with self._lock:
                pace, now = self._pace(host), self._clock()
                left = max(pace.last + pace.spacing, pace.paused_until) - now
                if left <= 0:
                    pace.last = now
                    return
            stop.wait(left)
        raise Stopped

    def succeeded(self, host: HostClass) -> None:
        """Take back a fifth of what trouble has added."""
        with self._lock:
            pace = self._pace(host)
            pace.spacing = max(pace.promised, pace.spacing * _RECOVERY)

    def failed(self, host: HostClass) -> float:
        """Double the time between requests; return it in seconds, 0 when it stays as it is."""
        with self._lock:
            pace, now = self._pace(host), self._clock()
            if now - pace.slowed < pace.spacing or pace.spacing >= _SLOWEST_S:
                return 0.0
            pace.slowed = now
            pace.spacing = min(2 * pace.spacing, _SLOWEST_S)
            return pace.spacing

    def pause(self, host: HostClass, seconds: float) -> None:
        """Start no request to the class for so long, whoever is waiting already."""
        with self._lock:
            pace = self._pace(host)
            pace.paused_until = max(pace.paused_until, self._clock() + seconds)

    def at_least(self, host: HostClass, seconds: float) -> None:
        """Leave so much time between requests; never makes it faster."""
        with self._lock:
            pace = self._pace(host)
            pace.promised = max(pace.promised, seconds)
            pace.spacing = max(pace.promised, pace.spacing)

    def _pace(self, host: HostClass) -> _Pace:
        if host.name not in self._paces:
            promised = usual_spacing_s(host)
            self._paces[host.name] = _Pace(promised, promised)
        return self._paces[host.name]


def usual_spacing_s(host: HostClass) -> float:
    """Return the seconds from one request to the next while nothing is in trouble."""
    # Two and a half a second would be three in some of them.
    whole = math.floor(host.per_second) if host.per_second > 1 else host.per_second
    return (1 + _JITTER_S) / whole
