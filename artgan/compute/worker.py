"""The background worker of a run on this machine: ``python -m artgan.compute.worker RUN_FOLDER``.

It trains in the run folder and writes what it has to say into the folder's log; its exit code lies in ``exit_code``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from artgan import files
from artgan.compute.backend import JOB, JobSpec
from artgan.errors import ArtganError
from artgan.events import Note
from artgan.program import program
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.training.stopping import Asked, leaving_early, stop_on_signal

EXIT_CODE = "exit_code"
_PATIENCE_S = 10.0


def main(argv: Sequence[str] | None = None) -> int:
    """Train the run whose folder is named; return the exit code."""
    parser = argparse.ArgumentParser(prog="artgan.compute.worker", description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--datasets-dir", type=Path, required=True)
    parser.add_argument("--runs-dir", type=Path, required=True)
    options = parser.parse_args(argv)
    folder = RunFolder(options.run)
    with program(), stop_on_signal(twice_leaves=False) as asked:
        if not _is_ours(options.run):
            return 1
        with _exit_code(folder) as outcome:
            outcome.append(_train(RunFolder(options.run), options.datasets_dir, options.runs_dir, asked))
    return outcome[-1]


def _train(folder: RunFolder, datasets_dir: Path, runs_dir: Path, asked: Asked) -> int:
    from artgan.training.loop import train

    spec = JobSpec.model_validate_json((folder.path / JOB).read_bytes())
    try:
        events = train(
            spec.dataset, datasets_dir=datasets_dir, runs_dir=runs_dir, into=folder,
            init=spec.begins_with(folder.path),
            should_stop=asked.is_set,
        )  # fmt: skip
        for event in leaving_early(events, asked):
            if isinstance(event, Note):
                folder.log(f"{'warning: ' if event.level == 'warning' else ''}{event.text}")
    except KeyboardInterrupt:
        RunFolder(folder.path).update(state="stopped", reason="ended before it began to learn", ended=now())
        return 130
    except ArtganError as error:
        folder.log(f"error: {error.message}; hint: {error.hint}")
        RunFolder(folder.path).update(state="failed", reason=error.message, ended=now())
        return error.exit_code
    return 0


def _is_ours(path: Path) -> bool:
    """Wait until the one who started us has written that we run; who was killed before that starts another."""
    until = time.monotonic() + _PATIENCE_S
    while RunFolder(path).record.pid != os.getpid():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def _exit_code(folder: RunFolder) -> Iterator[list[int]]:
    """Leave the exit code in a file however this ends; where that is missing, the worker was killed."""
    outcome = [1]
    try:
        yield outcome
    except Exception as error:
        folder.log(f"error: {type(error).__name__}: {error}")
        RunFolder(folder.path).update(state="failed", reason=f"{type(error).__name__}: {error}"[:500], ended=now())
        raise
    finally:
        files.write_text(folder.path / EXIT_CODE, f"{outcome[-1]}\n")


if __name__ == "__main__":
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.exit(main())
