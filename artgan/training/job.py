"""What a training is made of, and how each part becomes known. Loads without TensorFlow."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from artgan import files
from artgan.datasets.manifest import DatasetFolder
from artgan.datasets.prepared import PreparedImages
from artgan.errors import NotFoundError, UsageError
from artgan.events import Event, Note
from artgan.models.presets import AUTO, choose, recognise
from artgan.runs.folder import RunFolder
from artgan.runs.store import NOTHING, STARTER, find_run, new_run
from artgan.training.config import LENGTHS, TrainConfig, from_toml, to_toml
from artgan.training.events import Planned
from artgan.training.resolving import resolve, settled

if TYPE_CHECKING:
    import numpy as np

    from artgan.training.beginning import Networks
    from artgan.training.checkpoints import State
    from artgan.training.session import OutOfMemoryError, Session

# What may change when a run goes on: how long, and what is kept. Everything else is the run itself.
_CHANGEABLE = {
    *LENGTHS,
    "until_good",
    "micro_batch",
    "save_every",
    "keep",
    "eval_every",
    "tensorboard",
    "device",
    "gpus",
}

# What the starter was trained for, or a size on: with other networks or another loss its critic is none.
_STARTER_SIZES, _STARTER_RECIPE = (32, 64, 128), {"preset": "fast", "loss": "relativistic"}


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
    rows: np.ndarray = field(init=False)
    """Which of the pictures are learned."""
    held_out: int = 0
    """How many are held out."""
    session: Session = field(init=False)
    folder: RunFolder | None = None
    source: Source | None = None
    from_nothing: bool = False
    """Whether it shall not begin with the starter, however much that would help."""
    resumed: bool = False
    halved: bool = False
    """Whether it computes half as many pictures at a time as was planned, for want of memory."""
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


def starter_for(config: TrainConfig) -> Source | None:
    """Return the networks that come with artgan, where a new run of a recipe begins with them.

    Networks that paint something learn to paint something else in a fraction of the time that they need from nothing:
    ``docs/quality.md`` has the measurements.

    Args:
        config: of the run; under ``auto`` nothing is known yet.

    Returns:
        None where they do not fit.
    """
    fits = all(getattr(config, name) == value for name, value in _STARTER_RECIPE.items())
    ladder = config.grow not in ("", "auto")  # of smaller sizes, which somebody asked for
    return find_source(STARTER, Path()) if fits and config.size in _STARTER_SIZES and not ladder else None


def source_for(init: str | None, config: TrainConfig, runs_dir: Path, cache_dir: Path | None = None) -> Source | None:
    """Return what a new run begins with: what ``--init`` names, or else the starter, as far as that is known already.

    Args:
        init: what was typed, ``none`` included; None for nothing.
        config: what the options come to by themselves.
        runs_dir: the folder of runs.
        cache_dir: as for ``find_source``.

    Raises:
        ArtganError: as for ``find_source``.
    """
    if init is None:
        return starter_for(config)
    return None if init == NOTHING else find_source(init, runs_dir, cache_dir)


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
    own = config.known()
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


def set_up(job: Job) -> Iterator[Event]:
    """Settle what depends on the machine, build the networks, give them the weights they begin with, and rehearse."""
    from artgan.models.files import picture_size
    from artgan.training.beginning import begin_from, open_networks
    from artgan.training.devices import choose_devices
    from artgan.training.session import OutOfMemoryError, Session

    gpu = choose_devices(job.config).name.startswith("GPU")  # before there is any network
    source = open_networks(job.source) if job.source else None
    if job.config.preset == AUTO:
        yield from _settle(job, gpu, source)
        source = source or (open_networks(job.source) if job.source else None)
    begin_at = picture_size(source.generator) if source else None
    job.session = Session(job.config, job.prepared, job.rows, begin_at)
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
    try:
        job.images_per_s = job.session.rehearse()
    except OutOfMemoryError as error:
        yield halve(job, error, job.session.state())
        job.images_per_s = job.session.rehearse()


def halve(job: Job, error: OutOfMemoryError, state: State) -> Note:
    """Go on from a state with half as many pictures at a time, once.

    Raises:
        OutOfMemoryError: the one given, where that would not do, or was done before.
    """
    before = job.session.at_once
    if job.halved or 2 * error.fitting < before:
        raise error
    job.config, job.halved = job.session.halve(), True
    job.session.load(state)
    return Note(text=f"{error.message}: going on with {job.session.at_once} at a time", level="warning")


def _settle(job: Job, gpu: bool, source: Networks | None) -> Iterator[Event]:
    """Choose the preset: that of the networks it begins from, or half of them would not fit; else by the rule."""
    from artgan.models.files import latent_dim

    known = recognise(source.generator, source.critic) if source else None
    if source and known:
        preset, reason, latents = known, f"as {source.name}", latent_dim(source.generator)
    else:
        preset, reason = choose(gpu, job.config.size, len(job.rows))
        latents = None
    yield Note(text=f"preset {preset}: {reason}")
    config = settled(job.config, preset, begun=source is not None, latent_dim=latents)
    if source is None and not job.from_nothing:
        job.source = starter_for(config)
    job.config = settled(job.config, preset, begun=True) if job.source and source is None else config


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
        **({"begun_from": job.source.name} if job.source else {}),
        "typical_aspect": job.prepared.typical_aspect,
    }


def write_config(folder: RunFolder, config: TrainConfig) -> None:
    """Write ``config.toml``."""
    files.write_text(folder.config_path, to_toml(config))


def plan(job: Job) -> Planned:
    """Return what is known before the first step."""
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
        held_out=job.held_out,
        size=job.config.size,
        stages=tuple(side for side in job.config.stages if side >= session.size),
        preset=job.config.preset,
        batch_size=job.config.batch_size,
        micro_batch=job.config.micro_batch,
        generator_parameters=session.trainer.generator.count_params(),
        discriminator_parameters=session.trainer.discriminator.count_params(),
        device=session.device,
        precision=session.precision,
        images_per_s=job.images_per_s,
        planned_images=total,
        until_good=job.config.until_good,
        planned_seconds=max(left, 0.0),
        memory_mb=session.memory_mb(),
    )
