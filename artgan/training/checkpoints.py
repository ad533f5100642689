"""The whole state of a training in one file that knows its own hash.

A checkpoint holds every variable of the trainer (the three networks with their batch statistics, the step and the
Dropout seeds) and of both optimizers. Since every other random number and the place in the data follow from
(seed, step), that is all an exact resume needs.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from artgan import files
from artgan.errors import ArtganError, DamagedError, NotFoundError
from artgan.training.trainer import GANTrainer

_NAME = re.compile(r"step_(\d+)\.([0-9a-f]{16})\.npz")
# The newest, and the one before it for when the newest turns out to be torn.
_KEPT = 2


class NotFiniteError(ArtganError):
    """A number of the state is infinite or not a number; such a state is never saved."""


@dataclass(frozen=True)
class State:
    """The variables of a training between two steps, as arrays in a fixed order, and what counts along with them."""

    arrays: list[np.ndarray]
    step: int
    images_seen: int
    seconds: float
    cpu_seconds: float
    size: int
    """The side of the pictures that are learned at this point, in pixels."""


def variables_of(trainer: GANTrainer) -> list[keras.Variable]:
    """Return everything that training changes, in an order that depends on the configuration alone."""
    optimizers = (trainer.generator_optimizer, trainer.discriminator_optimizer)
    return [*trainer.variables, *(variable for optimizer in optimizers for variable in optimizer.variables)]


def capture(trainer: GANTrainer) -> list[np.ndarray]:
    """Copy all variables out."""
    return [np.array(variable) for variable in variables_of(trainer)]


def restore(trainer: GANTrainer, arrays: list[np.ndarray]) -> None:
    """Put all variables back.

    Raises:
        DamagedError: the arrays are not those of such a trainer.
    """
    variables = variables_of(trainer)
    if [tuple(v.shape) for v in variables] != [a.shape for a in arrays]:
        raise DamagedError(
            "the checkpoint belongs to another configuration or another artgan",
            "begin a new run from its generator with: artgan train --init RUN",
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def save(folder: Path, state: State) -> Path:
    """Write a state, whole, and delete all but the newest two.

    Args:
        folder: the run's ``state/``.
        state: what to write; every number must be finite.

    Returns:
        The file, ``step_<step>.<first 16 digits of its SHA-256>.npz``.

    Raises:
        NotFiniteError: a number is not finite; nothing was written.
        DiskFullError: no room; the checkpoints before are whole.
    """
    for array in state.arrays:
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise NotFiniteError(f"a weight is no longer a finite number after step {state.step}")
    counts = {name: getattr(state, name) for name in ("step", "images_seen", "seconds", "cpu_seconds", "size")}
    buffer = io.BytesIO()
    meta = np.frombuffer(json.dumps(counts).encode(), np.uint8)
    named: dict[str, Any] = {f"v{i:05d}": array for i, array in enumerate(state.arrays)}
    np.savez(buffer, meta=meta, **named)
    data = buffer.getbuffer()
    path = folder / f"step_{state.step:09d}.{hashlib.sha256(data).hexdigest()[:16]}.npz"
    with files.whole_file(path) as part:
        part.write_bytes(data)
    for _, old in _found(folder)[:-_KEPT]:
        old.unlink(missing_ok=True)
    return path


def load_newest(folder: Path) -> tuple[State, list[Path]]:
    """Read the newest state that is whole.

    Args:
        folder: the run's ``state/``.

    Returns:
        The state, and the torn files that were passed over.

    Raises:
        NotFoundError: there is no whole one.
    """
    torn: list[Path] = []
    for digest, path in reversed(_found(folder)):
        with suppress(OSError):  # what the disk does not give back is as good as torn
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest().startswith(digest):
                return _parse(data), torn
        torn.append(path)
    run = folder.parent.name
    raise NotFoundError(
        f"no whole checkpoint in {folder}" + (f", {len(torn)} damaged" if torn else ""),
        f"begin a new run from its newest generator: artgan train --init {run}" if torn else "start a new run",
    )


def _found(folder: Path) -> list[tuple[str, Path]]:
    """Return (hash, file) of every checkpoint, lowest step first."""
    if not folder.is_dir():
        return []
    matches = [(match, path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return [(m[2], path) for m, path in sorted(matches, key=lambda pair: (int(pair[0][1]), pair[1].stat().st_mtime))]


def _parse(data: bytes) -> State:
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        counts: dict[str, Any] = json.loads(archive["meta"].tobytes())
        arrays = [archive[name] for name in sorted(archive.files) if name.startswith("v")]
        return State(arrays, **{"size": 0, **counts})
