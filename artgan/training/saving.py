"""What a run keeps while it goes: the sheet, the generator, the full state, the numbers, the record."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from artgan import files, images, provenance, seeds
from artgan.events import Event
from artgan.models.files import save_generator
from artgan.models.painting import paint
from artgan.runs.folder import RunFolder, append
from artgan.runs.keeping import surplus
from artgan.training import checkpoints
from artgan.training.events import CheckpointSaved, GridSaved, Tick
from artgan.training.session import Session

# Enlarged to this many pixels a picture where they are smaller, so that a sheet of 8-pixel pictures can be seen.
_SMALLEST_ON_SHEET = 32


def begin(session: Session, folder: RunFolder) -> None:
    """Write what a new run begins with: the latents of its sheet, a sheet of real paintings beside it, its state."""
    count = session.config.grid
    latents = seeds.latents(range(count), session.config.latent_dim)
    with files.whole_file(folder.latents_path) as part, open(part, "wb") as file:
        np.save(file, latents)
    rows = session.batches.rows
    chosen = np.sort(np.random.default_rng(session.config.seed).choice(rows, min(count, len(rows)), replace=False))
    images.write(folder.reals_path, _sheet(session.batches.images[chosen], session.config.size))
    folder.forget_best()
    # So that there is somewhere to go back to, and a run killed in its first seconds can go on too.
    checkpoints.save(folder.states, session.state())


def tidy(folder: RunFolder, step: int) -> None:
    """Make a run that goes on at a step look as it did there: no later metrics, nothing half written."""
    cut_metrics(folder, step)
    for place in (folder.path, folder.states, folder.models, folder.samples):
        for part in place.glob("*.part"):
            part.unlink(missing_ok=True)


def save(session: Session, folder: RunFolder) -> Iterator[Event]:
    """Keep where a run stands: state first, then generator and sheet, then thin what is too much.

    Yields:
        GridSaved and CheckpointSaved.

    Raises:
        NotFiniteError: the state is broken; nothing was written.
        DiskFullError: no room; what was kept before is whole.
    """
    state = session.state()
    checkpoints.save(folder.states, state)
    epoch = session.epoch
    path = folder.models / f"gen_{epoch:06d}.keras"
    save_generator(session.trainer.averaged, path)
    _save_discriminator(session, folder, epoch)
    sheet = folder.samples / f"{epoch:06d}.png"
    images.write(
        sheet,
        _sheet(paint(session.trainer.averaged, np.load(folder.latents_path)), session.config.size),
        provenance.facts(
            run=folder.record.name, epoch=epoch, step=state.step, latents=folder.latents_path.name, sheet="training"
        ),
    )
    _thin(folder, session.config.keep)
    folder.update(
        epoch=epoch,
        step=state.step,
        images_seen=state.images_seen,
        seconds=round(state.seconds, 3),
        cpu_seconds=round(state.cpu_seconds, 3),
    )
    yield GridSaved(path=sheet, epoch=epoch, step=state.step)
    yield CheckpointSaved(path=path, epoch=epoch, step=state.step)


def _sheet(pictures: np.ndarray, side: int) -> np.ndarray:
    """Lay pictures out at the size that the run is for, also while it learns smaller ones."""
    side = max(side, _SMALLEST_ON_SHEET)
    return images.grid(images.enlarge(pictures, (side, side)))


def _save_discriminator(session: Session, folder: RunFolder, epoch: int) -> None:
    """Keep the newest ``dis_`` beside the generators, of stock layers, as raw weights: it is not averaged."""
    path = folder.models / f"dis_{epoch:06d}.keras"
    save_generator(session.stock_critic(), path)
    for old in folder.models.glob("dis_*.keras"):
        if old != path:
            old.unlink(missing_ok=True)


def _thin(folder: RunFolder, keep: int) -> None:
    found = {checkpoint.epoch: checkpoint.path for checkpoint in folder.generators()}
    for epoch in surplus(found, keep):
        found[epoch].unlink(missing_ok=True)


def write_tick(folder: RunFolder, tick: Tick) -> None:
    """Append a line to ``metrics.jsonl``."""
    append(folder.metrics_path, tick.model_dump_json(exclude_none=True))


def cut_metrics(folder: RunFolder, step: int) -> None:
    """Cut ``metrics.jsonl`` back to a step, so that no line stands twice after a resume."""
    if not folder.metrics_path.is_file():
        return
    kept = [tick for tick in folder.ticks() if tick.get("step", 0) <= step]
    files.write_text(folder.metrics_path, "".join(json.dumps(tick) + "\n" for tick in kept))
