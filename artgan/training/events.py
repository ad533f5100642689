"""What a training says on its way. Loads without TensorFlow."""

from __future__ import annotations

from pathlib import Path

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
    preset: str
    batch_size: int
    generator_parameters: int
    discriminator_parameters: int
    device: str
    precision: str
    images_per_s: float
    """Measured on this machine in a rehearsal of some steps."""
    planned_images: int | None
    """Images to be shown in all; None when the time is what ends it."""
    planned_seconds: float
    """Time that is left: as wished, or as the rehearsal foretells."""
    memory_mb: float


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
    """Mean squared norm of the critic's gradient at real and painted pictures; 0 where the preset has none."""
    accuracy: float
    """Share of pictures, 0 to 1, that the critic tells right."""
    memory_mb: float
    remaining_s: float | None = None


class GridSaved(ImageSaved):
    """A sheet of the fixed latents was painted."""

    epoch: int
    step: int


class CheckpointSaved(Event):
    """Generator and full state lie on the disk, whole."""

    path: Path
    epoch: int
    step: int


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
