"""``artgan submit``: the same training in the background, here or on a cluster."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command, given_again
from artgan.cli.console import Console
from artgan.cli.failures import GOES_ON
from artgan.cli.groups import options_of
from artgan.cli.names import DatasetName, DryRun, Yes, dataset_of
from artgan.cli.options import tags_of, train_options, unknown_settings, values_of
from artgan.cli.where import Where
from artgan.errors import UsageError
from artgan.models.presets import AUTO
from artgan.runs.store import NOTHING
from artgan.settings import Settings
from artgan.training.config import TrainConfig
from artgan.training.resolving import resolve

if TYPE_CHECKING:
    from artgan.compute.submitting import Submission


@command
@given_again(GOES_ON)
@train_options
@options_of(Where, "where")
def submit(
    console: Console,
    settings: Settings,
    given: dict[str, Any],
    where: Where,
    dataset: DatasetName = None,
    name: Annotated[str | None, typer.Option("--name", help="What the run's name begins with.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="A[=B]", help="A word to find the run by; may be repeated.")
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            metavar="RUN|FILE|URL",
            help="Begin with the weights of another run, or a file; none: with random ones. Not given, the preset fast"
            " begins with @starter.",
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="A saved configuration: a run's config.toml.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Do not follow the log.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    nodes: Annotated[int, typer.Option("--nodes", min=1, hidden=True)] = 1,
) -> None:
    """Train in the background: here, or on an Azure ML cluster.

    Takes every option of artgan train. Where neither a cluster nor a workspace is named, configured or described by a
    config.json here or above, a worker on this machine trains; it goes on when the terminal is closed. What is about to
    happen is said first, and asked before it costs money. Then the log is followed; Ctrl-C leaves the log, never the
    run. With --json: an object with run, path, state, remote_id, portal_url, found_again and seconds; with --dry-run an
    object with spec, target and config: all of it, or what is given where the preset is to be chosen there (auto).

    Example:
        artgan submit --local flowers --time 20m
        artgan submit --cluster gpu-nc6
        artgan submit --cluster gpu-nc6 --max-hours 4 --tag mood=calm -y -d
    """
    if nodes > 1:  # docs/devices.md says why
        raise UsageError(
            f"nodes {nodes}: a training runs on one node, with all of its GPUs if you like (--gpus all)",
            "let each node train a run of its own: artgan sweep --over seed=0..4 --cluster NAME",
        )
    console.say("getting ready ...")
    for sentence in unknown_settings(settings):
        console.warn(sentence)
    tags = tags_of(tag or [])
    values = values_of(settings, {**_saved(config), **given})
    folder = dataset_of(settings, dataset)
    backend = where.place(settings)
    from artgan.compute import submitting
    from artgan.datasets.prepared import is_prepared
    from artgan.training.job import source_for
    from artgan.training.opening import prepare_missing

    source = source_for(init, resolve(values), settings.runs_dir, settings.cache_dir)
    wishes = where.wishes(settings, backend, tags)
    resolved = resolve(values, begun=source is not None)
    submission = submitting.Submission(folder, resolved, wishes, name or "", source, init == NOTHING)
    target = backend.target(submission.spec())
    size = submission.config.size
    ready = is_prepared(folder, size)
    console.pairs(
        [
            ("dataset", f"{folder.name} at {submission.config.size} px"),
            ("recipe", recipe(submission.config)),
            *target.facts.items(),
            ("upload", _upload(submission, ready) if backend.name != "local" else ""),
            ("at most", f"{wishes['max_hours']} hours" if wishes.get("max_hours") else ""),
        ]
    )
    for warning in target.warnings:
        console.warn(warning)
    if dry_run:
        value = {"spec": submission.spec(), "target": target, "config": submission.config.known()}
        console.facts(value, _exactly(submission))
        console.say("nothing was sent: this was a dry run")
        return
    if backend.name != "local":
        console.confirm("Send it?", yes=yes)
    console.finish(prepare_missing(folder, size, ready=ready))
    done = console.finish(submitting.submit(submission, backend, target, settings.runs_dir))
    console.say(f"{'was sent before' if done.found_again else 'sent'}: {done.run}, {done.state}")
    if done.portal_url:
        console.say(f"portal: {done.portal_url}")
    console.result(done, str(done.path))
    for line in (f"artgan logs {done.run} -f", f"artgan pull {done.run}", f"artgan cancel {done.run}"):
        console.next(line)
    if not detach and not console.as_json and sys.stdout.isatty():
        from artgan.cli.logs import follow

        follow(console, settings, done.run)


def _upload(submission: Submission, ready: bool) -> str:
    """Say how much is to be brought to the datastore."""
    dataset, size = submission.dataset, submission.config.size
    if not ready:
        return f"the pictures, once they are prepared at {size} px, and artgan itself"
    bulk = sum(path.stat().st_size for path in dataset.prepared(size).glob("*/*.png"))
    return f"{words.size(bulk)} of pictures unless they are there, and artgan itself"


def recipe(config: TrainConfig) -> str:
    """Say what trains, and how long, as far as that is known here."""
    preset = config.preset + (", chosen where it runs" if config.preset == AUTO else "")
    if config.time is not None:
        return f"{preset}, {words.duration(config.time)}"
    if config.epochs is not None:
        return f"{preset}, {words.count(config.epochs, 'epoch')}"
    if config.kimg is not None:
        return f"{preset}, {words.number(1000 * config.kimg)} images"
    return f"{preset}, {'until it no longer improves' if config.until_good else 'as long as that one says'}"


def _exactly(submission: Submission) -> list[tuple[str, str]]:
    """Return everything that would be sent, one fact a line."""
    facts = {**submission.spec().model_dump(mode="json"), **submission.config.known()}
    return [(name, str(value)) for name, value in facts.items() if value not in ("", None, {}, [])]


def _saved(path: Path | None) -> dict[str, Any]:
    """Return the fields of a saved configuration as they would be typed."""
    if path is None:
        return {}
    from artgan.training.config import from_toml

    try:
        text = path.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as a configuration", "give a run's config.toml") from error
    saved = from_toml(text)
    return {name: value for name, value in saved.known().items() if name != "schema_version"}
