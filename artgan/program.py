"""What every program of artgan does about garbage: the command line, the worker, the job on a cluster."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# What a program loads it keeps to its end. Looking through all of it after every 700 new objects, as Python does by
# default, takes a sixth of the time in which TensorFlow loads.
THRESHOLDS = (100_000, 50, 100)


@contextmanager
def program() -> Iterator[None]:
    """Look for garbage less often, and not at all at the end, where taking TensorFlow apart took most of a second."""
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.freeze()
