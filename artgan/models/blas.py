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

_lock = threading.Lock()
_limits: list[Any] = []
"""What puts back the number of threads that there was, once for each who asked; the first one's is the true one."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS to one thread; of several that ask at once the last puts back what the first found."""
    with _lock:
        _limits.append(_controller().limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _lock:
            if len(_limits) > 1:
                _limits.pop()
            else:
                _limits.pop().restore_original_limits()


@cache
def _controller() -> Any:
    """Return what knows the libraries that are loaded: looking for them takes a while."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
