"""The queue of a sweep here, which outlives the terminal: ``python -m artgan.compute.sweeps.queue SWEEP``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from artgan.compute.backend import JobSpec
from artgan.compute.local import LocalBackend
from artgan.compute.sweeps.record import SweepFolder
from artgan.compute.sweeps.tending import Places, tend
from artgan.errors import ArtganError, BusyError, SetupError
from artgan.events import Note
from artgan.program import program

OUTPUT = "queue.txt"
_LOOK_S = 0.5


def start(sweep: SweepFolder, places: Places) -> None:
    """Start the queue of a sweep, unless one is at work already; it finds that out by itself.

    Raises:
        SetupError: no process could be started.
    """
    command = [sys.executable, "-m", __name__, str(sweep.path.absolute())]
    command += ["--datasets-dir", str(places.datasets_dir.absolute())]
    command += ["--cache-dir", str(places.cache_dir.absolute())] if places.cache_dir else []
    try:
        with open(sweep.path / OUTPUT, "ab") as output:
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    except OSError as error:
        raise SetupError(f"no queue could be started: {error.strerror}", "artgan train trains here") from error


def main(argv: Sequence[str] | None = None) -> int:
    """Tend the sweep whose folder is named, until its runs are over; return the exit code."""
    parser = argparse.ArgumentParser(prog="artgan.compute.sweeps.queue", description=__doc__)
    parser.add_argument("sweep", type=Path)
    parser.add_argument("--datasets-dir", type=Path, required=True)
    parser.add_argument("--cache-dir", type=Path)
    options = parser.parse_args(argv)
    sweep = SweepFolder(options.sweep)
    places = Places(options.datasets_dir, sweep.runs_dir, options.cache_dir)
    backend = LocalBackend(places.runs_dir, places.datasets_dir)
    target = backend.target(JobSpec(run="", run_id="", dataset="", size=0))
    with program():
        try:
            for event in tend(sweep, backend, target, places, _LOOK_S):
                if isinstance(event, Note):
                    _say(event.text)
        except BusyError:
            return 0
        except ArtganError as error:
            _say(f"error: {error.message}; hint: {error.hint}")
            return error.exit_code
    return 0


def _say(text: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    os.environ["KERAS_BACKEND"] = "tensorflow"
    sys.exit(main())
