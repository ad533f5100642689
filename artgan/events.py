"""The small objects that every long operation yields.

The library yields, the command line draws: the terminal, a notebook, a job on a cluster and the tests read the
same stream. Events that only training knows (ticks, checkpoints) are in ``artgan.training.events``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Event(BaseModel):
    """One thing that happened; immutable."""

    model_config = ConfigDict(frozen=True)


class Note(Event):
    """A sentence for the person at the terminal."""

    text: str
    level: Literal["info", "warning"] = "info"


class Progress(Event):
    """So many of so many are done; ``total`` is None while it is not known."""

    stage: str
    done: int
    total: int | None = None
    unit: str = "images"
    counts: dict[str, int] = Field(default_factory=dict)
    """What became of those that are done, where there is more to tell: {"kept": 120, "too-small": 3}."""
    bytes: int = 0
    """Received so far, where something is."""


class ImageSaved(Event):
    """A picture lies on the disk, whole."""

    path: Path


class Skipped(Event):
    """A file was not used; ``status`` is the class of the reason, ``reason`` the sentence."""

    source: str
    status: str
    reason: str


class Finished(Event):
    """The operation is over; subclasses carry what was made."""

    seconds: float
