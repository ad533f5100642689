"""``artgan submit``: the same training in the background, here or on a cluster."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.names import DatasetName, DryRun, Yes, dataset_of
from artgan.cli.options import tags_of, train_options, unknown_settings, values_of
from artgan.cli.places import place_for
from artgan.errors import UsageError
from artgan.models.presets import AUTO
from artgan.runs.store import NOTHING
from artgan.settings import Settings
from artgan.training.config import TrainConfig
from artgan.training.resolving import resolve

if TYPE_CHECKING:
    from artgan.compute.submitting import Submission

WHERE = "Where"


def _where(flag: str, metavar: str, help: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=help, rich_help_panel=WHERE)


@command
@train_options
def submit(
    console: Console,
    settings: Settings,
    given: dict[str, Any],
    dataset: DatasetName = None,
    local: Annotated[
        bool, typer.Option("--local", help="In a background worker on this machine.", rich_help_panel=WHERE)
    ] = False,
    cluster: Annotated[str | None, _where("--cluster", "NAME", "On this cluster of an Azure ML workspace.")] = None,
    workspace: Annotated[
        str | None, _where("--workspace", "NAME", "The workspace, if not that of config.json.")
    ] = None,
    experiment: Annotated[
        str | None, _where("--experiment", "NAME", "What the service calls the group of runs. [artgan]")
    ] = None,
    credential: Annotated[
        str | None, _where("--credential", "auto|cli|device|service-principal|managed", "How to sign in. [auto]")
    ] = None,
    image: Annotated[str | None, _where("--image", "IMAGE", "Another container image than artgan's choice.")] = None,
    max_hours: Annotated[float | None, _where("--max-hours", "X", "After so long the service ends it.")] = None,
    low_priority: Annotated[
        bool,
        typer.Option("--low-priority", help="On cheap nodes that may be taken away.", rich_help_panel=WHERE),
    ] = False,
    priority: Annotated[str | None, _where("--priority", "NAME", "The service's queue.")] = None,
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
    console.say("getting ready ...")
    for sentence in unknown_settings(settings):
        console.warn(sentence)
    tags = tags_of(tag or [])
    values = values_of(settings, {**_saved(config), **given})
    folder = dataset_of(settings, dataset)
    cluster = cluster or (None if local else settings.get("cluster"))
    backend = place_for(settings, local=local, cluster=cluster, workspace=workspace, credential=credential)
    from artgan.compute import submitting
    from artgan.datasets.prepared import is_prepared
    from artgan.training.job import source_for
    from artgan.training.opening import prepare_missing

    source = source_for(init, resolve(values), settings.runs_dir, settings.cache_dir)
    wishes: dict[str, Any] = {"tags": tags}
    if backend.name != "local":
        from artgan.compute.staging import pins

        wishes |= {
            "cluster": cluster or "", "experiment": experiment or str(settings.get("experiment", "artgan")),
            "image": image or str(settings.get("image", "")), "low_priority": low_priority,
            "max_hours": max_hours or settings.get("max_hours"), "priority": priority or "", "pins": pins(),
        }  # fmt: skip
    resolved = resolve(values, begun=source is not None)
    submission = submitting.Submission(folder, resolved, wishes, name or "", source, init == NOTHING)
    target = backend.target(submission.spec())
    size = submission.config.size
    ready = is_prepared(folder, size)
    console.pairs(
        [
            ("dataset", f"{folder.name} at {submission.config.size} px"),
            ("recipe", _recipe(submission.config)),
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


def _recipe(config: TrainConfig) -> str:
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
