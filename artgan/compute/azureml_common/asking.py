"""Asking a service with patience, and keeping an SDK quiet meanwhile."""

from __future__ import annotations

import contextlib
import io
import logging
import random
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TypeVar

from artgan.compute.azureml_common import failures
from artgan.compute.azureml_common.signing_in import Tokens
from artgan.compute.azureml_common.workspaces import WorkspaceRef
from artgan.errors import ArtganError, RemoteError

T = TypeVar("T")

# How long one question may wait in all for a service that is busy or not there.
_PATIENCE_S = 60.0
# Without a network a person wants to know that sooner.
_PATIENCE_OFFLINE_S = 15.0
_LOGGERS = ("azureml", "azure", "msrest", "msal", "msal_extensions", "urllib3.connectionpool", "cli", "paramiko")


# Where a process prints is one thing for all of it: two threads would give it back in the wrong order.
_quiet = threading.RLock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings, log lines and prints of an SDK from the user's terminal."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    sink = io.StringIO()
    with _quiet, warnings.catch_warnings(), contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        warnings.simplefilter("ignore")
        yield


def patiently(call: Callable[[], T], patience_s: float = _PATIENCE_S) -> T:
    """Call, and call again while the failure is a passing one.

    Waits as long as the service asks for (``Retry-After``), else 0.5 s and twice as long each time, with jitter.

    Args:
        call: what may be done twice.
        patience_s: most seconds to wait in all; a service that asks for more is not waited for.

    Raises:
        Exception: the last one, as it was.
    """
    waited, back_off = 0.0, 0.5
    while True:
        try:
            return call()
        except ArtganError:
            raise
        except Exception as error:
            trouble = failures.look(error)
            wait = trouble.retry_after if trouble.retry_after is not None else back_off * random.uniform(0.75, 1.25)
            if not trouble.passing or waited + wait > (_PATIENCE_OFFLINE_S if trouble.cut else patience_s):
                raise
        time.sleep(wait)
        waited += wait
        back_off *= 2


class Asker:
    """Asks about a workspace; every failure leaves as one of our errors.

    Args:
        where: the workspace.
        tokens: who asks.
    """

    def __init__(self, where: WorkspaceRef, tokens: Tokens) -> None:
        self.where = where
        self.tokens = tokens

    def ask(self, doing: str, call: Callable[[], T], *, again: bool = True) -> T:
        """Ask something, with patience.

        Args:
            doing: what is asked, as in "could not <doing>".
            call: asks.
            again: whether it may be asked twice.

        Raises:
            ArtganError: of ``failures.explain``.
        """
        try:
            return patiently(call) if again else call()
        except Exception as error:
            if failures.look(error).status == 401:
                self.tokens.forget()
            raise self.translated(error, doing) from error

    def translated(self, error: BaseException, doing: str) -> ArtganError:
        """Return the error that a person sees."""
        return failures.translate(error, doing, self.where, self.tokens.credential, self.tokens.extra)


def unfinished(doing: str) -> RemoteError:
    """The error of an answer that lacks what it must have."""
    return RemoteError(f"Azure ML gave an answer without content while trying to {doing}", "repeat the command")
