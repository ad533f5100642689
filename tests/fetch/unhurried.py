"""Fetch flower paintings without waiting between requests: ``python unhurried.py FOLDER``.

The product has no way to do so; the library takes any object that keeps the pace, also one that keeps none.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from artgan.datasets.fetching import fetch
from artgan.datasets.sites.site import Query
from artgan.web.answers import Stopped
from artgan.web.hosts import HostClass


class Unhurried:
    """Keeps no pace."""

    def wait(self, host: HostClass, stop: threading.Event) -> None:
        if stop.is_set():
            raise Stopped

    def succeeded(self, host: HostClass) -> None:
        pass

    def failed(self, host: HostClass) -> float:
        return 0.0

    def pause(self, host: HostClass, seconds: float) -> None:
        pass

    def at_least(self, host: HostClass, seconds: float) -> None:
        pass


if __name__ == "__main__":
    flowers = Query(genres=("flower-painting",))
    for _ in fetch(flowers, name="flowers", datasets_dir=Path(sys.argv[1]), limiter=Unhurried()):
        pass
