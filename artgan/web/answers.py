"""What comes back from a server, and what is said when nothing does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from artgan.errors import RemoteError

AGAIN = "wait an hour or more, then give the same command again: it goes on where it stopped"


class Refused(RemoteError):
    """The site does not want to be asked, or nothing answers any more: stop everything, and come back later.

    Attributes:
        host: who refuses; empty where it is not about one host (no connection, a proxy).
    """

    def __init__(self, message: str, hint: str = AGAIN, *, host: str = "") -> None:
        super().__init__(message, hint)
        self.host = host


class Unavailable(RemoteError):
    """This one address cannot be had; ``reason`` starts with a word that can be counted: "redirect: ..."."""

    def __init__(self, reason: str, url: str, hint: str = "the same command again tries it once more") -> None:
        shown = "".join(letter if letter.isprintable() else "?" for letter in url[:200])
        super().__init__(f"{shown}: {reason}", hint)
        self.reason = reason


class Missing(Unavailable):
    """The server says that there is no such thing (404, 410)."""


class Stopped(Exception):
    """Somebody asked to stop while a request was waiting or under way."""


@dataclass(frozen=True)
class Answer:
    """A whole answer with status 200 (or, in ``error_statuses``, another one)."""

    url: str
    status: int
    body: bytes
    content_type: str
    """Media type alone, lower case: "application/json"."""
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case; ``x-robots-tag`` holds only the directives that concern us."""


@dataclass(frozen=True)
class Saved:
    """A body that lies on the disk, synced; nothing is known yet of what is in it but its first bytes."""

    url: str
    path: Path
    bytes: int
    sha256: str
    content_type: str
    date: datetime
    """When, by the server's clock (its ``Date``), else by ours; UTC, whole seconds."""
    robots_tag: tuple[str, ...] = ()
    """Directives of ``X-Robots-Tag`` that concern us, lower case: "noai", "noimageai"."""
