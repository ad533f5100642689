"""The server: bound to this machine, a few threads, closed with Ctrl-C."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from artgan.errors import SetupError, UsageError

PORT = 8642
_HERE = "127.0.0.1"
_THREADS = 12
"""More than a page asks at once: a question that waits for the network must not keep the others waiting."""


def free_port(wanted: int | None) -> int:
    """Return the port to listen to: the wanted one, else the usual one, else any that is free.

    Raises:
        UsageError: the wanted one is taken.
    """
    for port in [wanted] if wanted else [PORT, 0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HERE, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise UsageError(f"port {wanted} is taken", "leave --port out, and any that is free is used")


@contextmanager
def serving(app: Callable[..., Any], port: int) -> Iterator[Any]:
    """Listen; what is given back has ``run()``, which returns after Ctrl-C.

    Raises:
        SetupError: the extra is missing.
        UsageError: the port was taken in the meantime.
    """
    try:
        import waitress
    except ModuleNotFoundError as error:
        raise SetupError(
            "the studio needs its extra, which is not installed", 'pip install "artgan[studio]"'
        ) from error
    try:
        server = waitress.create_server(
            app, host=_HERE, port=port, threads=_THREADS, ident=None, clear_untrusted_proxy_headers=True,
            max_request_body_size=25 * 10**6,
        )  # fmt: skip
    except OSError as error:
        raise UsageError(f"port {port} is taken", "try again, or name another --port") from error
    try:
        yield server
    finally:
        server.close()
