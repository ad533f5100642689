"""Small products of matrices by one thread.

NumPy's BLAS gives each product to as many threads as there are cores, and they wait for each other by turning round and
round. For the products of a small picture that costs more than it saves: on two cores with other work to do a picture
of 64 px took 80 ms so, and 7 ms by one thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_taken = threading.Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS to one thread while this lasts.

    The number is one for the whole process. Of several that ask at once the first sets it and puts it back; the others
    find it as it is, and go on with what BLAS likes should they stay longer.
    """
    if not _taken.acquire(blocking=False):
        yield
        return
    try:
        with _controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        _taken.release()


@cache
def _controller() -> Any:
    """Return what knows the libraries that are loaded: looking for them takes a while."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
