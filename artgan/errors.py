"""What can go wrong, and the exit code of each kind.

An error carries two sentences: what happened, with the values received, and a hint: the command that mends it.
The command line prints them as ``error: ...`` and ``hint: ...``; a notebook sees them as the exception's text.
"""

from __future__ import annotations


class ArtganError(Exception):
    """Say what happened and how to mend it.

    Args:
        message: one sentence without a final full stop, naming the values received.
        hint: the command or the change that mends it; empty when there is none.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(ArtganError):
    """The command or call was given something it does not take."""

    exit_code = 2


class SetupError(ArtganError):
    """Something is missing on this machine: an extra, a GPU, credentials."""

    exit_code = 3


class NotFoundError(ArtganError):
    """A dataset, run, model or file that was named does not exist."""

    exit_code = 4


class PartlyDoneError(ArtganError):
    """Some of the work failed and doing it again may mend it; what was made is kept."""

    exit_code = 5


class RemoteError(ArtganError):
    """A service on the network failed or refused."""

    exit_code = 6


class DamagedError(ArtganError):
    """A file of ours, or one that was given, cannot be read as what it should be."""


class UnsafeFileError(DamagedError):
    """A model file holds something that would run code, so it was not opened."""


class DiskFullError(ArtganError):
    """The disk, or the quota, is full; files already written are whole."""


class BusyError(ArtganError):
    """Another process is at work in the same folder."""
