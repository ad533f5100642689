"""Keeps the chatter of TensorFlow's C++ off the terminal."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

from artgan.cli.console import Console
from artgan.errors import ArtganError


@contextlib.contextmanager
def hushed(console: Console) -> Iterator[None]:
    """Send what libraries write to file descriptor 2 elsewhere, while our own words still reach the terminal.

    TensorFlow greets with a dozen lines on processors and missing drivers, before any setting of its own can stop it.
    They are shown with ``-v``, and when something unexpected happens in the body.
    """
    # Read by TensorFlow when it is loaded: 3 leaves fatal messages only.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0" if console.verbosity > 0 else "3")
    if console.verbosity > 0:
        yield
        return
    with contextlib.suppress(ImportError):
        # Keras warns through it, with the line number of its own source in front.
        from absl import logging

        logging.set_verbosity(logging.ERROR)
    with tempfile.TemporaryFile() as aside, contextlib.ExitStack() as stack:
        stack.enter_context(_redirected(aside.fileno()))
        try:
            yield
        except Exception as error:
            stack.close()
            if not isinstance(error, ArtganError):
                aside.seek(0)
                sys.stderr.write(aside.read().decode("utf-8", "replace"))
            raise


@contextlib.contextmanager
def _redirected(target: int) -> Iterator[None]:
    sys.stderr.flush()
    kept = os.dup(2)
    before = sys.stderr
    try:
        ours = before.fileno() == 2
    except (OSError, ValueError):
        ours = False
    if ours:
        sys.stderr = open(kept, "w", encoding=before.encoding, errors=before.errors, buffering=1, closefd=False)  # noqa: SIM115
    os.dup2(target, 2)
    try:
        yield
    finally:
        if ours:
            sys.stderr.close()
            sys.stderr = before
        os.dup2(kept, 2)
        os.close(kept)
