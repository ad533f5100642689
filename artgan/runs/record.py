"""The record of a run, ``run.json``, and of a checkpoint in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from artgan.records import Record

State = Literal[
    "submitting", "queued", "preparing", "running", "finished", "stopped", "failed", "cancelled", "lost", "damaged"
]
"""``submitting``: written down, not sent yet. ``lost``: the record says running but its process is gone.
``damaged``: the record cannot be read."""

GOING = frozenset(("submitting", "queued", "preparing", "running"))
"""States in which something may still change by itself."""


class RunRecord(Record):
    """What is known of a run without opening anything else."""

    id: str
    name: str
    state: State = "running"
    reason: str = ""
    """Why it ended, in words."""
    backend: str = "local"
    remote_id: str | None = None
    remote: dict[str, str] = Field(default_factory=dict)
    """What finds the job again where it runs: workspace, experiment, cluster, portal ..."""
    asked: datetime | None = None
    """When the service was last asked how the run is."""
    dataset: str = ""
    dataset_fingerprint: str = ""
    images: int = 0
    size: int | None = None
    preset: str = ""
    classes: list[str] = Field(default_factory=list)
    """What ``sample --class`` may name: the genres, styles or artists that were learned, in the network's order."""
    seed: int | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    created: datetime
    ended: datetime | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    device: str = ""
    host: str = ""
    pid: int | None = None
    process_started: float | None = None
    epoch: int = 0
    step: int = 0
    images_seen: int = 0
    seconds: float = 0.0
    """Wall time spent training, over all its sessions."""
    cpu_seconds: float = 0.0
    begun_from: str | None = None
    """The run or file that ``--init`` named."""
    typical_aspect: float | None = None
    """Width / height of the paintings, for ``sample --aspect original``, when they were stretched to a square."""

    @property
    def told(self) -> dict[str, str]:
        """The tags by which a service shows the run, beside its id."""
        return {**self.tags, "artgan.name": self.name}


class Checkpoint(NamedTuple):
    """A generator in ``models/``."""

    epoch: int
    path: Path


BEST = "best"
"""What a person writes for the epoch that was judged best."""


class Best(Record):
    """``models/best.json``: the generator that was judged best; its weights lie beside, in ``best.keras``."""

    epoch: int
    kid_lite0: float
    kid_lite0_error: float
    samples: int
    """How many pictures were judged."""
