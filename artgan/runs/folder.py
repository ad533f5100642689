"""One run's folder: where everything lies in it, and what can be said of it without TensorFlow."""

from __future__ import annotations

import contextlib
import json
import platform
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from artgan import files
from artgan.errors import DamagedError, NotFoundError
from artgan.runs.record import BEST, Best, Checkpoint, RunRecord

_GENERATOR = re.compile(r"gen_(\d+)\.(keras|h5|hdf5)")


class RunFolder:
    """``runs/<name>/`` or any folder laid out like it.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        # The places below are properties: making eight paths for each of 500 runs took half of the time to list them.
        self.path = path

    @property
    def record_path(self) -> Path:
        return self.path / "run.json"

    @property
    def config_path(self) -> Path:
        return self.path / "config.toml"

    @property
    def metrics_path(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def log_path(self) -> Path:
        return self.path / "log.txt"

    @property
    def latents_path(self) -> Path:
        return self.path / "latents.npy"

    @property
    def reals_path(self) -> Path:
        return self.path / "reals.png"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    @property
    def models(self) -> Path:
        return self.path / "models"

    @property
    def states(self) -> Path:
        return self.path / "state"

    @property
    def best_path(self) -> Path:
        return self.models / "best.json"

    @property
    def evaluations_path(self) -> Path:
        return self.path / "evaluations.jsonl"

    @property
    def name(self) -> str:
        return self.path.name

    @cached_property
    def record(self) -> RunRecord:
        """The record as it was when first asked for.

        Raises:
            DamagedError: ``run.json`` is missing or not what artgan wrote.
        """
        try:
            # As text: of thousands of runs, making a path of each takes as long as reading it.
            with open(f"{self.path}/run.json", "rb") as file:
                return RunRecord.model_validate_json(file.read())
        except (OSError, ValidationError) as error:
            raise DamagedError(
                f"{self.record_path} cannot be read as the record of a run",
                f"its generators can still be used: artgan sample --run {self.path}",
            ) from error

    def update(self, **changes: Any) -> RunRecord:
        """Write the record with some fields changed, and return it."""
        record = self.record.model_copy(update=changes)
        files.write_text(self.record_path, record.model_dump_json(indent=1) + "\n")
        self.__dict__["record"] = record
        return record

    def current(self) -> RunRecord:
        """Return the record with the state that is true now; one that cannot be read comes back as ``damaged``."""
        try:
            record = self.record
        except DamagedError as error:
            return self._damaged(error.message)
        changes = {}
        if record.backend == "local" and record.state in ("running", "preparing") and not _alive(record):
            changes = {"state": "lost", "reason": "its process is gone"}
        if self.name not in {"", record.name}:
            # Whoever renames a folder, or copies one, renames the run: by this name it is found.
            changes["name"] = self.name
        return record.model_copy(update=changes) if changes else record

    def _damaged(self, reason: str) -> RunRecord:
        with contextlib.suppress(OSError):
            created = datetime.fromtimestamp(self.path.stat().st_mtime, UTC).replace(microsecond=0)
            return RunRecord(
                id=self.name.rpartition("-")[2], name=self.name, state="damaged", reason=reason, created=created
            )
        raise NotFoundError(f"no run at {self.path}")

    def generators(self) -> list[Checkpoint]:
        """Return the generators in ``models/``, lowest epoch first.

        The number is compared as a number; empty files and unfinished ones (``.part``) do not count.
        """
        if not self.models.is_dir():
            return []
        found = ((_GENERATOR.fullmatch(p.name), p) for p in self.models.iterdir())
        return sorted(Checkpoint(int(m[1]), p) for m, p in found if m and p.is_file() and p.stat().st_size)

    def generator(self, epoch: int | str | None = None) -> Checkpoint:
        """Return the generator of an epoch, or the one judged "best"; the highest by default.

        Raises:
            NotFoundError: none, or none of that epoch; the hint names the nearest.
        """
        best = self.best() if epoch is not None else None
        if epoch == BEST and best is None:
            raise NotFoundError(
                f"no generator of run {self.name} was judged yet, so none is the best",
                f"judge them with: artgan evaluate {self.name} --epoch all",
            )
        if best is not None and epoch == BEST:
            return Checkpoint(best.epoch, self._best_generator)
        found = self.generators()
        if not found:
            raise NotFoundError(f"run {self.name} has no generator yet", f"see how far it is: artgan show {self.name}")
        if epoch is None:
            return found[-1]
        for checkpoint in found:
            if checkpoint.epoch == epoch:
                return checkpoint
        if best is not None and best.epoch == epoch:  # thinned out
            return Checkpoint(best.epoch, self._best_generator)
        nearest = min(found, key=lambda c: abs(c.epoch - int(epoch))).epoch
        raise NotFoundError(
            f"run {self.name} has no generator of epoch {epoch}; it has {len(found)},"
            f" from {found[0].epoch} to {found[-1].epoch}",
            f"the nearest is --epoch {nearest}",
        )

    def newest_grid(self) -> Path | None:
        """Return the newest sheet of samples, by number."""
        if not self.samples.is_dir():
            return None
        sheets = [p for p in self.samples.glob("*.png") if p.stem.isdecimal()]
        return max(sheets, key=lambda p: int(p.stem), default=None)

    @property
    def _best_generator(self) -> Path:
        return self.models / "best.keras"

    def best(self) -> Best | None:
        """Return which generator was judged best; None while none was, or where its file is not here."""
        try:
            best = Best.model_validate_json(self.best_path.read_bytes())
        except (OSError, ValidationError):
            return None
        return best if self._best_generator.is_file() else None

    def consider(self, checkpoint: Checkpoint, kid: tuple[float, float], samples: int) -> bool:
        """Make a generator the best if it is better than the one that is, by more than its error.

        Its weights are copied: a later save of the same epoch, or thinning, shall not take them.

        Args:
            checkpoint: the generator.
            kid: its kernel inception distance by Lite0's features, and the standard error of that.
            samples: how many of its pictures were judged.

        Returns:
            Whether it is the best now.
        """
        best, (value, error) = self.best(), kid
        if best is not None and value + error >= best.kid_lite0:
            return False
        self.best_path.unlink(missing_ok=True)  # so that it never names another one's weights
        files.copy_file(checkpoint.path, self._best_generator)
        found = Best(epoch=checkpoint.epoch, kid_lite0=value, kid_lite0_error=error, samples=samples)
        files.write_text(self.best_path, found.model_dump_json(indent=1) + "\n")
        return True

    def forget_best(self) -> None:
        """Forget which generator was the best, and its copy."""
        for path in (self.best_path, self._best_generator):
            path.unlink(missing_ok=True)

    def ticks(self) -> list[dict[str, Any]]:
        """Return the lines of ``metrics.jsonl``; a torn one is left out."""
        return _json_lines(self.metrics_path)

    def evaluations(self) -> list[dict[str, Any]]:
        """Return the lines of ``evaluations.jsonl``, oldest first; a torn one is left out."""
        return _json_lines(self.evaluations_path)

    def log(self, text: str) -> None:
        """Append a line with the time to ``log.txt``."""
        append(self.log_path, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for one trainer.

        Raises:
            BusyError: another process is training it.
        """
        busy = f"run {self.name} is being trained by another process"
        with files.locked(self.path / ".lock", busy, f"watch it: artgan logs {self.name} -f"):
            yield

    def delete(self) -> None:
        """Delete the folder and everything in it.

        Raises:
            BusyError: it is being trained.
        """
        with self.locked():
            pass
        shutil.rmtree(self.path)


def append(path: Path, line: str) -> None:
    """Write a line at the end of a run's file.

    Raises:
        DiskFullError: no room.
    """
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise files.storage_error(error, path) from error


def _json_lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    found = []
    for line in path.read_bytes().splitlines():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return [value for value in found if isinstance(value, dict)]


def _alive(record: RunRecord) -> bool:
    """Whether the process that a record names is running; one on another machine is taken to be."""
    if record.host != platform.node():
        return True
    if record.pid is None:
        return False
    import psutil

    try:
        process = psutil.Process(record.pid)
        started = process.create_time()
        if process.status() == psutil.STATUS_ZOMBIE:  # over, and whoever started it has not looked yet
            return False
    except psutil.Error:
        return False
    # The kernel reports start times in hundredths of a second; one second tells a reused pid apart.
    return record.process_started is None or abs(started - record.process_started) < 1.0
