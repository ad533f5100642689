"""A job's run folder, made ready to begin or to go on in, whatever is left of an earlier life of the job.

A node that is taken away starts again later: with the folder as it was, whose newest files may be torn, or with an
empty disk, and then the service has the files that it took before. A checkpoint counts only with its hash.
"""

from __future__ import annotations

import os
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from artgan import files, seeds
from artgan.compute.reporting import Artifacts, said
from artgan.errors import ArtganError, DamagedError, DiskFullError
from artgan.runs.folder import RunFolder
from artgan.runs.record import RunRecord

# As artgan.training.checkpoints names a state: its step, and the first digits of its SHA-256.
_STATE = re.compile(r"step_(\d+)\.([0-9a-f]{16})\.npz")
_BESIDE = (
    "metrics.jsonl", "log.txt", "latents.npy", "reals.png", "run.json", "config.toml", "models/best.keras",
    "models/best.json",
)  # fmt: skip
"""What goes with a checkpoint, so that the run goes on as one."""
_EARLIER = "earlier"
_COUNTS = ("epoch", "step", "images_seen", "seconds", "cpu_seconds")
_TRIES = 3

Say = Callable[[str], None]
_T = TypeVar("_T")


def make_ready(
    sent: RunFolder, folder: RunFolder, artifacts: Artifacts | None, say: Say, pause_s: float = 2.0
) -> RunFolder:
    """Make a run folder to train in: with the newest whole checkpoint there is, or without any.

    Args:
        sent: what came with the job: the run's record and its configuration.
        folder: where the run shall be; it may exist, whole, torn or empty.
        artifacts: the files that the service has of this job, if there is one.
        say: told in a line what was done.
        pause_s: before the service is asked once more, doubled each time.

    Returns:
        The folder, read anew.

    Raises:
        DamagedError: what came with the job cannot be read.
        DiskFullError: no room.
    """
    folder.path.mkdir(parents=True, exist_ok=True)
    step = _newest(folder, say)
    if step is None and artifacts is not None:
        step = _bring_back(folder, artifacts, say, pause_s)
    if step is None:
        _set_aside(folder, say)
    else:
        say(f"going on from step {step}")
        _drop_torn(folder, say)
    _mend(sent, folder, begun=step is not None)
    return RunFolder(folder.path)


def _newest(folder: RunFolder, say: Say) -> int | None:
    """Delete the states that are torn; return the step of the newest that is not."""
    steps = []
    for path in folder.states.glob("step_*.npz"):
        match = _STATE.fullmatch(path.name)
        if match and files.sha256_file(path).startswith(match[2]):
            steps.append(int(match[1]))
        else:
            say(f"{path.name} is torn: left out")
            path.unlink()
    return max(steps, default=None)


# -- an empty disk


def _bring_back(folder: RunFolder, artifacts: Artifacts, say: Say, pause_s: float) -> int | None:
    """Fetch the newest whole state that the service has, and what goes with it; return its step."""
    top = f"{folder.name}/"
    try:
        listed = set(_patiently(artifacts.names, pause_s))
    except Exception as error:  # whatever an SDK raises
        say(f"warning: the service does not tell what it has of this run, so it begins anew ({said(error)})")
        return None
    matches = [match for name in listed if (match := _STATE.fullmatch(name.removeprefix(f"{top}state/")))]
    for match in sorted(matches, key=lambda match: int(match[1]), reverse=True):
        if not _fetch(artifacts, f"{top}state/{match[0]}", folder.states / match[0], say, pause_s, match[2]):
            continue
        for name in _BESIDE:
            if f"{top}{name}" in listed:
                _fetch(artifacts, f"{top}{name}", folder.path / name, say, pause_s)
        return int(match[1])
    return None


def _fetch(artifacts: Artifacts, name: str, path: Path, say: Say, pause_s: float, digest: str = "") -> bool:
    """Bring a file here, whole; say so when it cannot be had."""

    def fetch() -> None:
        with files.whole_file(path) as part:
            artifacts.fetch(name, part)
            if not files.sha256_file(part).startswith(digest):
                raise DamagedError(f"{path.name} is torn")

    try:
        _patiently(fetch, pause_s)
    except DiskFullError:
        raise
    except Exception as error:
        say(f"{name} could not be brought back: {said(error)}")
        return False
    return True


def _patiently(action: Callable[[], _T], pause_s: float) -> _T:
    """Try some times: a service that was away for a moment shall not cost what was learned."""
    for attempt in range(_TRIES - 1):
        try:
            return action()
        except DiskFullError:
            raise
        except Exception:  # whatever an SDK raises, and a file that came cut off
            time.sleep(pause_s * 2**attempt)
    return action()


# -- what is torn, or of no use


def _set_aside(folder: RunFolder, say: Say) -> None:
    """Move what an earlier life left without a checkpoint out of the way of a run that begins anew."""
    left = [path for path in _left(folder) if path.exists()]
    if not left:
        return
    number = 1
    while (place := folder.path / f"{_EARLIER}-{number}").exists():
        number += 1
    place.mkdir()
    for path in left:
        os.replace(path, place / path.name)
    say(f"no checkpoint is whole: beginning anew; what was there lies in {place.as_posix()}")


def _left(folder: RunFolder) -> list[Path]:
    tensorboard = folder.path / "tensorboard"
    return [folder.metrics_path, folder.models, folder.samples, folder.states, folder.latents_path, tensorboard]


def _drop_torn(folder: RunFolder, say: Say) -> None:
    """Delete generators and pictures that were cut off: by its number one of them would count as the best."""
    for path in _torn(folder):
        say(f"{path.name} is torn: left out")
        path.unlink()


def _torn(folder: RunFolder) -> Iterator[Path]:
    for path in sorted(folder.models.glob("*.keras")):
        try:
            with zipfile.ZipFile(path) as archive:
                whole = archive.testzip() is None
        except (zipfile.BadZipFile, OSError, EOFError):
            whole = False
        if not whole:
            yield path
    for path in [*sorted(folder.samples.glob("*.png")), folder.reals_path]:
        if path.is_file() and not _ends_like_a_png(path):
            yield path


def _ends_like_a_png(path: Path) -> bool:
    """Its last chunk has no content, so its bytes are always the same."""
    with open(path, "rb") as file:
        file.seek(-min(12, path.stat().st_size), os.SEEK_END)
        return file.read() == b"\x00\x00\x00\x00IEND\xaeB\x60\x82"


def _mend(sent: RunFolder, folder: RunFolder, *, begun: bool) -> None:
    """Take anew from what was sent what is missing or torn, or all of it for a run that has not begun."""
    record, config = RunFolder(sent.path).record, sent.config_path
    if not (begun and _is_record_of(record, folder)):
        ticks = folder.ticks()[-1:] if begun else []
        counts = {name: tick[name] for tick in ticks for name in _COUNTS if name in tick}
        text = record.model_copy(update=counts).model_dump_json(indent=1)
        files.write_text(folder.record_path, text + "\n")
    if not (begun and _is_config(folder.config_path)):
        try:
            shutil.copyfile(config, folder.config_path)
        except FileNotFoundError as error:
            raise DamagedError(f"the job came without {config}", "submit it anew: artgan submit") from error
    if begun:
        _mend_latents(folder)


def _is_record_of(record: RunRecord, folder: RunFolder) -> bool:
    try:
        return RunFolder(folder.path).record.id == record.id
    except ArtganError:
        return False


def _is_config(path: Path) -> bool:
    from artgan.training.config import from_toml

    try:
        from_toml(path.read_text(encoding="utf-8"))
    except (ArtganError, OSError, UnicodeDecodeError):
        return False
    return True


def _mend_latents(folder: RunFolder) -> None:
    """Draw the latents of the sheet again, which are the same each time, unless they are there."""
    from artgan.training.config import from_toml

    config = from_toml(folder.config_path.read_text(encoding="utf-8"))
    try:
        shape = np.load(folder.latents_path, allow_pickle=False).shape
    except (OSError, ValueError, EOFError):
        shape = ()
    if shape != (config.grid, config.latent_dim):
        with files.whole_file(folder.latents_path) as part, open(part, "wb") as file:
            np.save(file, seeds.latents(range(config.grid), config.latent_dim))
