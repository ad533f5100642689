"""What a training says on its way. Loads without TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from artgan.events import Event, Finished, ImageSaved


class Planned(Event):
    """Everything that is known before the first step counts; ``run`` and ``path`` are None in a dry run."""

    run: str | None
    path: Path | None
    resumed_from_step: int = 0
    begun_from: str | None = None
    dataset: str
    images: int
    held_out: int
    size: int
    stages: tuple[int, ...]
    """The sizes that are learned, one after the other; ``size`` is the last."""
    preset: str
    batch_size: int
    micro_batch: int | None = None
    """How many of a batch are computed at once, where it is not all of them."""
    generator_parameters: int
    discriminator_parameters: int
    device: str
    precision: str
    images_per_s: float
    """Measured on this machine in a rehearsal of some steps."""
    planned_images: int | None
    """Images to be shown in all; None when the time is what ends it."""
    until_good: bool = False
    """Whether that is the most, and it ends before when it is good."""
    planned_seconds: float
    """Time that is left: as wished, or as the rehearsal foretells."""
    memory_mb: float
    """What the process will hold: what it does after the rehearsal, and what the largest size needs more."""


class Tick(Event):
    """One line of ``metrics.jsonl``: the mean of the losses since the last one."""

    step: int
    epoch: int
    images_seen: int
    seconds: float
    """Wall time of training so far, over all sessions."""
    cpu_seconds: float
    images_per_s: float
    d_loss: float
    g_loss: float
    penalty: float
    """Mean squared norm of the critic's gradient at real and painted pictures, or what wgan-gp has in its place; 0
    where the preset has none."""
    accuracy: float
    """Share of pictures, 0 to 1, that the critic tells right."""
    augment_p: float | None = None
    """How often pictures are augmented, 0 to 0.8, where that follows the critic's overfitting."""
    overfitting: float | None = None
    """What it follows: 0 where the critic knows no painting by heart, 1 where it knows them all."""
    memory_mb: float
    remaining_s: float | None = None
    kid_lite0: float | None = None
    """Kernel inception distance of the averaged generator to the paintings, where it was judged at this step."""
    kid_lite0_error: float | None = None
    spread_lite0: float | None = None
    """Mean distance between two of its pictures over that between two paintings; 1 is as various as these."""
    copies_lite0: float | None = None
    """Share of its pictures that are near-copies of a painting."""
    copied: bool | None = None
    """Whether that is more than chance explains."""
    judging_cpu_seconds: float | None = None
    """Processor time that judging took in this session so far; it is part of ``cpu_seconds``."""
    verdict: str | None = None
    """What is happening, in words."""


class Verdict(Event):
    """What is happening in a training has changed; ``artgan.training.verdicts`` has the rules."""

    word: str
    """The names of the rules that hold, most pressing first, with commas; "learning" where none does."""
    text: str
    """The same for a person."""
    level: Literal["info", "warning"] = "info"


class GridSaved(ImageSaved):
    """A sheet of the fixed latents was painted."""

    epoch: int
    step: int


class CheckpointSaved(Event):
    """Generator and full state lie on the disk, whole."""

    path: Path
    epoch: int
    step: int


class Grown(Event):
    """The networks go on with pictures of the next size."""

    size: int
    step: int
    transfers: list[str]
    """What each network took over, and what of it is fresh, in words."""


class RolledBack(Event):
    """The numbers stopped being finite; training went back to the last good checkpoint."""

    step: int
    to_step: int
    times: int


class Trained(Finished):
    """A session of training is over."""

    run: str
    path: Path
    state: str
    """"finished" when the plan was fulfilled, "stopped" when it was asked to stop before."""
    reason: str
    epoch: int
    step: int
    images_seen: int
    cpu_seconds: float
    generator: Path
    newest_grid: Path | None
    best_epoch: int | None = None
    """The epoch with the lowest KID, where the training was judged."""
