"""What is found in a run and kept with it: its main directions; and the latent that paints most like a picture."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artgan import files
from artgan.errors import DamagedError, UsageError
from artgan.events import Event, Progress
from artgan.sampling.latents import parse_latents
from artgan.studio.easel import Easel, length_of
from artgan.studio.jobs import Cancelled, Job
from artgan.studio.recipes import Recipe
from artgan.studio.worker import Worker

if TYPE_CHECKING:
    from artgan.sampling.projecting import Found

_MOST_LATENTS = 64


def directions_of(easel: Easel, name: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the directions of a run as the page shows them, under the names that they were given."""
    path = easel.notes(name) / "directions.json"
    try:
        shares = json.loads(path.read_bytes())["shares"]
    except FileNotFoundError:
        return {"directions_state": "none", "directions": []}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise DamagedError(f"{path} cannot be read", "find the directions anew") from error
    rows = [
        {"id": f"d{number}", "name": names.get(f"d{number}", ""), "share": share} for number, share in enumerate(shares)
    ]
    return {"directions_state": "ready", "directions": rows}


def find(easel: Easel, worker: Worker, recipe: Recipe) -> Callable[[Job], dict[str, Any]]:
    """Return the job that finds the directions of a run and keeps them with it."""

    def work(job: Job) -> dict[str, Any]:
        from artgan.sampling.directions import find_directions

        job.progress(0, 100)
        source = worker.do(lambda: easel.source(recipe))
        generator = source.generator
        # In its own thread: a network may be read by two at once, and a slider need not wait for this.
        found = find_directions(generator, said=lambda share: job.progress(round(90 * share), 100))
        stored = io.BytesIO()
        np.savez(stored, vectors=found.vectors)
        place = easel.notes(recipe.run)
        files.write_bytes(place / "directions.npz", stored.getvalue())
        files.write_json(place / "directions.json", {"epoch": source.epoch, "shares": found.shares.tolist()})
        job.progress(100, 100)
        return {"count": len(found.vectors)}

    return work


def project(easel: Easel, worker: Worker, recipe: Recipe, data: bytes) -> Callable[[Job], dict[str, Any]]:
    """Return the job that looks for the latent that paints most like a picture.

    Args:
        easel: opens the run.
        worker: owns the networks.
        recipe: of the run.
        data: the picture's file.
    """

    def work(job: Job) -> dict[str, Any]:
        from artgan.sampling import projecting
        from artgan.sampling.classes import told

        source = worker.do(lambda: easel.source(recipe))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            path.write_bytes(data)
            target = projecting.read_target(path, source.painter.size)
        found = _outcome(job, projecting.project(source, target, should_stop=job.is_over))
        if job.cancelled.is_set():
            raise Cancelled
        shows = {} if found.shares is None else {"class": told(found.shares, source.classes)}
        z = {"latent": [float(value) for value in found.latent]}
        return {"recipe": {"run": recipe.run, "z": z, **shows}, "loss": found.loss, "pixels": found.pixels}

    return work


def _outcome(job: Job, events: Generator[Event, None, Found]) -> Found:
    """Return what a generator of events returns; the last of its stages counts for most."""
    while True:
        try:
            event = next(events)
        except StopIteration as ended:
            found: Found = ended.value
            return found
        if isinstance(event, Progress) and event.total:
            begun, share = (0, 20) if event.unit == "seeds" else (20, 80)
            job.progress(begun + round(share * event.done / event.total), 100)


def latents_of(easel: Easel, recipe: Recipe, data: bytes) -> np.ndarray:
    """Return the latents ``(n, latent_dim)`` float32 of a ``.npy`` file that the page sent.

    Raises:
        UsageError: they are of another length, or too many.
        DamagedError: it holds no latents; nothing in it is run.
    """
    rows = parse_latents(data, "that")
    length = length_of(easel.source(recipe))
    if rows.shape[1] != length or not 1 <= len(rows) <= _MOST_LATENTS:
        raise UsageError(f"latents of shape {rows.shape} do not fit: (1 to {_MOST_LATENTS}, {length}) is wanted")
    return rows
