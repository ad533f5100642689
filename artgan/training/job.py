"""What a training is made of, and how each part becomes known. Loads without TensorFlow."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from artgan import files
from artgan.datasets.classes import classes_of, rows_with_class
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import PreparedImages, is_prepared, open_prepared, prepared_options, read_set
from artgan.datasets.preparing import prepare
from artgan.errors import ArtganError, NotFoundError, UsageError
from artgan.events import Event, Note
from artgan.runs.folder import RunFolder
from artgan.runs.store import find_run, new_run
from artgan.training.config import LENGTHS, TrainConfig, from_toml, resolve, to_toml
from artgan.training.events import Planned

if TYPE_CHECKING:
    import numpy as np

    from artgan.training.session import Session

# What may change when a run goes on: how long, and what is kept. Everything else is the run itself.
_CHANGEABLE = {*LENGTHS, "until_good", "save_every", "keep", "eval_every", "tensorboard", "device"}
_FEW_PAINTINGS = 500


class Source(NamedTuple):
    """The weights that ``--init`` names: an older run's networks, or a generator's file."""

    name: str
    generator: Path
    discriminator: Path | None


@dataclass
class Job:
    """A training; ``folder`` is None until it has one, which in a dry run is never."""

    datasets_dir: Path
    runs_dir: Path
    should_stop: Callable[[], bool]
    dry_run: bool
    config: TrainConfig = field(init=False)
    dataset: DatasetFolder = field(init=False)
    prepared: PreparedImages = field(init=False)
    """With the labels of the classes that are learned."""
    classes: list[str] = field(default_factory=list)
    """Their names."""
    session: Session = field(init=False)
    folder: RunFolder | None = None
    source: Source | None = None
    resumed: bool = False
    may_begin_anew: bool = False
    """Whether a run whose checkpoints are all torn is begun anew instead of being refused."""
    images_per_s: float = 0.0


def find_source(init: str, runs_dir: Path, cache_dir: Path | None = None) -> Source:
    """Return what ``--init`` names: a run, or a generator's file, old keragan ones too, here or at an address.

    Args:
        init: what was typed.
        runs_dir: the folder of runs.
        cache_dir: where files of other machines are kept; default the user's cache.

    Raises:
        NotFoundError: no such run or file, or the run has no generator.
        ArtganError: as for ``download.fetch_model``, where it is an address.
    """
    if "://" in init:
        from artgan.training.download import fetch_model

        return Source(init.partition("#")[0], fetch_model(init, cache_dir), None)
    if Path(init).is_file():
        return Source(init, Path(init), None)
    folder = find_run(runs_dir, init)
    critics = sorted(folder.models.glob("dis_*.keras")) if folder.models.is_dir() else []
    return Source(folder.name, folder.generator().path, critics[-1] if critics else None)


def with_halved_rate(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Begun from trained networks, the preset's learning rate is halved: they need to move less."""
    return options if options.get("lr") is not None else {**options, "lr": resolve(options).lr / 2}


def resumed_config(folder: RunFolder, options: Mapping[str, Any]) -> TrainConfig:
    """Return a run's configuration with the changes that a resume allows.

    Raises:
        NotFoundError: the run has none.
        UsageError: an option would make it another run.
    """
    try:
        config = from_toml(folder.config_path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotFoundError(
            f"run {folder.name} has no configuration, so it cannot go on",
            f"begin a new run from it: artgan train --init {folder.name}",
        ) from error
    given = {name: value for name, value in options.items() if value is not None}
    own = config.model_dump(exclude_none=True)
    if given.get("until_good") or any(name in given for name in LENGTHS):
        own = {name: value for name, value in own.items() if name not in LENGTHS}
    wanted = resolve({**own, **given})
    for name, value in given.items():
        before = getattr(config, name)
        if name not in _CHANGEABLE and getattr(wanted, name) != before:
            raise UsageError(
                f"{name} {value!r} differs from the run's own {before!r}",
                f"leave it out, or begin a new run: artgan train --init {folder.name}",
            )
    return wanted


def open_dataset(job: Job, prepare_options: Mapping[str, Any]) -> Iterator[Event]:
    """Prepare the dataset at this size unless it is, and open it."""
    size, ready = job.config.size, _ready(job, prepare_options)
    if job.dry_run and not ready:
        raise UsageError(
            f"{job.dataset.name!r} is not prepared at {size} px, and a dry run writes nothing",
            f"artgan prepare {job.dataset.name} --size {size}",
        )
    yield from prepare_missing(job.dataset, size, ready=ready, **prepare_options)
    job.prepared = open_prepared(job.dataset, size)
    count = len(job.prepared.ids)
    if job.folder is not None and job.folder.record.dataset_fingerprint != job.prepared.fingerprint:
        raise UsageError(
            f"the pictures of {job.dataset.name!r} are not those that {job.folder.name} was trained on",
            f"begin a new run from it: artgan train {job.dataset.name} --init {job.folder.name}",
        )
    yield from _classify(job)
    if count < _FEW_PAINTINGS:
        yield Note(
            text=f"{count} paintings are few: the generator may come to copy them; {_FEW_PAINTINGS} make it inventive",
            level="warning",
        )


def _classify(job: Job) -> Iterator[Event]:
    """Give each picture its class, by what the manifest says of it; a run goes on with the classes that it has."""
    condition, labels = job.config.condition, None
    if condition != "none":
        found = classes_of(job.dataset, job.prepared.ids, condition)
        job.classes, labels = found.names, found.labels
        yield Note(text=str(found))
    job.prepared = replace(job.prepared, labels=labels)
    record = job.folder.record if job.folder else None
    if record is None or not record.classes:
        return
    now = job.classes, len(split_rows(job.prepared, job.config.holdout)[0])
    if now != (record.classes, record.images):
        raise UsageError(
            f"{record.name} learns {record.images:,} paintings of {', '.join(record.classes)}; by the {condition}s that"
            f" {job.dataset.name!r} has now it would be {now[1]:,} of {', '.join(now[0])}",
            f"begin a new run from it: artgan train {job.dataset.name} --init {record.name} --condition {condition}",
        )


def prepare_missing(dataset: DatasetFolder, size: int, *, ready: bool, **options: Any) -> Iterator[Event]:
    """Prepare a dataset at a size unless it is ``ready``.

    Args:
        dataset: its folder.
        size: in pixels.
        ready: whether it is.
        options: of ``prepare``; what is left out is as it was.

    Raises:
        UsageError: it has no picture to learn from.
    """
    if not ready:
        yield Note(text=f"{dataset.name} is not prepared at {size} px yet: doing that first")
        yield from prepare(dataset, size=size, **{**(prepared_options(dataset, size) or {}), **options})
    if not read_set(dataset, size).images:
        raise UsageError(
            f"{dataset.name!r} has no picture to learn from", f"see why: artgan datasets show {dataset.name}"
        )


def _ready(job: Job, prepare_options: Mapping[str, Any]) -> bool:
    size = job.config.size
    if job.folder is None:
        return is_prepared(job.dataset, size, **prepare_options)
    # A run goes on with the pictures it began with, also when the dataset has got others since.
    try:
        return read_set(job.dataset, size).fingerprint == job.folder.record.dataset_fingerprint
    except ArtganError:
        return False


def set_up(job: Job) -> Iterator[Event]:
    """Build the networks, give them the weights they begin with, and rehearse."""
    from artgan.models.files import picture_size
    from artgan.training.beginning import begin_from, open_networks
    from artgan.training.session import Session

    source = open_networks(job.source) if job.source is not None and not job.resumed else None
    begin_at = picture_size(source.generator) if source else None
    job.session = Session(job.config, job.prepared, split_rows(job.prepared, job.config.holdout)[0], begin_at)
    if job.config.freeze_critic and job.source is None and not job.resumed:
        raise UsageError(
            f"freeze_critic {job.config.freeze_critic} keeps trained layers as they are, and a new run has none",
            "begin from a run, with --init RUN, or leave --freeze-critic out",
        )
    if job.resumed:
        yield from _load_newest(job)
    if not job.resumed:
        # What "auto" came to here is part of the run: on another machine it goes on in the same precision.
        job.config = job.config.model_copy(update={"precision": job.session.precision})
    if source is not None and not job.resumed:
        for transfer in begin_from(job.session, source):
            yield Note(text=str(transfer))
        yield Note(text=f"learning rate {job.config.lr:g}")
    job.images_per_s = job.session.rehearse()


def split_rows(prepared: PreparedImages, holdout: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows to learn, and those held out; pictures that have no class, where the others do, are neither."""
    import numpy as np

    known = rows_with_class(prepared)
    learned = known[learned_rows([prepared.ids[row] for row in known], holdout)]
    return learned, np.setdiff1d(known, learned)


def learned_rows(ids: list[str], holdout: float) -> np.ndarray:
    """Return the rows to learn; which ones are held out follows from their ids, whatever else is in the set.

    Args:
        ids: of all pictures.
        holdout: a share below 1, or a number.

    Returns:
        ``(n,)`` int64, ascending.
    """
    import numpy as np

    held = round(holdout * len(ids)) if holdout < 1 else int(holdout)
    if len(ids) - held < 1:
        raise UsageError(f"holding out {held} of {len(ids)} paintings leaves none to learn", "hold out fewer")
    order = sorted(range(len(ids)), key=lambda row: hashlib.sha256(ids[row].encode()).digest())
    return np.sort(np.array(order[held:], np.int64))


def _load_newest(job: Job) -> Iterator[Event]:
    from artgan.training import checkpoints

    assert job.folder is not None
    try:
        state, torn = checkpoints.load_newest(job.folder.states)
    except NotFoundError:
        if not job.may_begin_anew:
            raise
        yield Note(text="no checkpoint is whole: beginning anew", level="warning")
        job.resumed = False
        return
    job.session.load(state)
    for path in torn:
        yield Note(text=f"{path.name} is damaged; going on from the checkpoint before", level="warning")
        if not job.dry_run:  # left there, it would count as the newest again
            path.unlink(missing_ok=True)


def make_folder(job: Job, name: str | None, tags: Mapping[str, str]) -> RunFolder:
    """Make the run folder, with its record and its configuration."""
    folder = new_run(job.runs_dir, name or f"{job.dataset.name}-{job.config.size}", tags=dict(tags), **_facts(job))
    write_config(folder, job.config)
    return folder


def fill_folder(job: Job, folder: RunFolder) -> None:
    """Complete the record and the configuration of a run folder that was made before the training was known."""
    folder.update(**_facts(job))
    write_config(folder, job.config)


def has_checkpoint(folder: RunFolder) -> bool:
    """Say whether a run has a state to go on from, as far as names tell."""
    return any(folder.states.glob("step_*.npz"))


def _facts(job: Job) -> dict[str, Any]:
    """Return the fields of a run's record that follow from what it trains, on what."""
    import keras
    import tensorflow as tf

    from artgan import __version__

    versions = {
        "artgan": __version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }
    return {
        "dataset": job.dataset.name,
        "dataset_fingerprint": job.prepared.fingerprint,
        "images": job.session.count,
        "size": job.config.size,
        "preset": job.config.preset,
        "classes": job.classes,
        "seed": job.config.seed,
        "versions": versions,
        "device": job.session.device,
        **({"begun_from": job.source.name} if job.source and job.folder is None else {}),
        "typical_aspect": job.prepared.typical_aspect,
    }


def write_config(folder: RunFolder, config: TrainConfig) -> None:
    """Write ``config.toml``."""
    files.write_text(folder.config_path, to_toml(config))


def plan(job: Job) -> Planned:
    """Return what is known before the first step."""
    from artgan.training import machine

    session, folder, total = job.session, job.folder, job.session.planned_images
    left = (job.config.time or 0) - session.seconds
    if total is not None:
        left = session.seconds_for(total - session.images_seen, job.images_per_s)
    return Planned(
        run=folder.name if folder else None,
        path=folder.path if folder else None,
        resumed_from_step=session.step,
        begun_from=job.source.name if job.source else None,
        dataset=job.dataset.name,
        images=session.count,
        held_out=len(split_rows(job.prepared, job.config.holdout)[1]),
        size=job.config.size,
        stages=tuple(side for side in job.config.stages if side >= session.size),
        preset=job.config.preset,
        batch_size=job.config.batch_size,
        generator_parameters=session.trainer.generator.count_params(),
        discriminator_parameters=session.trainer.discriminator.count_params(),
        device=session.device,
        precision=session.precision,
        images_per_s=job.images_per_s,
        planned_images=total,
        until_good=job.config.until_good,
        planned_seconds=max(left, 0.0),
        memory_mb=machine.memory_mb(),
    )
