"""The whole of a training, as a stream of events: from a dataset and options to a run folder.

Loads without TensorFlow: that comes once the first event, or the preparing of the dataset, is out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from artgan.datasets.manifest import find_dataset
from artgan.errors import ArtganError, DiskFullError, UsageError
from artgan.events import Event, Note
from artgan.records import now
from artgan.runs.folder import RunFolder
from artgan.runs.store import NOTHING, STARTER, find_run, process_fields
from artgan.training import job as jobs
from artgan.training.events import Trained
from artgan.training.job import Job
from artgan.training.opening import open_dataset
from artgan.training.resolving import resolve


def train(
    dataset: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    datasets_dir: str | Path = "datasets",
    runs_dir: str | Path = "runs",
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
    resume: str | Path | None = None,
    into: RunFolder | None = None,
    init: str | Path | None = None,
    cache_dir: Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    dry_run: bool = False,
    prepare_options: Mapping[str, Any] | None = None,
) -> Iterator[Event]:
    """Train a generator on a dataset, or go on with a run.

    Args:
        dataset: its name or folder; may be left out when there is one.
        options: ``TrainConfig`` fields; what is left out comes from the preset, which is itself chosen by machine, size
            and number of paintings unless it is named. With ``resume``, only those that say how long, what is kept and
            where it computes.
        datasets_dir: the folder of datasets.
        runs_dir: the folder of runs.
        name: what the new run's name begins with; default the dataset and the size.
        tags: words to find the run by.
        resume: a run to go on with, from its newest whole checkpoint.
        into: a run folder that was made for this training, with its record and its configuration; whoever calls again
            with the same one goes on from its newest whole checkpoint, or begins anew where there is none.
        init: a run, or a generator's file, here or at an https address, whose weights the new run begins with; "none"
            for random ones. Not given, it is the starter that comes with artgan where that fits the recipe.
        cache_dir: where a file from an address is kept; default the user's cache.
        should_stop: asked between steps; when it says True, the run is saved and ends.
        dry_run: plan, rehearse, write nothing.
        prepare_options: arguments of ``prepare``, for a dataset that is not prepared at this size yet.

    Yields:
        What preparing says, ``Planned``, then ``Progress``, ``Tick``, ``Verdict``, ``GridSaved``,
        ``CheckpointSaved``, ``Grown``, ``RolledBack``, and ``Trained`` at the end.

    Raises:
        ArtganError: with what to do; what was saved before is whole.
    """
    job = Job(Path(datasets_dir), Path(runs_dir), should_stop, dry_run)
    options = options or {}
    with ExitStack() as stack:
        if resume is not None:
            if init is not None:
                raise UsageError("--resume goes on with a run, --init starts a new one", "give one of them")
            job.resumed = True
            job.folder = find_run(job.runs_dir, str(resume))
            if job.folder.name == STARTER:
                raise UsageError(
                    f"{STARTER} is a beginning, and does not go on itself", f"artgan train --init {STARTER}"
                )
            stack.enter_context(job.folder.locked())
            job.config = jobs.resumed_config(job.folder, options)
            dataset = dataset or job.folder.record.dataset
        elif into is not None:
            job.folder = into
            stack.enter_context(job.folder.locked())
            job.config = jobs.resumed_config(job.folder, {})
            job.resumed = job.may_begin_anew = jobs.has_checkpoint(job.folder)
            # What it was called where it was sent from; a run that began with the starter may have to do so anew.
            name = job.folder.record.begun_from or ""
            init = init or (STARTER if name == STARTER else None)
            if init not in (None, NOTHING):
                job.source = jobs.find_source(str(init), job.runs_dir, cache_dir)
                job.source = job.source._replace(name=name or job.source.name)
        else:
            job.config = resolve(options)
            job.source = jobs.source_for(str(init) if init else None, job.config, job.runs_dir, cache_dir)
            job.config = resolve(options, begun=True) if job.source else job.config
        job.from_nothing = init == NOTHING
        job.dataset = find_dataset(job.datasets_dir, str(dataset) if dataset else None)
        yield from open_dataset(job, prepare_options or {})
        yield Note(text="getting TensorFlow ready")
        yield from jobs.set_up(job)
        if dry_run:
            yield jobs.plan(job)
            return
        if job.folder is None:
            job.folder = jobs.make_folder(job, name, tags or {})
            stack.enter_context(job.folder.locked())
        elif not job.resumed:
            jobs.fill_folder(job, job.folder)
        yield from _train(job, job.folder)


def _train(job: Job, folder: RunFolder) -> Iterator[Event]:
    from artgan.training import saving
    from artgan.training.driver import Driver

    session = job.session
    with _true_record(folder) as outcome:
        if job.resumed:
            saving.tidy(folder, session.step)
            jobs.write_config(folder, job.config)
        else:
            saving.tidy(folder, 0)  # of a run that begins anew, nothing that it wrote before counts
            saving.begin(session, folder)
        going = {"state": "running", "reason": "", "ended": None, "preset": job.config.preset}
        folder.update(**going, device=session.device, **process_fields())
        folder.log(f"training goes on at step {session.step}" if job.resumed else "training begins")
        yield jobs.plan(job)
        outcome["state"], outcome["reason"] = yield from Driver(job, folder).run()
    best = folder.best()
    yield Trained(
        run=folder.name,
        path=folder.path,
        state=outcome["state"],
        reason=outcome["reason"],
        epoch=session.epoch,
        step=session.step,
        images_seen=session.images_seen,
        seconds=session.seconds,
        cpu_seconds=session.cpu_seconds,
        generator=folder.generator().path,
        newest_grid=folder.newest_grid(),
        best_epoch=best.epoch if best else None,
    )


@contextmanager
def _true_record(folder: RunFolder) -> Iterator[dict[str, str]]:
    """Leave the record true however a training ends; its state and reason are put into what this gives."""
    outcome = {"state": "failed", "reason": "ended by an error"}
    try:
        yield outcome
    except GeneratorExit:
        outcome.update(state="stopped", reason="its reader went away")
        raise
    except KeyboardInterrupt:
        outcome.update(state="stopped", reason="interrupted")
        raise
    except DiskFullError as error:
        outcome["reason"] = error.message
        hint = f"free some space, then go on with: artgan train --resume {folder.name}"
        raise DiskFullError(error.message, hint) from error
    except ArtganError as error:
        outcome["reason"] = error.message
        raise
    except Exception as error:
        outcome["reason"] = f"{type(error).__name__}: {error}"[:500]
        raise
    finally:
        # On a full disk even this may fail; the error on its way says more than a second one would.
        with suppress(ArtganError):
            folder.log(f"{outcome['state']}: {outcome['reason']}")
        with suppress(ArtganError):
            folder.update(**outcome, ended=now())
