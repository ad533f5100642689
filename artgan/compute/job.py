"""What runs in a job on a cluster, and nothing else does: ``python entry.py --data FOLDER``.

In the working directory lie ``run/`` (the record, the configuration and the description of the job) and the artgan that
was sent. The run folder is ``outputs/``, which the service keeps; started again after its node was taken away, the job
goes on from the newest checkpoint that is whole. What it prints is the job's log.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from artgan import __version__
from artgan.compute import reporting
from artgan.compute.backend import JOB, JobSpec
from artgan.compute.reporting import Artifacts, Reporter
from artgan.compute.restoring import make_ready
from artgan.compute.versions import others
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.zipping import unzip
from artgan.errors import ArtganError, DamagedError, NotFoundError
from artgan.events import Event, Note, Progress
from artgan.program import program
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.training.events import CheckpointSaved, GridSaved, Planned, RolledBack, Tick, Trained, Verdict
from artgan.training.stopping import Asked, leaving_early, stop_on_signal

SENT, OUTPUTS, DATASETS = Path("run"), Path("outputs"), Path("datasets")
"""In the job's working directory: what was sent, the run folder, and where the data are unpacked."""
REPORTED = ("d_loss", "g_loss", "accuracy", "epoch", "images_seen", "images_per_s", "kid_lite0")
SHEET = "Sample"
"""What the portal calls the sheets, as in the article."""

_EVERY_S = 10.0
_SHARES = 10
_AGAIN = "submit it anew: artgan submit"


def main(argv: Sequence[str] | None = None) -> int:
    """Train the run that was sent; return the exit code: 0 done or stopped as asked, 1 failed."""
    parser = argparse.ArgumentParser(prog=SENT.name, description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds the dataset's zip")
    options = parser.parse_args(argv)
    with program(), stop_on_signal(twice_leaves=False) as asked:
        say(f"artgan {__version__} on Python {platform.python_version()}, {platform.node()}")
        reporter, artifacts = reporting.connect(os.environ, say)
        try:
            return _run(options.data, reporter, artifacts, asked)
        except KeyboardInterrupt:
            reason = "asked to stop before it began to learn"
            RunFolder(OUTPUTS).update(state="stopped", reason=reason, ended=now())
            say(reason)
            return 0
        except ArtganError as error:
            _fail(error.message)
            say(f"error: {error.message}" + (f"\nhint: {error.hint}" if error.hint else ""))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:500]
            _fail(reason)
            traceback.print_exc()
            say(f"error: {reason}")
        finally:
            reporter.close()
    return 1


def say(text: str) -> None:
    """Write a line into the job's log."""
    print(text, flush=True)


def _run(data: Path, reporter: Reporter, artifacts: Artifacts | None, asked: Asked) -> int:
    from artgan.training.loop import train

    spec = _spec()
    if found := others(spec.pins):
        say(f"warning: the image has other versions than where this was sent from: {'; '.join(found)}")
    dataset = _unpacked(data, spec)
    folder = make_ready(RunFolder(SENT), RunFolder(OUTPUTS), artifacts, say)
    events = train(
        dataset.path,
        into=folder,
        datasets_dir=DATASETS,
        runs_dir=OUTPUTS.parent,
        init=spec.begins_with(SENT),
        should_stop=asked.is_set,
    )
    log, report = _Log(), _Report(reporter)
    for event in leaving_early(events, asked):
        if isinstance(event, Planned):
            # The process is one of another machine for whoever reads the record.
            folder.update(host="", pid=None, process_started=None)
        log.show(event)
        report.show(event)
    return 0


def _spec() -> JobSpec:
    path = SENT / JOB
    try:
        return JobSpec.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DamagedError(f"the job came without its description, {path}", _AGAIN) from error


def _unpacked(data: Path, spec: JobSpec) -> DatasetFolder:
    """Unpack the dataset of the job; others may lie beside it."""
    path = data if data.name == spec.data else data / spec.data
    if not (spec.data and path.is_file()):
        raise NotFoundError(f"{spec.data or 'a dataset'} is not in the data that are mounted at {data}", _AGAIN)
    begun = time.monotonic()
    folder = unzip(path, DATASETS)
    say(f"{folder.name} at {spec.size} px unpacked in {time.monotonic() - begun:.1f} s")
    return folder


def _fail(reason: str) -> None:
    """Leave the record true, unless the training did so; it may be the very thing that fails."""
    folder = RunFolder(OUTPUTS)
    try:
        if folder.record_path.is_file() and folder.record.state != "failed":
            folder.update(state="failed", reason=reason, ended=now())
    except ArtganError as error:
        say(f"warning: {error.message}")


class _Report:
    """Numbers and sheets for the service."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._numbers: dict[str, float] = {}

    def show(self, event: Event) -> None:
        if isinstance(event, Tick):
            # What is measured now and then, KID, goes with the next lines too: the reporter may leave any one out.
            found = {name: getattr(event, name) for name in REPORTED}
            self._numbers |= {name: value for name, value in found.items() if value is not None}
            self._reporter.metric(event.step, self._numbers)
        elif isinstance(event, GridSaved):
            self._reporter.image(SHEET, event.path)


class _Log:
    """A plain line now and then: every ten seconds, and every ten per cent."""

    def __init__(self) -> None:
        self._last = (float("-inf"), 0)
        self._share = 0.0

    def show(self, event: Event) -> None:
        if isinstance(event, Note | Verdict):
            say(f"warning: {event.text}" if event.level == "warning" else event.text)
        elif isinstance(event, Progress) and event.stage == "train":
            self._share = event.done / event.total if event.total else 0.0
        elif isinstance(event, Tick):
            moment, tenth = time.monotonic(), int(_SHARES * self._share)
            if event.kid_lite0 is not None or moment - self._last[0] >= _EVERY_S or tenth > self._last[1]:
                self._last = (moment, tenth)
                say(f"{self._share:4.0%}  {_numbers(event)}")
        elif isinstance(event, Planned):
            say(_plan(event))
        elif isinstance(event, CheckpointSaved):
            say(f"saved epoch {event.epoch:,}, step {event.step:,}: {event.path.as_posix()}")
        elif isinstance(event, RolledBack):
            say(f"warning: the numbers ran away at step {event.step:,}; went back to step {event.to_step:,}")
        elif isinstance(event, Trained):
            say(f"{event.state}: {event.reason}; epoch {event.epoch:,}, step {event.step:,}, {event.seconds:,.0f} s")


def _plan(plan: Planned) -> str:
    lines = [
        f"{plan.dataset}: {plan.images:,} paintings at {plan.size} px, {plan.preset}, {plan.batch_size} in a step",
        f"{plan.device}, {plan.precision}, {plan.images_per_s:,.1f} images/s, some {plan.planned_seconds:,.0f} s to go",
    ]
    if plan.resumed_from_step:
        lines.append(f"goes on from step {plan.resumed_from_step:,}")
    return "\n".join(lines)


def _numbers(tick: Tick) -> str:
    left = f", {tick.remaining_s:,.0f} s left" if tick.remaining_s else ""
    kid = f", KID {tick.kid_lite0:.3f}" if tick.kid_lite0 is not None else ""
    return (
        f"epoch {tick.epoch:,}, step {tick.step:,}, {tick.images_seen:,} images, {tick.images_per_s:,.1f}/s,"
        f" critic {tick.d_loss:.3f}, generator {tick.g_loss:.3f}, accuracy {tick.accuracy:.0%}{kid}{left}"
    )
