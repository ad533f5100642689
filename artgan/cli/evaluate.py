"""``artgan evaluate``: how good the pictures of a run are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artgan.cli import words
from artgan.cli.command import command
from artgan.cli.console import Console
from artgan.cli.elsewhere import make_present
from artgan.cli.hush import hushed
from artgan.cli.names import LastRun, complete_dataset, epoch_of
from artgan.cli.table import Column
from artgan.errors import UsageError
from artgan.evaluation.records import FEATURES, METRICS, Evaluated, Evaluation, lowest, parse_features, parse_metrics
from artgan.runs.record import BEST
from artgan.runs.store import LAST, find_run
from artgan.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from artgan.events import Event

_ALL = "all"
# What a number is called, how it is written, and which way is better; {} is the feature network.
_ROWS: dict[str, tuple[str, str, str]] = {
    "kid_{}": ("KID", ".4f", "lower"),
    "fid_{}": ("FID", ".1f", "lower"),
    "precision_{}": ("precision", ".3f", "higher"),
    "recall_{}": ("recall", ".3f", "higher"),
    "swd": ("sliced Wasserstein", ".1f", "lower"),
    "spread_{}": ("diversity", ".2f", "near 1"),
    "repeated_{}": ("samples alike", ".1%", "lower"),
    "copies_{}": ("copies", ".1%", "lower"),
}


def _epoch(text: str) -> int | str:
    return text if text == _ALL else epoch_of(text)


@command
def evaluate(
    console: Console,
    settings: Settings,
    run: LastRun = LAST,
    epoch: Annotated[
        Any,
        typer.Option(
            "--epoch", metavar=f"N|{BEST}|{_ALL}", parser=_epoch, help="Which generator; default: the highest epoch."
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option("-n", "--count", min=8, metavar="N", help="Pictures to judge; default 2000, 500 each with all."),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset", metavar="NAME", help="Other paintings to measure by.", autocompletion=complete_dataset
        ),
    ] = None,
    metrics: Annotated[
        str, typer.Option("--metrics", metavar="LIST", help=f"Some of {','.join(METRICS)}.", show_default=False)
    ] = ",".join(METRICS),
    holdout: Annotated[
        bool, typer.Option("--holdout", help="Tell copies by paintings that were held out of training.")
    ] = False,
    features: Annotated[
        str,
        typer.Option(
            "--features",
            metavar="|".join(FEATURES),
            show_default=False,
            help="The network that looks: auto is lite0; inception is 96 MB to fetch once, and slower.",
        ),
    ] = FEATURES[0],
) -> None:
    """Judge the pictures of a run: how good, how various, whether copied.

    Each number has its standard error, and its floor: half of the paintings against the other half. The same call gives
    the same numbers; they are kept in the run's evaluations.jsonl. They can be compared with numbers of the same
    paintings and counts. With --json: an array of objects with run, epoch, dataset, features, samples, reals, copied,
    copies_sheet, and each number, such as kid_lite0 (kid_inception with --features inception), with kid_lite0_error and
    kid_lite0_floor.

    Example:
        artgan evaluate @last
        artgan evaluate flowers-64-k3f9x2 --epoch all -n 500 --metrics kid,precision
        artgan evaluate @last --epoch best --metrics copies --holdout
    """
    chosen, network = parse_metrics(metrics), parse_features(features)
    if epoch == _ALL and chosen == ("copies",):
        raise UsageError("--epoch all compares generators, and copies alone compare nothing", "add kid to --metrics")
    folder = find_run(settings.runs_dir, run)
    if epoch != _ALL:
        make_present(console, settings, folder, epoch)
    console.say(f"getting ready to judge {folder.name} ...")
    with hushed(console):
        from artgan.evaluation import evaluating

        events = evaluating.evaluate(
            folder, datasets_dir=settings.datasets_dir, epoch=epoch, count=count, dataset=dataset, metrics=chosen,
            holdout=holdout, features=network,
        )  # fmt: skip
        found = _collect(console, events)
    rows = [event.evaluation for event in found]
    if epoch == _ALL:
        _compare(console, rows)
    else:
        _tell(console, rows[0])
    for event in found:
        _tell_copies(console, event)
    which = "" if epoch is None or epoch == _ALL else f" --epoch {epoch}"
    console.next(f"artgan sample --run {folder.name}{which} -n 10")


def _collect(console: Console, events: Iterable[Event]) -> list[Evaluated]:
    return [event for event in console.follow(events) if isinstance(event, Evaluated)]


def _written(evaluation: Evaluation, name: str, suffix: str = "") -> str:
    value = evaluation.number(name.format(evaluation.features) + suffix)
    return "" if value is None else format(value, _ROWS[name][1])


def _tell(console: Console, found: Evaluation) -> None:
    """Print one evaluation: a line for each number."""
    columns = [Column(""), Column("value", right=True), Column("+-", right=True), Column("floor", right=True)]
    rows = [
        [title, *(_written(found, name, suffix) for suffix in ("", "_error", "_floor")), f"{better} is better"]
        for name, (title, _, better) in _ROWS.items()
        if _written(found, name)
    ]
    console.say(_measured(found))
    console.table([found], [*columns, Column("")], rows)


def _compare(console: Console, found: Sequence[Evaluation]) -> None:
    """Print the evaluations of all epochs: a line for each, the lowest KID marked."""
    names = [name for name in _ROWS if _written(found[0], name)]
    first = lowest(found, f"kid_{found[0].features}")
    columns = [Column("epoch", right=True), *(Column(_ROWS[name][0], right=True) for name in names), Column("")]
    rows = [
        [words.number(e.epoch), *(_with_error(e, name) for name in names), "lowest KID" if e is first else ""]
        for e in found
    ]
    console.say(_measured(found[0]))
    console.table(found, columns, rows)


def _with_error(evaluation: Evaluation, name: str) -> str:
    error = _written(evaluation, name, "_error")
    return _written(evaluation, name) + (f" +- {error}" if error else "")


def _measured(found: Evaluation) -> str:
    """Say by what the numbers were measured."""
    held = f"; copies by {words.count(found.held_out, 'painting')} held out" if found.held_out else ""
    return (
        f"{words.number(found.samples)} samples, {words.count(found.reals, 'painting')} of {found.dataset}"
        f" ({found.dataset_fingerprint[:12]}) at {found.size} px, features of {found.features}{held}"
    )


def _tell_copies(console: Console, event: Evaluated) -> None:
    found = event.evaluation
    if found.copied:
        console.warn(
            f"epoch {found.epoch} repeats paintings: {_written(found, 'copies_{}')} of its samples are copies; "
            f"compare them: {event.sheet}"
        )
