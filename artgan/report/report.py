"""The report of runs: what each learned, how it went, what it cost, and whether it copies; several side by side."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from artgan.errors import ArtganError, NotFoundError
from artgan.events import Event, Finished
from artgan.report import charts, facts
from artgan.report.charts import Chart, Line
from artgan.report.commands import Named, command
from artgan.report.pages import picture, today, write_page
from artgan.runs.record import BEST, RunRecord

_SHEETS = 12
_LEAST_SHEETS = 4
_PAIRS = 6


class ReportWritten(Finished):
    """The page lies on the disk, whole."""

    path: Path
    runs: int
    unchecked: list[str]
    """Of which runs it is not known whether they copy, and why."""


class _Run:
    """A run and what was read of it, once."""

    def __init__(self, by: Named, letter: str) -> None:
        self.by, self.letter = by, letter
        self.folder = by.folder
        self.record: RunRecord = by.folder.current()
        self.ticks = by.folder.ticks()


def report(
    runs: Sequence[Named], path: Path, *, datasets_dir: Path, title: str | None = None, quick: bool = False
) -> Iterator[Event]:
    """Write the report of runs: one file that asks nothing of anyone.

    What a run does not have is left out: a run without a generator, without metrics or with a damaged record has a
    report of all the rest.

    Args:
        runs: one, or several that are compared.
        path: of the page.
        datasets_dir: the folder of datasets, for the paintings that lie nearest.
        title: of the page; default the run's name.
        quick: with what lies in the folders; nothing is painted.

    Yields:
        Note, Progress, and ``ReportWritten`` at the end.

    Raises:
        NotFoundError: there is nothing at all in a run's folder to report.
    """
    begun = time.monotonic()
    several = len(runs) > 1
    read = [_Run(by, chr(ord("A") + number % 26) if several else "") for number, by in enumerate(runs)]
    chapters, unchecked = [], []
    for run in read:
        chapter = _chapter(run, max(_LEAST_SHEETS, _SHEETS // len(runs)))
        twins = "" if quick else (yield from _twins(run, datasets_dir))
        chapter["twins"] = twins if isinstance(twins, dict) else None
        chapter["unchecked"] = twins if isinstance(twins, str) else ""
        if chapter["unchecked"]:
            unchecked.append(f"{run.folder.name}: {chapter['unchecked']}")
        chapters.append(chapter)
    for run, chapter in zip(read, chapters, strict=True):
        if not (run.ticks or run.folder.generators() or chapter["sheets"] or chapter["options"]):
            raise NotFoundError(
                f"there is nothing to report of run {run.folder.name} yet: no metrics, no pictures, no generator",
                f"see how it is: artgan show {run.by.words[0]}",
            )
    write_page(
        path,
        "report.html",
        title=title or (run_names(read) if several else read[0].folder.name),
        several=several,
        chapters=chapters,
        compared=_compared(read) if several else [],
        varied=_varied(read) if several else [],
        charts=_overlaid(read) if several else [],
        made=today(),
    )
    yield ReportWritten(seconds=time.monotonic() - begun, path=path, runs=len(runs), unchecked=unchecked)


def run_names(runs: Sequence[_Run]) -> str:
    """Name some runs: "flowers-64-k3f9x2 and 3 others"."""
    first, others = runs[0].folder.name, len(runs) - 1
    return f"{first} and {runs[1].folder.name}" if others == 1 else f"{first} and {others} others"


# -- one run


def _chapter(run: _Run, most_sheets: int) -> dict[str, Any]:
    """Return what the page shows of a run, without what must be painted for it."""
    shown = []
    for sheet in facts.sheets(run.folder, most_sheets):
        seen = facts.images_at(run.ticks, sheet.epoch)
        text = f"Epoch {sheet.epoch:,}" + (f", after {seen:,} images" if seen is not None else "")
        if src := picture(sheet.path):
            shown.append({"src": src, "text": text})
    judged = facts.evaluation(run.folder)
    copies = judged[0].get("copies_sheet") if judged else None
    inside = run.folder.path / "evaluation" / Path(copies).name if isinstance(copies, str) else None
    options = facts.configuration(run.folder)
    best = run.folder.best()
    return {
        "name": run.folder.name,
        "letter": run.letter,
        "lead": _lead(run),
        "facts": _line(run.record),
        "reals": picture(run.folder.reals_path),
        "sheets": shown,
        "charts": _curves(run.ticks),
        "told": facts.told(run.ticks),
        "options": options,
        "cost": facts.cost(run.record, run.ticks),
        "judged": _judged(*judged) if judged else None,
        "copies_sheet": picture(inside) if inside else None,
        "best": f"Epoch {best.epoch:,} is the best by its KID, {best.kid_lite0:.3f} ± {best.kid_lite0_error:.3f}."
        if best
        else "",
        "commands": _commands(run),
    }


def _lead(run: _Run) -> str:
    """Say in a sentence or two how the run is."""
    record = run.record
    said = facts.told(run.ticks)
    if record.state == "damaged":
        return f"{record.reason}. This is what the folder holds."
    what = f"{record.state.capitalize()}{f': {record.reason}' if record.reason else ''}."
    if said and record.state in {"running", "finished", "stopped"}:
        text = said[-1][1]
        what += f" At last it said: {text}."
    return what


def _line(record: RunRecord) -> str:
    parts = [record.dataset, record.preset, f"{record.size} px" if record.size else ""]
    parts += [f"epoch {record.epoch:,}"] if record.epoch else []
    parts += [f"{record.images_seen:,} images seen"] if record.images_seen else []
    parts += [facts.duration(record.seconds)] if record.seconds else []
    return " · ".join(part for part in parts if part)


def _judged(last: Mapping[str, Any], numbers: Sequence[facts.Number]) -> dict[str, Any]:
    samples, reals = (facts.number(last.get(name)) or 0 for name in ("samples", "reals"))
    return {
        "about": f"Epoch {last.get('epoch')}: {samples:,.0f} pictures against {reals:,.0f} paintings of"
        f" {last.get('dataset')}, seen by {last.get('features')}. The floor: half of the paintings against the others.",
        "numbers": numbers,
        "copied": last.get("copied") is True,
    }


def _commands(run: _Run) -> list[str]:
    """Return what one would type next."""
    if not run.folder.generators():
        return []
    name = run.by.words[0]
    best = run.folder.best()
    found = [run.by.sample(*(("--epoch", BEST) if best else ()), "-n", "10")]
    found.append(command("gallery", *run.by.words, *(("--epoch", BEST) if best else ()), "--pick", "24"))
    if run.record.state in {"stopped", "lost", "failed", "finished"} and any(run.folder.states.glob("step_*.npz")):
        found.append(command("train", "--resume", name, *run.by.words[1:]))
    return found


# -- curves


def _curves(ticks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Draw what was measured while one run learned."""

    def line(label: str, name: str) -> Line:
        return Line(label, facts.series(ticks, name))

    kid = Line("KID", facts.series(ticks, "kid_lite0"), facts.errors(ticks, "kid_lite0"))
    reach = max((x for x, _ in facts.series(ticks, "images_seen")), default=0.0)
    told = [
        (
            Chart("KID", [kid], log=True, lowest=True),
            "Distance to the paintings, lower is better; bars are standard errors.",
        ),
        (
            Chart("Losses", [line("critic", "d_loss"), line("generator", "g_loss")], value=_two),
            "Two that are equally strong stay near each other.",
        ),
        (
            Chart("Accuracy of the critic", [line("accuracy", "accuracy")], value=_percent, guide=0.5),
            "Share of pictures that it tells right; 50% is guessing.",
        ),
        (
            Chart("Diversity", [line("diversity", "spread_lite0")], value=_two, guide=1.0),
            "Difference between two pictures; 1 is as various as the paintings.",
        ),
        (
            Chart("Near-copies", [line("copies", "copies_lite0")], value=_percent, from_zero=True),
            "Share of pictures close to a painting; 2% would be by chance.",
        ),
        (
            Chart("Augmentation", [line("how often", "augment_p"), line("overfitting", "overfitting")], value=_two),
            "How often pictures are changed before the critic sees them.",
        ),
        (
            Chart("Images a second", [line("speed", "images_per_s")], value=charts.count, from_zero=True),
            "How fast it learned.",
        ),
    ]
    return _drawn(told, reach)


def _overlaid(runs: Sequence[_Run]) -> list[dict[str, Any]]:
    """Draw each number of several runs into one chart."""
    some = runs[: charts.STYLES]

    def lines(name: str) -> list[Line]:
        return [Line(run.letter, facts.series(run.ticks, name)) for run in some]

    kids = [
        Line(run.letter, facts.series(run.ticks, "kid_lite0"), facts.errors(run.ticks, "kid_lite0")) for run in some
    ]
    told = [
        (Chart("KID", kids, log=True, lowest=True), "Distance to the paintings, lower is better."),
        (Chart("Loss of the critic", lines("d_loss"), value=_two), ""),
        (Chart("Loss of the generator", lines("g_loss"), value=_two), ""),
        (Chart("Accuracy of the critic", lines("accuracy"), value=_percent, guide=0.5), "50% is guessing."),
        (Chart("Diversity", lines("spread_lite0"), value=_two, guide=1.0), "1 is as various as the paintings."),
        (Chart("Images a second", lines("images_per_s"), value=charts.count, from_zero=True), ""),
    ]
    reach = max((x for run in some for x, _ in facts.series(run.ticks, "images_seen")), default=0.0)
    return _drawn(told, reach)


def _drawn(told: Sequence[tuple[Chart, str]], reach: float) -> list[dict[str, Any]]:
    drawn = [
        {"title": chart.title, "text": text, "svg": charts.draw(replace(chart, reach=reach))} for chart, text in told
    ]
    return [chart for chart in drawn if chart["svg"]]


def _two(value: float) -> str:
    return f"{value:.2f}"


def _percent(value: float) -> str:
    return f"{value:.0%}" if value >= 0.1 or not value else f"{100 * value:.2g}%"


# -- several runs


def _compared(runs: Sequence[_Run]) -> list[dict[str, str]]:
    """Return the table of runs: a row each."""
    rows = []
    for run in runs:
        record, best = run.record, run.folder.best()
        rows.append(
            {
                "letter": run.letter,
                "name": run.folder.name,
                "state": record.state,
                "dataset": record.dataset,
                "recipe": " ".join(
                    part for part in (record.preset, f"{record.size} px" if record.size else "") if part
                ),
                "images": f"{record.images_seen:,}" if record.images_seen else "",
                "time": facts.duration(record.seconds) if record.seconds else "",
                "kid": f"{best.kid_lite0:.3f} ± {best.kid_lite0_error:.3f}" if best else "",
                "epoch": f"{best.epoch:,}" if best else "",
            }
        )
    return rows


def _varied(runs: Sequence[_Run]) -> list[dict[str, Any]]:
    """Return the options that are not the same for all runs, with the value of each run."""
    known = []
    for run in runs:
        both = facts.configuration(run.folder) or ([], [])
        known.append({option.name: option.value for option in [*both[0], *both[1]]})
    names = list(dict.fromkeys(name for options in known for name in options))
    rows = [{"name": name, "values": [options.get(name, "") for options in known]} for name in names]
    return [row for row in rows if len(set(row["values"])) > 1]


# -- near a painting


def _twins(run: _Run, datasets_dir: Path) -> Generator[Event, None, dict[str, Any] | str]:
    """Find the pictures that lie closest to a painting; say why not, where that cannot be."""
    if not run.folder.generators():
        return "Nothing was compared with the paintings: there is no generator."
    from artgan.report import twins

    try:
        return (yield from twins.closest(run.by, datasets_dir, _PAIRS))
    except ArtganError as error:
        return f"Nothing was compared with the paintings: {error.message}."
